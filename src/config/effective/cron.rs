//! The scheduler.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::secret::Secret;

/// The scheduler (`cron`).
#[derive(Debug, Clone, PartialEq)]
pub struct CronSettings {
    /// Whether jobs run in this process; the environment can switch it off too.
    pub enabled: bool,
    /// The job file that is imported and exported.
    pub store: PathBuf,
    /// Jobs at the same time (1 to 64).
    pub max_concurrent_runs: u32,
    /// Whether runs missed while the program was down are dropped.
    pub skip_missed_jobs: bool,
    /// How long sessions of isolated runs are kept; `None` keeps them.
    pub session_retention: Option<Duration>,
    /// Size of an exported run log in bytes.
    pub run_log_max_bytes: u64,
    /// Lines of an exported run log.
    pub run_log_keep_lines: u32,
    /// Repeating a failed run.
    pub retry: CronRetry,
    /// Telling somebody about failures; `None` is off.
    pub failure_alert: Option<FailureAlert>,
    /// Where `delivery.mode: "webhook"` goes when a job names no address. Its query may
    /// hold a token, hence secret.
    pub webhook: Option<Secret>,
    /// Bearer token of that delivery.
    pub webhook_token: Option<Secret>,
    /// Intranet hosts that webhook delivery may reach.
    pub webhook_allowed_hosts: Vec<String>,
    /// IANA name used where a job has none; `None` is the host's.
    pub default_time_zone: Option<String>,
    /// Who may aim a job created in a chat elsewhere; `None`: owners if there are any,
    /// else everybody.
    pub chat_targets: Option<ChatTargets>,
    /// Jobs one member may have.
    pub max_jobs_per_creator: u32,
    /// Shortest interval of a job created in a chat.
    pub min_interval: Duration,
    /// Pause after start before the first run that needs an agent.
    pub startup_agent_delay: Duration,
}

/// Repeating a failed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronRetry {
    /// Attempts after the first.
    pub max_attempts: u32,
    /// Pauses before them; the last repeats.
    pub backoff: Vec<Duration>,
    /// Failure classes that are repeated.
    pub retry_on: Vec<FailureClass>,
}

/// Why a run failed, as far as repeating goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Too many requests.
    RateLimit,
    /// The model is overloaded.
    Overloaded,
    /// No connection.
    Network,
    /// No answer in time.
    Timeout,
    /// The other side failed.
    ServerError,
    /// The process ended before delivery.
    Interrupted,
}

impl FailureClass {
    /// All classes; what is repeated unless the file says otherwise.
    pub const ALL: [Self; 6] = [
        Self::RateLimit,
        Self::Overloaded,
        Self::Network,
        Self::Timeout,
        Self::ServerError,
        Self::Interrupted,
    ];
}

/// Telling somebody about failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureAlert {
    /// Failures in a row before the first notice.
    pub after: u32,
    /// Pause between two notices of one job.
    pub cooldown: Duration,
    /// Whether skipped runs count.
    pub include_skipped: bool,
    /// How it is told.
    pub mode: AlertMode,
    /// Target; `None` is the job's own.
    pub to: Option<String>,
    /// Account; `None` is the default account.
    pub account: Option<AccountId>,
}

/// How a failure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertMode {
    /// As a message.
    #[default]
    Announce,
    /// As a request to `cron.webhook`.
    Webhook,
}

/// Who may aim a job that was created in a chat at another target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatTargets {
    /// Nobody.
    Own,
    /// Owners.
    Owners,
    /// Everybody.
    Any,
}
