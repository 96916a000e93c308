//! A job: its parts in the form and the order of the file.
//!
//! Keys that are not known here are kept and written back, so that a file made by a newer
//! program survives a round trip.

mod alert;
mod delivery;
mod id;
mod payload;
mod state;
mod target;
mod timing;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use alert::{AlertChoice, JobAlert};
pub use delivery::{Delivery, DeliveryChannel, DeliveryMode, Destination};
pub use id::{InvalidJobId, JobId};
pub use payload::{AgentTurn, Event, Payload};
pub use state::{
    AutoDisabled, DeliveryStatus, DisableReason, JobState, RunFailure, RunStatus, Suppression,
};
pub use target::{InvalidSessionTarget, SessionTarget, WakeMode};
pub use timing::{At, CronTiming, Every, Schedule};

/// Keys of a newer or another program.
pub type Extra = Map<String, Value>;

/// A job: when, what, in which session, and where the result goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Names it.
    pub id: JobId,
    /// What people call it.
    pub name: String,
    /// A longer name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Makes creation idempotent: adding a job with a known key changes that job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration_key: Option<String>,
    /// The agent; `None` is the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The creator's session: what `current` and the channel `last` refer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Who made it; `None`: the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The member that tool calls of its runs act for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as: Option<String>,
    /// Whether it runs by itself.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether a one-shot goes after it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_run: Option<bool>,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub created_at_ms: i64,
    /// Milliseconds since 1970; changes of the definition, not of the state.
    #[serde(default)]
    pub updated_at_ms: i64,
    /// When.
    pub schedule: Schedule,
    /// In which session.
    pub session_target: SessionTarget,
    /// Whether an event wakes the agent at once.
    #[serde(default)]
    pub wake_mode: WakeMode,
    /// What.
    pub payload: Payload,
    /// Where the result goes; `None` is nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Who is told of failures, in place of the configuration's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_alert: Option<AlertChoice>,
    /// What became of it so far.
    #[serde(default)]
    pub state: JobState,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Who made a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The agent whose tool was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The session of that turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The account of the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The member who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The chat, as a target in the letters' case of WeCom (`wecom:group:…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Job {
    /// Whether it goes after its run succeeded: one-shots do, unless told otherwise.
    pub fn goes_after_success(&self) -> bool {
        self.is_one_shot() && self.delete_after_run.unwrap_or(true)
    }

    /// Whether it runs once.
    pub fn is_one_shot(&self) -> bool {
        matches!(self.schedule, Schedule::At(_))
    }

    /// How its result is delivered.
    pub fn delivery_mode(&self) -> DeliveryMode {
        self.delivery
            .as_ref()
            .map_or(DeliveryMode::None, |delivery| delivery.mode)
    }

    /// What must be equal for its state to stay valid: schedule and whether it is enabled.
    pub fn schedule_identity(&self) -> Result<String, serde_json::Error> {
        let schedule = serde_json::to_value(&self.schedule)?;
        let mut identity = serde_json::json!({ "schedule": schedule, "enabled": self.enabled });
        identity.sort_all_objects();
        serde_json::to_string(&identity)
    }

    /// The definition as the store keeps it: without the state and without `enabled`, which
    /// have places of their own there.
    pub fn definition(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            fields.shift_remove("state");
            fields.shift_remove("enabled");
        }
        serde_json::to_string(&value)
    }

    /// A job from what the store keeps.
    pub fn from_parts(
        definition: &str,
        state: &str,
        enabled: bool,
    ) -> Result<Self, serde_json::Error> {
        let mut job: Self = serde_json::from_str(definition)?;
        job.state = serde_json::from_str(state)?;
        job.enabled = enabled;
        Ok(job)
    }
}

fn yes() -> bool {
    true
}
