//! What was called, and what came back.

use serde::Serialize;

use super::fault::HookFaultKind;
use super::owner::HookOwner;
use crate::ids::UserId;

/// A callback. Neither keys nor tokens are in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HookCall {
    /// Its number, from 1 on.
    pub seq: u64,
    /// When it began (Unix milliseconds).
    pub at: i64,
    /// Who was called.
    pub owner: HookOwner,
    /// `msgtype` of a message, the name of an event, `stream` for a poll, `check` for the
    /// check of the address.
    pub kind: String,
    /// Who wrote, or caused it.
    pub user: Option<UserId>,
    /// The callback before it was sealed: JSON of a bot, XML of an app, the echoed text of a
    /// check.
    pub plain: String,
    /// What was made to go wrong.
    pub faults: Vec<HookFaultKind>,
    /// Every time that it was sent, in order. All have the same query and body.
    pub attempts: Vec<HookAttempt>,
    /// The answer: what was in its envelope, or its body where that could not be opened, or is
    /// an app's.
    pub answer: Option<String>,
    /// What is wrong with the answer, or with there being none.
    pub problem: Option<String>,
    /// Whether it is over.
    pub done: bool,
}

/// One time that a callback was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HookAttempt {
    /// When (Unix milliseconds).
    pub at: i64,
    /// How long the answer took, or the failure.
    pub ms: u64,
    /// HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

impl HookCall {
    /// The status of the last answer.
    pub fn status(&self) -> Option<u16> {
        self.attempts.last()?.status
    }
}
