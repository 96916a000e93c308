//! Keys of `cron`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::value::{Foreign, Millis, Retention, Supplied, TextList};
use crate::config::effective::{AlertMode, ChatTargets, FailureClass};

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// Scheduler. Durations are milliseconds or texts such as 1h30m.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CronKeys {
    /// Whether jobs run
    pub(crate) enabled: bool,
    /// Job file that is imported and exported; cron/jobs.json in the state directory
    #[schemars(extend("x-path" = true))]
    pub(crate) store: Option<String>,
    /// Jobs at the same time
    #[schemars(range(min = 1, max = 64))]
    pub(crate) max_concurrent_runs: u32,
    /// Drop runs missed while the program was down
    pub(crate) skip_missed_jobs: bool,
    /// How long sessions of isolated runs are kept; false keeps them
    pub(crate) session_retention: Retention,
    /// Exported run logs
    pub(crate) run_log: RunLogKeys,
    /// Repeating a failed run
    pub(crate) retry: RetryKeys,
    /// Telling somebody about failures
    pub(crate) failure_alert: AlertKeys,
    /// Older name of failureAlert's target
    pub(crate) failure_destination: Option<AlertKeys>,
    /// Address of webhook delivery
    pub(crate) webhook: Option<String>,
    /// Bearer token of webhook delivery
    #[schemars(extend("x-secret" = true))]
    pub(crate) webhook_token: Option<Supplied>,
    /// Which addresses webhook delivery may reach
    pub(crate) webhook_ssrf_policy: SsrfPolicyKeys,
    /// Not supported
    pub(crate) triggers: Option<Foreign>,
    /// IANA name of the time zone of jobs without one
    pub(crate) default_time_zone: Option<String>,
    /// Who may aim a job made in a chat elsewhere
    pub(crate) chat_targets: Option<ChatTargets>,
    /// Jobs one member may have
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) max_jobs_per_creator: u32,
    /// Shortest interval of a job made in a chat
    pub(crate) min_interval_ms: Millis,
    /// Pause after start before the first run that needs an agent
    pub(crate) startup_agent_delay_ms: Millis,
}

impl Default for CronKeys {
    fn default() -> Self {
        Self {
            enabled: true,
            store: None,
            max_concurrent_runs: 8,
            skip_missed_jobs: false,
            session_retention: Retention::For(Millis(24 * 60 * MINUTE_MS)),
            run_log: RunLogKeys::default(),
            retry: RetryKeys::default(),
            failure_alert: AlertKeys::default(),
            failure_destination: None,
            webhook: None,
            webhook_token: None,
            webhook_ssrf_policy: SsrfPolicyKeys::default(),
            triggers: None,
            default_time_zone: None,
            chat_targets: None,
            max_jobs_per_creator: 50,
            min_interval_ms: Millis(MINUTE_MS),
            startup_agent_delay_ms: Millis(10_000),
        }
    }
}

/// Exported run logs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RunLogKeys {
    /// Size of the file, bytes
    #[schemars(range(min = 1_000, max = 1_000_000_000))]
    pub(crate) max_bytes: u64,
    /// Lines kept
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) keep_lines: u32,
}

impl Default for RunLogKeys {
    fn default() -> Self {
        Self {
            max_bytes: 2_000_000,
            keep_lines: 2_000,
        }
    }
}

/// Repeating a failed run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RetryKeys {
    /// Attempts after the first
    #[schemars(range(max = 20))]
    pub(crate) max_attempts: u32,
    /// Pauses before them; the last repeats
    pub(crate) backoff_ms: Vec<Millis>,
    /// Failure classes that are repeated
    pub(crate) retry_on: Vec<FailureClass>,
}

impl Default for RetryKeys {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            backoff_ms: vec![Millis(30_000), Millis(MINUTE_MS), Millis(5 * MINUTE_MS)],
            retry_on: FailureClass::ALL.to_vec(),
        }
    }
}

/// Telling somebody about failures.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AlertKeys {
    /// Whether anybody is told
    pub(crate) enabled: bool,
    /// Failures in a row before the first notice
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) after: u32,
    /// Pause between two notices of one job
    pub(crate) cooldown_ms: Millis,
    /// Count skipped runs
    pub(crate) include_skipped: bool,
    /// How it is told
    pub(crate) mode: AlertMode,
    /// wecom
    pub(crate) channel: Option<String>,
    /// Target
    pub(crate) to: Option<String>,
    /// Account that tells it
    pub(crate) account_id: Option<String>,
}

impl Default for AlertKeys {
    fn default() -> Self {
        Self {
            enabled: false,
            after: 2,
            cooldown_ms: Millis(60 * MINUTE_MS),
            include_skipped: false,
            mode: AlertMode::default(),
            channel: None,
            to: None,
            account_id: None,
        }
    }
}

/// Which addresses webhook delivery may reach.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct SsrfPolicyKeys {
    /// Intranet hosts
    pub(crate) allowed_hosts: TextList,
}
