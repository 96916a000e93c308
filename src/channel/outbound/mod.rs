//! Sending of our own accord.

mod budget;

pub use budget::{Budgets, Priority};
