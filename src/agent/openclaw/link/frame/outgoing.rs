//! Frames of the daemon.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::super::lines::MAX_LINE;

/// A frame of the daemon.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "t")]
#[non_exhaustive]
pub enum ToPlugin {
    /// The link is open.
    #[serde(rename = "welcome")]
    Welcome {
        /// Version of the protocol.
        proto: u64,
        /// Version of this program.
        wecom: &'static str,
        /// What it can do.
        features: &'static [&'static str],
        /// Where its HTTP server is reached from this machine.
        #[serde(skip_serializing_if = "Option::is_none")]
        http: Option<String>,
    },
    /// The link is closed.
    #[serde(rename = "bye")]
    Bye {
        /// Why, for programs.
        reason: ByeReason,
        /// Why, for people.
        message: String,
    },
    /// How an account is.
    #[serde(rename = "account.status")]
    AccountStatus {
        /// The account.
        account: String,
        /// Whether it works, or tries to.
        running: bool,
        /// `false` only where waiting may help.
        connected: bool,
        /// What is wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// A message to be answered.
    #[serde(rename = "turn")]
    Turn(Box<TurnFrame>),
    /// Nobody wants the answer any more.
    #[serde(rename = "turn.cancel")]
    TurnCancel {
        /// The turn.
        turn: String,
        /// Why.
        reason: &'static str,
    },
    /// Something for the person has arrived here.
    #[serde(rename = "turn.delivered")]
    TurnDelivered {
        /// The turn.
        turn: String,
        /// Number of the event.
        n: u64,
    },
    /// Which turns still run?
    #[serde(rename = "turns.ask")]
    TurnsAsk {
        /// The question.
        id: String,
    },
    /// These go on; the others are wanted by nobody.
    #[serde(rename = "turns.resume")]
    TurnsResume {
        /// The turns.
        turns: Vec<ResumeTurn>,
    },
    /// What became of a message of OpenClaw's own accord.
    #[serde(rename = "out.result")]
    OutResult {
        /// The question.
        id: String,
        /// Whether it was sent.
        ok: bool,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Why it was not.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Whether the same may be sent a little later.
        retryable: bool,
    },
    /// What a tool answered.
    #[serde(rename = "tool.result")]
    ToolResult {
        /// The call.
        id: String,
        /// The answer.
        content: Vec<Content>,
        /// Whether it failed.
        #[serde(rename = "isError")]
        is_error: bool,
    },
    /// The tools that there are.
    #[serde(rename = "tools.specs")]
    ToolsSpecs {
        /// The question.
        id: String,
        /// The tools.
        tools: Vec<ToolSpecFrame>,
    },
    /// Somebody unknown wrote: they need a code of OpenClaw's.
    #[serde(rename = "pairing.request")]
    PairingRequest {
        /// The question.
        id: String,
        /// The account that was written to.
        account: String,
        /// Who wrote.
        user: String,
    },
    /// An agent is needed.
    #[serde(rename = "agent.ensure")]
    AgentEnsure {
        /// The question.
        id: String,
        /// Its id.
        agent: String,
        /// Where it keeps its files.
        workspace: PathBuf,
    },
    /// Is anybody there?
    #[serde(rename = "ping")]
    Ping {},
    /// Yes.
    #[serde(rename = "pong")]
    Pong {},
}

/// Why a link is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ByeReason {
    /// Another version of the protocol, or none.
    Proto,
    /// The token is wrong or missing.
    Token,
    /// Another gateway took its place.
    Replaced,
}

/// A message to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnFrame {
    /// Names the turn.
    pub turn: String,
    /// The account that was written to.
    pub account: String,
    /// Where.
    pub chat: TurnChatFrame,
    /// By whom.
    pub sender: TurnSender,
    /// The message's id.
    pub msg: String,
    /// What was written.
    pub text: String,
    /// What was quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What came with it.
    pub media: Vec<TurnMedia>,
    /// What the agent is to know of its surroundings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// OpenClaw's agent; absent: OpenClaw finds it by its bindings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The conversation; absent: OpenClaw makes it of the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whether the sender may use OpenClaw's commands.
    pub command: bool,
    /// Whether it was tried before.
    pub resumed: bool,
}

/// Where a message was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnChatFrame {
    /// Direct or group.
    pub kind: crate::ids::ChatKind,
    /// Its id in its letters' case.
    pub id: String,
}

/// Who wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnSender {
    /// The member's id.
    pub id: String,
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnMedia {
    /// Where it lies on this machine.
    pub path: PathBuf,
    /// Its type.
    pub mime: String,
    /// Its name for people.
    pub name: String,
    /// What it was sent as.
    pub kind: crate::agent::AttachmentKind,
}

/// A turn that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResumeTurn {
    /// The turn.
    pub turn: String,
    /// The last event that arrived here; 0 for none.
    pub n: u64,
}

/// A part of a tool's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Content {
    /// Text.
    Text {
        /// It.
        text: String,
    },
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSpecFrame {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// A frame that the other side would not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has {0} bytes, and a line of the link has at most {MAX_LINE}")]
pub struct FrameTooLong(pub usize);

impl ToPlugin {
    /// The line of the frame, with its newline.
    ///
    /// # Errors
    /// [`FrameTooLong`].
    pub fn to_line(&self) -> Result<String, FrameTooLong> {
        // Strings, numbers and JSON values: there is nothing that could fail.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        if line.len() > MAX_LINE {
            return Err(FrameTooLong(line.len()));
        }
        Ok(line)
    }
}
