//! A tool call on its way from a client's process to the daemon.
//!
//! The request is one JSON object to `POST /api/v1/tools/call`. The answer is one JSON
//! object a line: any number of [`Line::Progress`], then one [`Line::Reply`]. Empty lines
//! say that the daemon is still there. Closing the connection cancels the call.
//!
//! A question to the person at the client ends the call with the question in its reply;
//! the same call is made again with the answer.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::files::FileGrant;
use crate::ids::UserId;
use crate::interceptors::{Content, Delivery, Step};
use crate::mcp::tool::{Question, ToolReply};

/// The path below the local API.
pub const CALL_PATH: &str = "/tools/call";

/// The environment variable by which an agent that the runtime started hands the token of
/// its session to `wecom mcp`.
pub const SESSION_TOKEN_VARIABLE: &str = "WECOM_MCP_SESSION_TOKEN";

/// A call for the operator on this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallRequest {
    /// The account; the default one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The token of an agent's session that the runtime started: it alone says for whom the
    /// call acts and which files it may name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The member that the operator names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Folders that arguments may name files in.
    #[serde(default)]
    pub roots: Vec<PathBuf>,
    /// Where relative paths start.
    #[serde(default)]
    pub workspace: Option<PathBuf>,
    /// How files come back.
    pub delivery: WireDelivery,
    /// The server's result untouched.
    #[serde(default)]
    pub raw: bool,
    /// What the person said to the question of the same call before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// The tool's arguments.
    pub arguments: Map<String, Value>,
}

/// How files reach the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WireDelivery {
    /// As paths.
    Path,
    /// As resources.
    Resource,
    /// In the answer.
    Inline,
}

impl From<Delivery> for WireDelivery {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Path => Self::Path,
            Delivery::Resource => Self::Resource,
            Delivery::Inline => Self::Inline,
        }
    }
}

impl From<WireDelivery> for Delivery {
    fn from(delivery: WireDelivery) -> Self {
        match delivery {
            WireDelivery::Path => Self::Path,
            WireDelivery::Resource => Self::Resource,
            WireDelivery::Inline => Self::Inline,
        }
    }
}

impl CallRequest {
    /// The files that the call may name.
    pub fn files(&self) -> FileGrant {
        FileGrant {
            workspace: self.workspace.clone(),
            roots: self.roots.clone(),
        }
    }
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// To what.
    pub question: WireQuestion,
    /// `None`: nobody could be asked.
    pub allowed: Option<bool>,
}

/// A question to the person at the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireQuestion {
    /// `category.method`.
    pub method: String,
    /// What it does.
    pub action: String,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

impl From<Question> for WireQuestion {
    fn from(question: Question) -> Self {
        Self {
            method: question.method,
            action: question.action,
            object: question.object,
        }
    }
}

impl From<WireQuestion> for Question {
    fn from(question: WireQuestion) -> Self {
        Self {
            method: question.method,
            action: question.action,
            object: question.object,
        }
    }
}

/// One line of the answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A step.
    Progress(WireStep),
    /// The end.
    Reply(WireReply),
}

/// How far a call is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireStep {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What is being done.
    pub message: String,
}

impl From<Step> for WireStep {
    fn from(step: Step) -> Self {
        Self {
            done: step.done,
            total: step.total,
            message: step.message,
        }
    }
}

/// The tool's reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WireReply {
    /// `structuredContent`.
    pub structured: Map<String, Value>,
    /// `isError`.
    pub is_error: bool,
    /// Further items.
    #[serde(default)]
    pub items: Vec<Map<String, Value>>,
    /// To be put to the person before the same call is made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<WireQuestion>,
}

impl WireReply {
    /// A reply, with the question that ended the call where one did.
    pub fn new(reply: ToolReply, question: Option<Question>) -> Self {
        let items = reply.items.iter().map(Content::to_value);
        Self {
            structured: reply.structured,
            is_error: reply.is_error,
            items: items
                .filter_map(|item| match item {
                    Value::Object(item) => Some(item),
                    _ => None,
                })
                .collect(),
            question: question.map(WireQuestion::from),
        }
    }

    /// The reply as it was.
    pub fn into_reply(self) -> ToolReply {
        ToolReply {
            structured: self.structured,
            is_error: self.is_error,
            items: self.items.into_iter().map(Content::Other).collect(),
        }
    }
}
