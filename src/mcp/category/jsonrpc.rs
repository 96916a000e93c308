//! JSON-RPC as these servers speak it: what is sent, and how what comes is sorted.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::{Failure, RpcError};

/// A request, as written.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a, P> {
    jsonrpc: &'static str,
    id: &'a str,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<P>,
}

impl<'a, P: Serialize> Request<'a, P> {
    /// Its text. Ids are strings; integers were never tried on these servers.
    pub(super) fn text(
        id: &'a str,
        method: &'static str,
        params: Option<P>,
    ) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Self {
            jsonrpc: "2.0",
            id,
            method,
            params,
        })
    }
}

/// The one notification that is sent.
pub(super) const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// The answer to a request: the body or event it came in, and where in it the result is.
#[derive(PartialEq, Eq)]
pub(super) struct Message {
    text: String,
    result: Range<usize>,
}

impl Message {
    /// The result, as JSON text.
    pub(super) fn result(&self) -> &str {
        self.text.get(self.result.clone()).unwrap_or_default()
    }

    /// The text it came in and where in it the result is.
    pub(super) fn into_parts(self) -> (String, Range<usize>) {
        (self.text, self.result)
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} bytes)", self.result.len())
    }
}

/// What a body or an event holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sorted {
    /// What the request that is waited for came to.
    pub(super) outcome: Option<Result<Message, RpcError>>,
    /// Requests of the server that want an answer: the texts to send.
    pub(super) replies: Vec<String>,
    /// The server says that its list of tools changed.
    pub(super) tools_changed: bool,
}

/// Takes one body or event apart: a message or an array of them.
///
/// # Errors
/// It is not JSON-RPC.
pub(super) fn sort(bytes: Vec<u8>, awaited: &str) -> Result<Sorted, Failure> {
    let text = String::from_utf8(bytes).map_err(|_| Failure::Malformed("is not UTF-8"))?;
    let mut sorted = Sorted::default();
    let mut found = None;
    {
        let messages: Vec<Incoming<'_>> = if text.trim_start().starts_with('[') {
            serde_json::from_str(&text)
        } else {
            serde_json::from_str(&text).map(|one| vec![one])
        }
        .map_err(|_| Failure::Malformed("is not JSON-RPC"))?;
        for message in messages {
            if message.jsonrpc.as_deref() != Some("2.0") {
                tracing::debug!("a message does not name JSON-RPC 2.0");
            }
            let id = message.id.map_or("null", RawValue::get);
            if let Some(method) = message.method.as_deref() {
                if message.id.is_some() {
                    sorted.replies.push(reply(id, method));
                } else {
                    sorted.tools_changed |= method == "notifications/tools/list_changed";
                }
                continue;
            }
            let is_ours = serde_json::from_str::<Cow<'_, str>>(id).is_ok_and(|id| id == awaited);
            if let Some(error) = message.error {
                // A server that could not read a request can't name it.
                if is_ours || id == "null" {
                    found = Some(Err(error.into()));
                }
            } else if let Some(result) = message.result.filter(|_| is_ours) {
                found = Some(Ok(place_of(result.get(), &text)));
            }
        }
    }
    sorted.outcome = match found {
        None => None,
        Some(Err(error)) => Some(Err(error)),
        Some(Ok(result)) => Some(Ok(Message { text, result })),
    };
    Ok(sorted)
}

/// The JSON-RPC error in the body of a refusal, if that is what the body is.
pub(super) fn error_in(body: &[u8]) -> Option<RpcError> {
    let message: Incoming<'_> = serde_json::from_slice(body).ok()?;
    message.error.map(Into::into)
}

/// Where a piece of a text lies in it.
pub(super) fn place_of(piece: &str, text: &str) -> Range<usize> {
    let start = (piece.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + piece.len()
}

/// We have no capabilities, so that a ping is all a server may ask for.
fn reply(id: &str, method: &str) -> String {
    if method == "ping" {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)
    } else {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"not supported"}}}}"#
        )
    }
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

impl From<WireError> for RpcError {
    fn from(error: WireError) -> Self {
        Self {
            code: error.code,
            message: error.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(text: &str) -> Sorted {
        sort(text.as_bytes().to_vec(), "mcp_rpc_1").unwrap()
    }

    fn result(text: &str) -> Option<String> {
        let outcome = sorted(text).outcome?;
        Some(outcome.unwrap().result().to_owned())
    }

    #[test]
    fn the_answer_is_the_one_with_our_id() {
        let ours = r#"{"jsonrpc":"2.0","id":"mcp_rpc_1","result":{"a": [1]}}"#;
        let other = r#"{"jsonrpc":"2.0","id":"mcp_rpc_2","result":{}}"#;
        assert_eq!(result(ours).unwrap(), r#"{"a": [1]}"#);
        assert_eq!(result(other), None);
        assert_eq!(
            result(&format!(" [{other},{ours}]")).unwrap(),
            r#"{"a": [1]}"#
        );
        assert_eq!(result(r#"{"id":"mcp_rpc_1","result":{}}"#).unwrap(), "{}");
        assert_eq!(
            result(r#"{"jsonrpc":"2.0","id":"mcp_rpc_1","result":null}"#),
            None
        );
    }

    #[test]
    fn an_error_without_an_id_is_ours_too() {
        for id in [r#""mcp_rpc_1""#, "null"] {
            let text = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32600,"message":"no"}}}}"#
            );
            let error = sorted(&text).outcome.unwrap().unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (-32600, "no"));
        }
        assert_eq!(
            sorted(r#"{"id":7,"error":{"code":1,"message":""}}"#).outcome,
            None
        );
    }

    #[test]
    fn requests_of_the_server_are_answered() {
        let ping = sorted(r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#);
        assert_eq!(ping.replies, [r#"{"jsonrpc":"2.0","id":7,"result":{}}"#]);
        let sample =
            sorted(r#"{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{}}"#);
        assert!(sample.replies[0].contains(r#""id":"s","error":{"code":-32601"#));
        let changed = sorted(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#);
        assert!(changed.tools_changed && changed.replies.is_empty());
    }

    #[test]
    fn what_is_not_json_rpc_is_refused() {
        for text in ["", "<html>", "3", "{\"id\":", "[3]"] {
            assert!(sort(text.into(), "x").is_err(), "{text}");
        }
        assert!(sort(vec![0xff], "x").is_err());
    }
}
