//! What became of a request, as callers and programs read it.

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryReport {
    /// Everything reached everybody who can be reached; receivers that WeCom does not know
    /// are in `invalid`. Decides the exit status.
    pub ok: bool,
    /// How much arrived.
    pub status: Status,
    /// Always `wecom`.
    pub channel: String,
    /// The account that sent it.
    pub account: AccountId,
    /// Canonical text of the target.
    pub to: String,
    /// The way that the last part took; `None` where none was tried.
    pub via: Option<Door>,
    /// Ids of the messages, in order. Of the agent app the `msgid`, of the bot the `req_id`
    /// that WeCom acknowledged.
    pub message_ids: Vec<String>,
    /// Messages that went out.
    pub parts: usize,
    /// That another way was taken than the first, and why.
    pub fallback: Option<Fallback>,
    /// What is not as it was asked for.
    pub warnings: Vec<String>,
    /// Receivers that WeCom did not take.
    pub invalid: Invalid,
    /// Why not all of it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// How much arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it, to everybody.
    Delivered,
    /// Some of it, or to some receivers.
    Partial,
    /// It was sent and not confirmed: it may have arrived, so it is not repeated.
    Unknown,
    /// Nothing.
    Failed,
}

/// A way into WeCom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// The bot's long connection.
    Bot,
    /// The agent app's messages to members, departments and tags.
    Agent,
    /// The agent app's messages into chats that it created.
    Appchat,
}

/// Another way was taken than the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// The way that failed.
    pub from: Door,
    /// Why: a word of ours, or WeCom's number.
    pub reason: String,
}

/// Receivers that WeCom did not take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalid {
    /// Members, in WeCom's spelling (lower case).
    pub users: Vec<String>,
    /// Departments.
    pub parties: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
}

/// Why not all of it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A word of ours, or WeCom's number.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}

impl Invalid {
    /// Whether WeCom took everybody.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.parties.is_empty() && self.tags.is_empty()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.users.extend(other.users);
        self.parties.extend(other.parties);
        self.tags.extend(other.tags);
    }
}

impl Door {
    /// The word for it in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Agent => "agent",
            Self::Appchat => "appchat",
        }
    }
}

impl Status {
    /// The word for it in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }
}
