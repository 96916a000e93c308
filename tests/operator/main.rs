//! The operator's commands as operators run them: against the simulator, on a terminal, with
//! files that people wrote.

// Marked for the lints, which allow `unwrap` in tests alone.
#[cfg(test)]
mod house;
#[cfg(test)]
mod looking;
#[cfg(test)]
mod options;
#[cfg(test)]
mod taking_away;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod wizard;
