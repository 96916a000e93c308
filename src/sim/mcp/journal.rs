//! What clients asked the category servers, and what they got.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::ids::BotId;
use crate::sim::record::Recent;

/// One HTTP request to a category server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct McpCall {
    /// Number of the request, growing over the whole simulator.
    pub seq: u64,
    /// When it came (Unix milliseconds).
    pub at: i64,
    /// The bot whose key it had; `None` for an unknown key.
    pub bot: Option<BotId>,
    /// The category, from the path.
    pub category: String,
    /// What kind of key the address had. The key itself is not kept.
    pub key: McpKey,
    /// HTTP method.
    pub http: String,
    /// JSON-RPC method; empty where the request had none.
    pub rpc: String,
    /// JSON-RPC id; `None` for a notification.
    pub id: Option<Value>,
    /// The tool of a `tools/call`.
    pub method: Option<String>,
    /// Arguments of a `tools/call`, else `params`; keys and passwords read `***`.
    pub arguments: Value,
    /// Who the request acts for.
    pub member: Option<String>,
    /// Whether the member was named by the request's header, and is not the owner.
    pub is_named: bool,
    /// Names of all headers, lower case, sorted.
    pub headers: Vec<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `Mcp-Session-Id` of the request.
    pub session: Option<String>,
    /// What became of it; `None` while it is under way, and for ever if the client left.
    pub outcome: Option<McpOutcome>,
}

/// What a key was when a request came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum McpKey {
    /// Good for this category.
    Current,
    /// Another one has taken its place.
    Stale,
    /// Never given out, or for another category.
    Unknown,
}

/// What became of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct McpOutcome {
    /// HTTP status; `None` where the connection was cut without one.
    pub status: Option<u16>,
    /// Code of a JSON-RPC error.
    pub rpc_error: Option<i64>,
    /// `errcode` of a business answer.
    pub errcode: Option<i64>,
    /// `isError` of a result.
    pub is_error: bool,
    /// Whether a tool's method was carried out, also where the answer tells otherwise.
    pub applied: bool,
    /// Whether a fault made it so.
    pub faulted: bool,
}

/// The last requests.
#[derive(Debug)]
pub(super) struct Journal {
    calls: Recent<McpCall>,
    last_seq: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            calls: Recent::new(CALLS_MAX, BYTES_MAX),
            last_seq: 0,
        }
    }
}

impl Journal {
    /// Notes a request and numbers it. `bytes` is how long it was.
    pub(super) fn begin(&mut self, mut call: McpCall, bytes: usize) -> u64 {
        self.last_seq += 1;
        call.seq = self.last_seq;
        mask(&mut call.arguments);
        self.calls.push(bytes + CALL_WEIGHT, call);
        self.last_seq
    }

    /// Notes what became of it.
    pub(super) fn end(&mut self, seq: u64, outcome: McpOutcome) {
        let call = self.calls.iter_mut().rev().find(|call| call.seq == seq);
        if let Some(call) = call {
            call.outcome = Some(outcome);
        }
    }

    /// What is kept, oldest first.
    pub(super) fn calls(&self) -> impl Iterator<Item = &McpCall> {
        self.calls.iter()
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.calls = Recent::new(CALLS_MAX, BYTES_MAX);
    }
}

/// Takes keys and passwords out.
fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => mask_members(members),
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::String(text) => {
            if let Some((head, tail)) = text.split_once("key=") {
                let rest = tail.find('&').and_then(|at| tail.get(at..));
                *text = format!("{head}key=***{}", rest.unwrap_or_default());
            }
        }
        _ => {}
    }
}

fn mask_members(members: &mut Map<String, Value>) {
    for (name, value) in members {
        if matches!(name.as_str(), "password" | "host_key") {
            *value = Value::from("***");
        } else {
            mask(value);
        }
    }
}

/// Requests that are remembered: enough for a test's story.
const CALLS_MAX: usize = 16_384;
/// Bytes of all remembered requests, about: room for a few large uploads.
const BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// What a request weighs besides its body, about.
const CALL_WEIGHT: usize = 512;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_and_passwords_are_masked() {
        let mut arguments = json!({
            "settings": { "password": "4821" },
            "links": ["https://x.example/send?key=abc&b=1", "https://x.example/mcp?apikey=abc"],
            "text": "monkey business",
        });
        mask(&mut arguments);
        let expected = json!({
            "settings": { "password": "***" },
            "links": ["https://x.example/send?key=***&b=1", "https://x.example/mcp?apikey=***"],
            "text": "monkey business",
        });
        assert_eq!(arguments, expected);
    }
}
