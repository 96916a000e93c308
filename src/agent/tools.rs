//! Tools that the runtime lends to agents that have no tool client of their own.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Person, TurnRequest};
use crate::identity::Identity;
use crate::ids::Chat;
use crate::session::SessionKey;
use crate::store::RouteVia;

/// For which turn a tool is used: everything that a model has no say in.
#[derive(Debug, Clone)]
pub struct ToolTurn {
    /// The account, the chat, and the member who wrote.
    pub identity: Arc<Identity>,
    /// Where the turn's answer goes.
    pub chat: Chat,
    /// How the message came.
    pub via: RouteVia,
    /// The turn's session.
    pub session: SessionKey,
    /// Who is asked before something destructive, where the account wants that.
    pub person: Person,
}

impl ToolTurn {
    /// For a turn in whose events the person can be asked.
    pub fn of(turn: &TurnRequest, person: Person) -> Self {
        Self {
            identity: turn.identity.clone(),
            chat: turn.chat.clone(),
            via: turn.via,
            session: turn.session.clone(),
            person,
        }
    }
}

/// For a turn in which nobody can be asked.
impl From<&TurnRequest> for ToolTurn {
    fn from(turn: &TurnRequest) -> Self {
        Self::of(turn, Person::nobody())
    }
}

/// A tool as it is announced to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: Value,
}

/// What a tool answered. Failures are answers too, with what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolAnswer {
    /// For the model.
    pub text: String,
    /// Whether it failed.
    pub is_error: bool,
}

impl ToolAnswer {
    /// An answer that is no failure.
    pub fn ok(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: false,
        }
    }

    /// A failure, with what to do next.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: true,
        }
    }
}

impl ToolAnswer {
    /// A call that was not carried out: of which kind the fault is, what is wrong, and what
    /// the model does next.
    pub fn refused(kind: &str, message: &str, next: &str) -> Self {
        let answer = json!({
            "ok": false,
            "error": { "kind": kind, "message": message, "retryable": false, "next": next },
        });
        Self::error(serde_json::to_string_pretty(&answer).unwrap_or_default())
    }
}

/// The tools of the process, for agents that run inside of it.
#[async_trait]
pub trait AgentTools: Send + Sync + fmt::Debug {
    /// The tools that may be used in this turn, in a steady order.
    fn list(&self, turn: &ToolTurn) -> Vec<ToolSpec>;

    /// What an agent is to know about its surroundings, for its system prompt: how to send
    /// files and cards, and which skills there are.
    fn instructions(&self, turn: &ToolTurn) -> String;

    /// Uses a tool. Dropping the future cancels what it does.
    async fn call(&self, turn: &ToolTurn, name: &str, arguments: Map<String, Value>) -> ToolAnswer;
}

/// No tools at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTools;

#[async_trait]
impl AgentTools for NoTools {
    fn list(&self, _: &ToolTurn) -> Vec<ToolSpec> {
        Vec::new()
    }

    fn instructions(&self, _: &ToolTurn) -> String {
        String::new()
    }

    async fn call(&self, _: &ToolTurn, name: &str, _: Map<String, Value>) -> ToolAnswer {
        ToolAnswer::error(format!("There is no tool `{name}`."))
    }
}
