//! Log messages for the person at the client.
//!
//! Only what that person can act on is said, in fixed words: nothing of a call's arguments
//! or answer, and no names or ids.

#![expect(
    deprecated,
    reason = "clients of the revisions before 2026-07-28 are told in this way"
)]

use std::time::Duration;

use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam, ProtocolVersion};
use serde_json::Value;
use tokio::time::timeout;

use super::Context;
use crate::mcp::tool::ToolReply;

/// How long the answer waits for a message that goes before it. A client that has closed its
/// input takes answers, but no more messages.
const PATIENCE: Duration = Duration::from_millis(100);

/// Least severity that a client wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level(pub(super) LoggingLevel);

impl Default for Level {
    fn default() -> Self {
        Self(LoggingLevel::Warning)
    }
}

/// Whether the request is of a revision without sessions.
pub(super) fn is_modern(context: &Context) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// Says what came of a call, where the person at the client can do something about it.
pub(super) async fn tell(reply: &ToolReply, session: Level, context: &Context) {
    let Some((level, message)) = message(reply) else {
        return;
    };
    let wanted = if is_modern(context) {
        match context.meta.log_level() {
            Some(level) => level,
            None => return,
        }
    } else {
        session.0
    };
    if severity(level) < severity(wanted) {
        return;
    }
    let told = LoggingMessageNotificationParam::new(level, message.into()).with_logger("wecom");
    match timeout(PATIENCE, context.peer.notify_logging_message(told)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the client was not told"),
        Err(_) => tracing::debug!("the client takes no messages and was not told"),
    }
}

fn message(reply: &ToolReply) -> Option<(LoggingLevel, &'static str)> {
    let error = reply.structured.get("error")?;
    let said = match error.get("kind").and_then(Value::as_str)? {
        "authorization" => (
            LoggingLevel::Warning,
            "WeCom wants a permission that a member or an administrator has to grant; the answer says where.",
        ),
        "rate_limited" => (
            LoggingLevel::Warning,
            "WeCom limits how often it may be called; the same call works later.",
        ),
        "not_connected" => (
            LoggingLevel::Error,
            "The bot has no connection to WeCom. `wecom channels status` says why.",
        ),
        "category_unavailable" => (
            LoggingLevel::Warning,
            "This category is not open to the bot; an administrator opens it in WeCom's console.",
        ),
        _ => return None,
    };
    Some(said)
}

fn severity(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
