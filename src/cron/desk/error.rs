//! Why a job was not made, changed or found.

use crate::cron::rules::Problem;
use crate::cron::schedule::ScheduleError;
use crate::store::StoreError;

/// Why a job was not made, changed or found. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// There is no such job.
    #[error("Automation not found: {wanted}")]
    NotFound {
        /// As it was named.
        wanted: String,
    },
    /// Several jobs fit.
    #[error("`{wanted}` fits several jobs, write the id: {}", ids.join(", "))]
    Ambiguous {
        /// As it was named.
        wanted: String,
        /// Those that fit.
        ids: Vec<String>,
    },
    /// The job breaks rules.
    #[error("{}", listed(.0))]
    Invalid(Vec<Problem>),
    /// The change gives no job.
    #[error("the change can't be read: {reason}")]
    Patch {
        /// What is wrong.
        reason: String,
    },
    /// The id is taken.
    #[error("there is a job `{id}` already: edit it, or take another id")]
    Exists {
        /// The id.
        id: String,
    },
    /// There is no room.
    #[error("there are {limit} jobs already: remove some first")]
    TooMany {
        /// As many as there may be.
        limit: u32,
    },
    /// The job changed all the time.
    #[error("the job `{id}` changes all the time: try again")]
    Contended {
        /// The job.
        id: String,
    },
    /// The schedule, or the configured zone, can't be read.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// What the store has is no job.
    #[error("a stored job can't be read")]
    Stored(#[from] serde_json::Error),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}
