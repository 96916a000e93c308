//! Frames of the gateway's protocol: one JSON object each.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{GatewayError, WireError};

/// A request of ours.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    method: &'a str,
    params: &'a Value,
}

impl<'a> Request<'a> {
    pub(super) fn new(id: &'a str, method: &'a str, params: &'a Value) -> Self {
        Self {
            kind: "req",
            id,
            method,
            params,
        }
    }

    pub(super) fn to_text(&self) -> String {
        // Strings and values: JSON has a form for them.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a gateway sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Frame {
    /// Something happened.
    Event {
        /// What.
        event: String,
        /// The rest of it.
        #[serde(default)]
        payload: Value,
    },
    /// An answer.
    #[serde(rename = "res")]
    Response {
        /// The request's id.
        id: String,
        /// Whether it worked.
        ok: bool,
        /// The answer.
        #[serde(default)]
        payload: Value,
        /// What went wrong.
        #[serde(default)]
        error: WireError,
    },
    /// A frame of a later version.
    #[serde(other)]
    Other,
}

impl Frame {
    /// # Errors
    /// It is no frame.
    pub(super) fn parse(text: &str) -> Result<Self, GatewayError> {
        serde_json::from_str(text).map_err(|error| GatewayError::Protocol(error.to_string()))
    }
}

/// A part of an event that tells how a run goes: the whole text so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    /// Whose.
    pub(super) run: String,
    /// All that was said in the run so far.
    pub(super) text: String,
}

/// What an event says about the text of a run; `None` for all other events.
pub(super) fn progress(event: &str, payload: &Value) -> Option<Progress> {
    if event != "chat" || payload.get("state")?.as_str()? != "delta" {
        return None;
    }
    let content = payload.get("message")?.get("content")?.as_array()?;
    let parts = content.iter().filter_map(|part| part.get("text")?.as_str());
    Some(Progress {
        run: payload.get("runId")?.as_str()?.to_owned(),
        text: parts.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_so_far_is_taken_whatever_the_delta_says() {
        let payload = json!({
            "runId": "m1", "state": "delta", "deltaText": "lo", "replace": true,
            "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
        });
        let expected = Progress {
            run: "m1".to_owned(),
            text: "Hello".to_owned(),
        };
        assert_eq!(progress("chat", &payload), Some(expected));
        assert_eq!(progress("agent", &payload), None);
        assert_eq!(
            progress("chat", &json!({"runId": "m1", "state": "final"})),
            None
        );
    }

    #[test]
    fn frames_of_later_versions_are_passed_over() {
        assert!(matches!(
            Frame::parse(r#"{"type":"blob","x":1}"#),
            Ok(Frame::Other)
        ));
        assert!(Frame::parse("[]").is_err());
        assert!(Frame::parse("{}").is_err());
        let event = Frame::parse(r#"{"type":"event","event":"tick"}"#);
        assert!(
            matches!(event, Ok(Frame::Event { event, payload: Value::Null }) if event == "tick")
        );
    }
}
