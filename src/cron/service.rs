//! What the jobs of a process answer: the running daemon over its local API, or the store
//! itself where none runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::desk::DeskError;
use super::history::HistoryReport;
use super::job::Job;
use super::mirror::{Imported, MirrorError};
use super::normalise::Quarantined;

/// Jobs or runs of one answer, where nothing else is asked for, and the most of jobs.
pub const MAX_LISTED: u32 = 200;

/// Runs of one answer, where nothing else is asked for.
pub const RUNS_LISTED: u32 = 50;

/// Lines of a history that are taken over in one request.
pub const HISTORY_LINES: usize = 500;

/// Which jobs are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListRequest {
    /// Disabled and invalid ones too.
    pub all: bool,
    /// Those of this agent only.
    pub agent: Option<String>,
    /// How many are passed over.
    pub offset: u32,
    /// How many are wanted; at most [`MAX_LISTED`].
    pub limit: u32,
}

impl Default for ListRequest {
    fn default() -> Self {
        Self {
            all: false,
            agent: None,
            offset: 0,
            limit: MAX_LISTED,
        }
    }
}

/// Some jobs, in the order they were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The jobs.
    pub jobs: Vec<ListedJob>,
    /// Changes with every change of a job that fits.
    pub snapshot_revision: String,
    /// How many fit in all.
    pub total: usize,
    /// How many were passed over.
    pub offset: u32,
    /// How many were wanted.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they begin.
    pub next_offset: Option<u32>,
    /// Where results go, by the ids of the jobs.
    pub delivery_previews: BTreeMap<String, DeliveryPreview>,
    /// Jobs that would fit if they were not disabled.
    pub hidden: usize,
    /// Rows that are no jobs; where all were asked for.
    pub invalid: Vec<Quarantined>,
}

/// A job, and how it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedJob {
    /// The job.
    #[serde(flatten)]
    pub job: Job,
    /// How it is, in a word: `idle`, `running`, `ok`, `error (3x)`, `disabled`, ….
    pub status: String,
    /// The agent that works for it; `None`: there is no default one.
    pub effective_agent_id: Option<String>,
}

/// Where a result goes, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPreview {
    /// In short: `announce -> wecom:party:1`.
    pub label: String,
    /// Which account sends it; empty where nothing is sent.
    pub detail: String,
}

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
    /// Jobs don't run here.
    Stopped,
}

impl RunAnswer {
    /// Why it does not run, in a word.
    pub fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Enqueued { .. } => return None,
            Self::NotDue => "not-due",
            Self::Disabled => "disabled",
            Self::AlreadyRunning => "already-running",
            Self::InvalidSpec => "invalid-spec",
            Self::Stopped => "stopped",
        })
    }
}

/// Which runs are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunsRequest {
    /// Those of this job; also of one that was removed.
    pub job: Option<String>,
    /// This one.
    pub run_id: Option<String>,
    /// Those that ended like this: `ok`, `error` or `skipped`.
    pub status: Option<String>,
    /// Those whose delivery ended like this.
    pub delivery_status: Option<String>,
    /// Those whose record contains this text.
    pub query: Option<String>,
    /// The oldest first.
    pub oldest_first: bool,
    /// How many are passed over.
    pub offset: u32,
    /// How many are wanted; at most [`MAX_LISTED`].
    pub limit: u32,
}

impl Default for RunsRequest {
    fn default() -> Self {
        Self {
            job: None,
            run_id: None,
            status: None,
            delivery_status: None,
            query: None,
            oldest_first: false,
            offset: 0,
            limit: RUNS_LISTED,
        }
    }
}

/// Some runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunsPage {
    /// Their records.
    pub entries: Vec<Map<String, Value>>,
    /// How many fit in all.
    pub total: u32,
    /// How many were passed over.
    pub offset: u32,
    /// How many were wanted.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they begin.
    pub next_offset: Option<u32>,
}

/// How the jobs of a process are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchedulerStatus {
    /// Whether jobs run by themselves in this process.
    pub enabled: bool,
    /// Always `false`: there are no triggers but the time.
    pub triggers_enabled: bool,
    /// The job file.
    pub store_path: PathBuf,
    /// Always `sqlite`.
    pub storage: String,
    /// The record itself.
    pub sqlite_path: PathBuf,
    /// Jobs in all.
    pub jobs: u32,
    /// Rows that are no jobs.
    pub invalid: usize,
    /// Jobs that run now.
    pub running: u32,
    /// When the next one is due, in milliseconds since 1970.
    pub next_wake_at_ms: Option<i64>,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removed {
    /// A job.
    Job(Box<Job>),
    /// A row that was no job.
    Invalid {
        /// Its id.
        id: String,
    },
}

/// Why it was not done. Nothing was changed, unless the text says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// About a job.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// About the job file.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The daemon says no, in its own words.
    #[error("{message}")]
    Refused {
        /// Why, and what to do.
        message: String,
    },
    /// The daemon can't be asked.
    #[error(transparent)]
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
}

/// The jobs of a process.
#[async_trait]
pub trait CronService: Send + Sync + std::fmt::Debug {
    /// Some jobs, in the order they were made.
    async fn list(&self, request: &ListRequest) -> Result<Listing, ServiceError>;

    /// The job that is meant, by id, name or beginning of the id, and how it is.
    async fn get(&self, wanted: &str) -> Result<ListedJob, ServiceError>;

    /// Makes a job, or changes the one of the same declaration key.
    async fn add(&self, job: Job) -> Result<Job, ServiceError>;

    /// Changes a job by a partial one.
    async fn edit(&self, wanted: &str, patch: &Map<String, Value>) -> Result<Job, ServiceError>;

    /// Switches a job on or off.
    async fn enable(&self, wanted: &str, enabled: bool) -> Result<Job, ServiceError>;

    /// Removes a job, and cancels its run; or forgets a row that is no job.
    async fn remove(&self, wanted: &str) -> Result<Removed, ServiceError>;

    /// Runs a job now; answers once the run is begun.
    async fn run(&self, wanted: &str, request: RunRequest) -> Result<RunAnswer, ServiceError>;

    /// Records of runs.
    async fn runs(&self, request: &RunsRequest) -> Result<RunsPage, ServiceError>;

    /// How it is.
    async fn status(&self) -> Result<SchedulerStatus, ServiceError>;

    /// Takes over the text of a job file, and that of the file of states beside it.
    async fn import(&self, jobs: &str, states: Option<&str>) -> Result<Imported, ServiceError>;

    /// Takes over lines of a history; those that name no job are of `job`.
    async fn import_history(
        &self,
        job: Option<&str>,
        lines: Vec<String>,
    ) -> Result<HistoryReport, ServiceError>;

    /// The text of a job file with all jobs.
    async fn export(&self) -> Result<String, ServiceError>;

    /// Reads the job file again if it was edited, and writes it.
    async fn reload(&self) -> Result<Imported, ServiceError>;
}
