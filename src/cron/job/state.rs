//! What became of a job so far. The scheduler writes it, nobody else.

use serde::{Deserialize, Serialize};

use super::Extra;

/// What became of a job so far. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobState {
    /// When it is due next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_run_at_ms: Option<i64>,
    /// Set while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_at_ms: Option<i64>,
    /// Set while it waits for a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_at_ms: Option<i64>,
    /// Start of the last run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run_at_ms: Option<i64>,
    /// How the last run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run_status: Option<RunStatus>,
    /// The same under its old name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<RunStatus>,
    /// What went wrong; at most 1,000 characters and no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error_reason: Option<RunFailure>,
    /// How long the last run took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_duration_ms: Option<u64>,
    /// Failures in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_errors: u32,
    /// Skipped runs in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_skipped: u32,
    /// Times in a row that the next time could not be told.
    #[serde(skip_serializing_if = "is_zero")]
    pub schedule_error_count: u32,
    /// Whether the last result arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivered: Option<bool>,
    /// What became of the last result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery_status: Option<DeliveryStatus>,
    /// Why it did not arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery_error: Option<String>,
    /// Why it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_suppression_reason: Option<Suppression>,
    /// When somebody was told of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_failure_alert_at_ms: Option<i64>,
    /// Set when the scheduler itself disabled the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_disabled: Option<AutoDisabled>,
    /// Since when this schedule counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_activated_at_ms: Option<i64>,
    /// When a missed run is caught up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_catchup_at_ms: Option<i64>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// It did what it should.
    Ok,
    /// It failed.
    Error,
    /// It was not begun.
    Skipped,
}

impl RunStatus {
    /// Its name in files and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

/// What became of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// It arrived.
    Delivered,
    /// It did not arrive.
    NotDelivered,
    /// It may have arrived: never sent again.
    Unknown,
    /// Nothing was to be sent.
    NotRequested,
}

impl DeliveryStatus {
    /// Its name in files and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::NotDelivered => "not-delivered",
            Self::Unknown => "unknown",
            Self::NotRequested => "not-requested",
        }
    }
}

/// Why a result was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppression {
    /// There was no text.
    Empty,
    /// The agent chose to be silent.
    Silent,
    /// The agent said that nothing happened.
    Heartbeat,
    /// Kept for other programs.
    ChannelTransform,
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunFailure {
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
    /// The target is wrong, or there is no way to it.
    Delivery,
    /// The configuration does not allow it.
    Config,
    /// The key of the model is wrong.
    Auth,
    /// The account of the model is empty.
    Billing,
    /// The prompt is too long for the model.
    Context,
    /// The request was wrong.
    Invalid,
    /// The due time is too long ago.
    Stale,
    /// The run before it was not over.
    AlreadyRunning,
    /// Anything else, also what another program wrote.
    #[serde(other)]
    Unknown,
}

/// Why and when the scheduler disabled a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AutoDisabled {
    /// Why.
    pub reason: DisableReason,
    /// When.
    pub at_ms: i64,
    /// Failures in a row by then.
    #[serde(default)]
    pub consecutive_errors: u32,
}

/// Why the scheduler disabled a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisableReason {
    /// Too many failures in a row.
    ConsecutiveFailures,
    /// The next time could not be told.
    ScheduleErrors,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference over"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
