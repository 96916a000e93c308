//! Sending of our own accord.

mod budget;

pub(crate) use budget::{Budgets, Priority};
