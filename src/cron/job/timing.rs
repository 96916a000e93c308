//! The schedule as it is written; [`crate::cron::schedule`] reads it.

use serde::{Deserialize, Serialize};

use super::Extra;

/// When a job is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Schedule {
    /// Once.
    At(At),
    /// Again and again after a fixed time.
    Every(Every),
    /// By a cron expression.
    Cron(CronTiming),
}

/// Once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    /// ISO 8601 with a `T`; without an offset it is UTC.
    pub at: String,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Again and again after a fixed time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Every {
    /// Milliseconds between two starts.
    pub every_ms: u64,
    /// A point of the grid, in milliseconds since 1970; `None` is the job's creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_ms: Option<i64>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

/// By a cron expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronTiming {
    /// Five, six or seven fields, or an alias such as `@daily`.
    pub expr: String,
    /// IANA name or fixed offset; `None` is the configured default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// Range over which jobs of the full hour are spread, in milliseconds; `None` is the
    /// rule's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stagger_ms: Option<u64>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}
