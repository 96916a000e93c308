//! The operator's commands as operators run them: against the simulator, on a terminal, with
//! files that people wrote.

// Marked for the lints, which allow `unwrap` in tests alone.
#[cfg(test)]
mod house;
mod looking;
mod options;
mod taking_away;
#[cfg(test)]
mod terminal;
mod wizard;
