//! What the daemon does for a gateway.

use async_trait::async_trait;

use super::frame::{Out, ToolCall};
use crate::agent::{ToolAnswer, ToolSpec};

/// What the daemon does for a gateway. Names of accounts are OpenClaw's, as they came.
#[async_trait]
pub trait LinkHost: Send + Sync + std::fmt::Debug {
    /// Where the HTTP server is reached from this machine.
    fn http(&self) -> Option<String>;

    /// How an account is. Does not wait.
    fn account(&self, account: &str) -> AccountReport;

    /// Sends a message, once for each key.
    async fn out(&self, out: Out) -> OutAnswer;

    /// Uses a tool. Dropping the future cancels what it does.
    async fn tool(&self, call: ToolCall) -> ToolAnswer;

    /// The tools that there are.
    fn tools(&self) -> Vec<ToolSpec>;

    /// These, and nobody else, are approved in OpenClaw's own list.
    async fn allowed(&self, account: &str, users: Vec<String>);

    /// Somebody was approved in OpenClaw.
    async fn approved(&self, account: &str, user: &str);
}

/// How an account is, as OpenClaw is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReport {
    /// Whether it works, or tries to.
    pub running: bool,
    /// `false` only where waiting may help: OpenClaw restarts an account that stays so.
    pub connected: bool,
    /// What is wrong.
    pub error: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutAnswer {
    /// It was sent, now or before; its id.
    Sent(String),
    /// It was not, or not all of it.
    Failed {
        /// Why.
        error: String,
        /// Whether the same may be sent a little later.
        retryable: bool,
    },
}
