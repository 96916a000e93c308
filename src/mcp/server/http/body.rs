//! The body of a message, read whole within its limits.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Bytes of one message. A page passed as text needs more than the few megabytes that are
/// usual.
pub(super) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// How long a body may take to arrive.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Why a body is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadBody {
    /// Over [`MAX_BYTES`].
    TooLarge,
    /// Not there in time, or broken off.
    Slow,
    /// Not JSON.
    NotJson,
    /// JSON, but no single message.
    NotOne,
}

/// A message as far as limits need to know it.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Bytes,
    pub(super) is_tool_call: bool,
}

/// Reads a body and looks whether it is one message.
pub(super) async fn read(body: Body) -> Result<Message, BadBody> {
    let bytes = match tokio::time::timeout(MAX_TIME, read_all(body)).await {
        Err(_) => return Err(BadBody::Slow),
        Ok(bytes) => bytes?,
    };
    let is_tool_call = look(&bytes)?;
    Ok(Message {
        bytes,
        is_tool_call,
    })
}

async fn read_all(body: Body) -> Result<Bytes, BadBody> {
    let mut pieces = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| BadBody::Slow)?;
        if bytes.len() + piece.len() > MAX_BYTES {
            return Err(BadBody::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// Whether it is a tool call.
fn look(bytes: &[u8]) -> Result<bool, BadBody> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        method: Option<Value>,
    }
    match serde_json::from_slice::<Head>(bytes) {
        // A sequence can stand for a struct.
        Ok(_) if first_byte(bytes) != Some(b'{') => Err(BadBody::NotOne),
        Ok(head) => Ok(head.method.as_ref().and_then(Value::as_str) == Some("tools/call")),
        Err(_) if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => Err(BadBody::NotOne),
        Err(_) => Err(BadBody::NotJson),
    }
}

fn first_byte(bytes: &[u8]) -> Option<u8> {
    bytes
        .iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_json_object_is_a_message() {
        for (text, expected) in [
            (r#"{"method":"tools/call","params":{}}"#, Ok(true)),
            (r#"  {"method":"ping"}"#, Ok(false)),
            (r#"{"id":1,"result":{}}"#, Ok(false)),
            (r#"{"method":7}"#, Ok(false)),
            (r#"[{"method":"tools/call"}]"#, Err(BadBody::NotOne)),
            (r#"["tools/call"]"#, Err(BadBody::NotOne)),
            ("[]", Err(BadBody::NotOne)),
            ("3", Err(BadBody::NotOne)),
            ("null", Err(BadBody::NotOne)),
            ("", Err(BadBody::NotJson)),
            ("{", Err(BadBody::NotJson)),
            (r#"{"method":"ping"} x"#, Err(BadBody::NotJson)),
        ] {
            assert_eq!(look(text.as_bytes()), expected, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let silent =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, axum::Error>>());
        assert_eq!(read(silent).await.unwrap_err(), BadBody::Slow);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_not_read() {
        let large = Body::from(vec![b' '; MAX_BYTES + 1]);
        assert_eq!(read(large).await.unwrap_err(), BadBody::TooLarge);
    }
}
