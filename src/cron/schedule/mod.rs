//! When a job runs.

pub mod duration;
pub mod expression;
pub mod zone;

#[cfg(test)]
mod tests;
