//! Spreading jobs of the full hour.

use sha2::{Digest, Sha256};

use super::CronExpression;

/// Range over which jobs of the full hour are spread, in milliseconds.
pub const DEFAULT_STAGGER_MS: u64 = 300_000;

/// The range where a job names none: jobs of every full hour are spread, others are not.
pub fn stagger_range(expression: &CronExpression) -> u64 {
    if expression.is_top_of_each_hour() {
        DEFAULT_STAGGER_MS
    } else {
        0
    }
}

/// How many milliseconds later a job of this id is due, always the same: less than `range`.
pub fn stagger_offset(id: &str, range: u64) -> i64 {
    if range == 0 {
        return 0;
    }
    let digest = Sha256::digest(id.as_bytes());
    let first = digest
        .iter()
        .take(4)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    i64::try_from(first % range).unwrap_or(0)
}
