//! What the running scheduler answers, for the local API.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::desk::DeskError;
use super::job::Job;
use crate::store::{JobPage, RunFilter};

/// How a run is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunRequest {
    /// Whether it is due or not, disabled jobs too.
    #[default]
    Force,
    /// Only if it is due.
    Due,
}

/// What became of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunAnswer {
    /// It will run.
    Enqueued {
        /// Names the run.
        run_id: String,
    },
    /// It is not due.
    NotDue,
    /// It is disabled.
    Disabled,
    /// It runs already.
    AlreadyRunning,
    /// It breaks the rules.
    InvalidSpec,
    /// The scheduler is going down.
    Stopped,
}

/// How the scheduler is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchedulerStatus {
    /// Whether jobs run by themselves in this process.
    pub enabled: bool,
    /// Jobs in all.
    pub jobs: u32,
    /// Jobs that run now.
    pub running: u32,
    /// When the next one is due, in milliseconds since 1970.
    pub next_wake_at_ms: Option<i64>,
}

/// Some of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part<T> {
    /// Those that were asked for.
    pub entries: Vec<T>,
    /// How many there are in all.
    pub total: u32,
}

/// The running scheduler.
#[async_trait]
pub trait CronService: Send + Sync + std::fmt::Debug {
    /// Some jobs, in the order they were made.
    async fn list(&self, page: &JobPage) -> Result<Part<Job>, DeskError>;

    /// The job that is meant, by id, name or beginning of the id.
    async fn get(&self, wanted: &str) -> Result<Job, DeskError>;

    /// Makes a job.
    async fn add(&self, job: Job) -> Result<Job, DeskError>;

    /// Changes a job by a partial one.
    async fn edit(&self, wanted: &str, patch: &Map<String, Value>) -> Result<Job, DeskError>;

    /// Switches a job on or off.
    async fn enable(&self, wanted: &str, enabled: bool) -> Result<Job, DeskError>;

    /// Removes a job, and cancels its run.
    async fn remove(&self, wanted: &str) -> Result<Job, DeskError>;

    /// Runs a job now; answers once the run is in the queue.
    async fn run(&self, wanted: &str, request: RunRequest) -> Result<RunAnswer, DeskError>;

    /// Records of runs.
    async fn runs(&self, filter: &RunFilter) -> Result<Part<Value>, DeskError>;

    /// How it is.
    async fn status(&self) -> Result<SchedulerStatus, DeskError>;
}
