//! Answers on the wire, whole or broken on purpose.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::fault::McpFaultKind;
use super::http::SESSION;
use super::switches::{McpAnswers, McpSwitches};

/// A JSON-RPC answer with everything that decides its form.
pub(super) struct Answer<'a> {
    /// HTTP status.
    pub(super) status: StatusCode,
    /// The message.
    pub(super) message: &'a Value,
    /// The session that it opens.
    pub(super) session: Option<&'a str>,
}

impl Answer<'_> {
    /// Writes it; `shape` is a fault of the body. An error status has a JSON body in any
    /// case.
    pub(super) fn write(&self, switches: &McpSwitches, shape: Option<&McpFaultKind>) -> Response {
        let is_stream = switches.answers == McpAnswers::Sse && self.status.is_success();
        let (content_type, text) = if is_stream {
            ("text/event-stream", events(self.message, switches))
        } else {
            ("application/json", self.message.to_string())
        };
        let mut response = match shape {
            Some(McpFaultKind::Drip { bytes, pause_ms }) => {
                drip(text, *bytes, Duration::from_millis(*pause_ms))
            }
            Some(McpFaultKind::Truncate) => half(text, false),
            Some(McpFaultKind::CutBody) => half(text, true),
            _ => text.into_response(),
        };
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        set(headers, header::CONTENT_TYPE, content_type);
        if let Some(session) = self.session {
            set(headers, SESSION, session);
        }
        response
    }
}

/// A connection that is cut without an answer: the server gives up at a body that fails
/// before anything was written.
pub(super) fn cut() -> Response {
    let broken = stream::iter([Err::<Bytes, _>(std::io::Error::from(
        std::io::ErrorKind::ConnectionAborted,
    ))]);
    Body::from_stream(broken).into_response()
}

/// Sets a header whose value is one.
pub(super) fn set(
    headers: &mut HeaderMap,
    name: impl axum::http::header::IntoHeaderName,
    value: &str,
) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The message as server-sent events.
fn events(message: &Value, switches: &McpSwitches) -> String {
    let end = if switches.sse_crlf { "\r\n" } else { "\n" };
    let event = |message: &Value, id: u8| {
        let text = if switches.sse_lines {
            format!("{message:#}")
        } else {
            message.to_string()
        };
        let data: Vec<String> = text
            .lines()
            .map(|line| format!("data: {line}{end}"))
            .collect();
        format!("event: message{end}id: {id}{end}{}{end}", data.concat())
    };
    let mut text = String::new();
    if switches.sse_notification {
        let params = json!({ "level": "info", "data": "working" });
        let notice = json!({
            "jsonrpc": "2.0",
            "method": "notifications/message",
            "params": params,
        });
        text += &event(&notice, 1);
    }
    text += &event(message, 2);
    text
}

/// The text in pieces, with pauses between them.
fn drip(text: String, bytes: usize, pause: Duration) -> Response {
    let rest = Bytes::from(text);
    let pieces = stream::unfold((rest, true), move |(mut rest, is_first)| async move {
        if rest.is_empty() {
            return None;
        }
        if !is_first {
            tokio::time::sleep(pause).await;
        }
        let piece = rest.split_to(bytes.clamp(1, rest.len()));
        Some((Ok::<_, std::io::Error>(piece), (rest, false)))
    });
    Body::from_stream(pieces).into_response()
}

/// The first half of the text; then an end, or a cut.
fn half(text: String, is_cut: bool) -> Response {
    let mut bytes = Bytes::from(text);
    bytes.truncate(bytes.len() / 2);
    let parts = stream::unfold((Some(bytes), is_cut), |(bytes, is_cut)| async move {
        if let Some(bytes) = bytes {
            return Some((Ok(bytes), (None, is_cut)));
        }
        if !is_cut {
            return None;
        }
        // What was written must have left before the connection goes.
        tokio::time::sleep(FLUSH).await;
        let error = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        Some((Err(error), (None, false)))
    });
    Body::from_stream(parts).into_response()
}

/// For written bytes to leave.
const FLUSH: Duration = Duration::from_millis(20);
