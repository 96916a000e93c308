//! JSON-RPC messages, as far as a server reads and writes them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A message of a client.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Message {
    /// Absent in notifications.
    #[serde(default)]
    pub(super) id: Option<Value>,
    /// Absent in answers to a server's own requests.
    #[serde(default)]
    pub(super) method: Option<String>,
    /// Arguments.
    #[serde(default)]
    pub(super) params: Map<String, Value>,
}

impl Message {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// -32700 for no JSON, -32600 for JSON that is no message; batches are not taken.
    pub(super) fn parse(body: &[u8]) -> Result<Self, RpcError> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| RpcError::new(PARSE_ERROR, format!("Parse error: {error}")))?;
        let invalid = |text: String| RpcError::new(INVALID_REQUEST, text);
        if !value.is_object() {
            return Err(invalid("Invalid Request: not one message".to_owned()));
        }
        serde_json::from_value(value).map_err(|error| invalid(format!("Invalid Request: {error}")))
    }

    /// The tool and its arguments, of a `tools/call`.
    pub(super) fn tool(&self) -> Option<(&str, Map<String, Value>)> {
        if self.method.as_deref() != Some(TOOLS_CALL) {
            return None;
        }
        let name = self.params.get("name").and_then(Value::as_str)?;
        let arguments = self.params.get("arguments").and_then(Value::as_object);
        Some((name, arguments.cloned().unwrap_or_default()))
    }
}

/// A JSON-RPC error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpcError {
    /// The code.
    pub(super) code: i64,
    /// The text.
    pub(super) message: String,
}

impl RpcError {
    /// An error.
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The answer to the request with this id.
pub(super) fn answer(id: Option<&Value>, result: &Result<Value, RpcError>) -> Value {
    let id = id.cloned().unwrap_or(Value::Null);
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => {
            let error = json!({ "code": error.code, "message": error.message });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}

/// A result of a tool whose only content is this text.
pub(super) fn text_result(text: &str, is_error: bool) -> Value {
    json!({ "content": [{ "type": "text", "text": text }], "isError": is_error })
}

/// The method that calls a tool.
pub(super) const TOOLS_CALL: &str = "tools/call";
/// No JSON.
pub(super) const PARSE_ERROR: i64 = -32_700;
/// No request, or not now.
pub(super) const INVALID_REQUEST: i64 = -32_600;
/// No such method.
pub(super) const NO_METHOD: i64 = -32_601;
/// Wrong parameters.
pub(super) const INVALID_PARAMS: i64 = -32_602;
