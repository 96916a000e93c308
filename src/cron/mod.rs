//! Scheduled work: what is done when, by whom, and where its result goes.

pub mod schedule;
pub mod turn;
