//! A finished run as the history keeps it.

use serde::Serialize;

use super::aftermath::Ending;
use super::job::{DeliveryStatus, RunFailure, RunStatus};

/// Characters of the summary.
const MAX_SUMMARY: usize = 2_000;

/// One line of the history. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    /// When it was written.
    pub ts: i64,
    /// The job.
    pub job_id: String,
    /// Always `finished`.
    pub action: &'static str,
    /// How it ended.
    pub status: RunStatus,
    /// `succeeded`, `failed` or `unknown`.
    pub completion_status: &'static str,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_reason: Option<RunFailure>,
    /// The beginning of what was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Whether it arrived.
    pub delivered: bool,
    /// What became of the delivery.
    pub delivery_status: DeliveryStatus,
    /// Why it did not arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_error: Option<String>,
    /// Names the run.
    pub run_id: String,
    /// Its session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// When it began.
    pub run_at_ms: i64,
    /// How long it took.
    pub duration_ms: i64,
    /// When the job is due again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_run_at_ms: Option<i64>,
}

impl RunRecord {
    /// The record of a run that ended.
    pub fn of(
        job: &str,
        ending: &Ending<'_>,
        session: Option<String>,
        next_run_at_ms: Option<i64>,
    ) -> Self {
        let outcome = ending.outcome;
        let status = outcome.status();
        let delivery = outcome.delivery_status();
        let problem = outcome.problem();
        Self {
            ts: ending.ended_ms,
            job_id: job.to_owned(),
            action: "finished",
            status,
            completion_status: match (status, delivery) {
                (RunStatus::Ok, DeliveryStatus::Unknown) => "unknown",
                (RunStatus::Ok, _) => "succeeded",
                (RunStatus::Error | RunStatus::Skipped, _) => "failed",
            },
            error: problem.map(|problem| problem.message.clone()),
            error_reason: problem.map(|problem| problem.class),
            summary: outcome
                .text
                .as_ref()
                .map(|text| text.chars().take(MAX_SUMMARY).collect()),
            delivered: delivery == DeliveryStatus::Delivered,
            delivery_status: delivery,
            delivery_error: outcome.delivery_error().map(str::to_owned),
            run_id: ending.run_id.to_owned(),
            session_key: session,
            run_at_ms: ending.started_ms,
            duration_ms: ending.ended_ms.saturating_sub(ending.started_ms),
            next_run_at_ms,
        }
    }

    /// As one line.
    pub fn to_line(&self) -> String {
        // Strings, numbers and words: JSON has a form for them.
        serde_json::to_string(self).unwrap_or_default()
    }
}
