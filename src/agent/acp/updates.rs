//! What a program tells, as far as a turn wants to know.

use agent_client_protocol::v1::schema::{ContentBlock, SessionUpdate, ToolCallStatus};

use super::inbox::Update;
use crate::agent::ToolStep;

/// Characters of a tool's name.
const MAX_NAME: usize = 80;

/// What an update means for the turn: thoughts, plans and modes mean nothing.
pub(super) fn of(update: SessionUpdate) -> Vec<Update> {
    match update {
        SessionUpdate::AgentMessageChunk(chunk) => match chunk.content {
            ContentBlock::Text(text) => vec![Update::Text(text.text)],
            other => vec![Update::Content(Box::new(other))],
        },
        SessionUpdate::ToolCall(call) => {
            let name = named(&call.title);
            let mut steps = vec![Update::Tool(ToolStep::Started { name: name.clone() })];
            steps.extend(finished(name, Some(call.status)));
            steps
        }
        SessionUpdate::ToolCallUpdate(update) => {
            let name = update.fields.title.as_deref();
            let name = named(name.unwrap_or(&update.tool_call_id.0));
            finished(name, update.fields.status).into_iter().collect()
        }
        SessionUpdate::Plan(plan) => {
            tracing::debug!(entries = plan.entries.len(), "the program made a plan");
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn finished(name: String, status: Option<ToolCallStatus>) -> Option<Update> {
    let ok = match status? {
        ToolCallStatus::Completed => true,
        ToolCallStatus::Failed => false,
        _ => return None,
    };
    Some(Update::Tool(ToolStep::Finished { name, ok }))
}

/// The first words of a title: the rest may be what somebody wrote, which is not for logs.
fn named(title: &str) -> String {
    let line = title.lines().next().unwrap_or_default();
    line.chars().take(MAX_NAME).collect()
}
