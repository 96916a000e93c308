//! What a job does.

use serde::{Deserialize, Serialize};

use super::Extra;

/// What a job does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Payload {
    /// Tells the agent's main session that something happened.
    SystemEvent(Event),
    /// Asks an agent.
    AgentTurn(AgentTurn),
    /// Sends a text as it is, without an agent.
    Text(Event),
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The text; not blank.
    pub text: String,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A question to an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentTurn {
    /// The prompt; not blank.
    pub message: String,
    /// A model in place of the agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Models to be tried after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallbacks: Option<Vec<String>>,
    /// How much the model thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Limit of a run in seconds; 0 is none, `None` the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Whether the agent gets a short context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light_context: Option<bool>,
    /// Tools that the run may use; `None`: those of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools_allow: Option<Vec<String>>,
    /// Kept for other programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_unsafe_external_content: Option<bool>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload {
    /// Its kind, as it stands in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SystemEvent(_) => "systemEvent",
            Self::AgentTurn(_) => "agentTurn",
            Self::Text(_) => "text",
        }
    }

    /// What it says: the prompt or the text.
    pub fn words(&self) -> &str {
        match self {
            Self::SystemEvent(event) | Self::Text(event) => &event.text,
            Self::AgentTurn(turn) => &turn.message,
        }
    }

    /// Whether a run needs an agent.
    pub fn needs_agent(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}
