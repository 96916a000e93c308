//! How a category server behaves while nothing goes wrong.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The behaviour of one bot's category server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, named by its key in JSON"
)]
pub struct McpSwitches {
    /// Whether the bot may use the category. If not, asking for the address gets
    /// `closed_code`.
    pub open: bool,
    /// 846609 or 846610: both were seen.
    pub closed_code: i64,
    /// `is_authed` of the address.
    pub authed: bool,
    /// What a request with a key of yesterday gets.
    pub stale_key: StaleKey,
    /// Whether `initialize` opens a session (`Mcp-Session-Id`) that all other requests
    /// need.
    pub stateful: bool,
    /// Whether a session serves only the member that opened it; others get 404.
    pub member_sessions: bool,
    /// Whether `initialize` is answered with `{}`.
    pub empty_initialize: bool,
    /// The version that `initialize` answers.
    pub protocol_version: String,
    /// The form of answers.
    pub answers: McpAnswers,
    /// Event streams: spread the answer over several `data` lines.
    pub sse_lines: bool,
    /// Event streams: end lines with CRLF.
    pub sse_crlf: bool,
    /// Event streams: send a notification before the answer.
    pub sse_notification: bool,
    /// Tools of a page of `tools/list`; all on one by default.
    pub page_size: Option<usize>,
    /// Whether a tool that does not exist gets a result with `isError` instead of the
    /// JSON-RPC error -32602.
    pub unknown_tool_as_result: bool,
    /// Methods that this server lacks.
    pub hidden: BTreeSet<String>,
    /// The form of the to-do methods.
    pub todo_form: TodoForm,
}

impl Default for McpSwitches {
    fn default() -> Self {
        Self {
            open: true,
            closed_code: 846_609,
            authed: true,
            stale_key: StaleKey::Http(401),
            stateful: false,
            member_sessions: false,
            empty_initialize: false,
            protocol_version: "2025-03-26".to_owned(),
            answers: McpAnswers::Json,
            sse_lines: false,
            sse_crlf: false,
            sse_notification: false,
            page_size: None,
            unknown_tool_as_result: false,
            hidden: BTreeSet::new(),
            todo_form: TodoForm::July,
        }
    }
}

/// What a request with a stale key gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaleKey {
    /// An HTTP status for every request.
    Http(u16),
    /// A business error for `tools/call`; the rest works.
    Errcode(i64),
}

/// The form of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum McpAnswers {
    /// `application/json`.
    Json,
    /// `text/event-stream`.
    Sse,
}

/// The to-do methods changed in the summer of 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TodoForm {
    /// Without participants in the arguments: the member that the call acts for is meant.
    /// Reminders are a point in time, and there is no search.
    April,
    /// Participants are named, reminders are relative to the due time.
    July,
}
