//! The operator's commands as operators run them: against the simulator, on a terminal, with
//! files that people wrote.

#[cfg(test)]
mod house;
#[cfg(test)]
mod letting_in;
#[cfg(test)]
mod looking;
#[cfg(test)]
mod options;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod taking_away;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod wizard;
