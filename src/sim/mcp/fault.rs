//! What can be made to go wrong at a category server.

use serde::{Deserialize, Serialize};

/// Something to go wrong with certain requests of a bot. The body of
/// `POST /sim/mcp/{bot}/faults`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpFault {
    /// The category; any by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The tool, or the JSON-RPC method (`initialize`, `notifications/initialized`,
    /// `tools/list`, ...); any `tools/call` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The first of such requests that is concerned, counted from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many are concerned; 0 for all from there on.
    #[serde(default = "one")]
    pub times: u32,
    /// Whether the request takes effect before its answer is replaced.
    #[serde(default)]
    pub applied: bool,
    /// What happens.
    pub fault: McpFaultKind,
    /// Such requests that came so far.
    #[serde(default, skip_deserializing)]
    pub seen: u32,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum McpFaultKind {
    /// An HTTP status without a JSON-RPC answer.
    Http {
        /// The status.
        status: u16,
        /// `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// It waits so many milliseconds and is then served like any other; goes together
    /// with another fault.
    Delay(u64),
    /// The connection is cut without an answer.
    Drop,
    /// A JSON-RPC error.
    Rpc {
        /// The code.
        code: i64,
        /// The text.
        message: String,
        /// The HTTP status that comes with it; 200 by default.
        #[serde(default = "ok")]
        status: u16,
    },
    /// A business error.
    Business {
        /// The code.
        errcode: i64,
        /// The text.
        errmsg: String,
        /// Guidance for a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        help_message: Option<String>,
    },
    /// A result whose text is this, and no JSON.
    Text(String),
    /// A result without content.
    EmptyContent,
    /// A status without a body, 202 for example.
    NoBody(u16),
    /// A business answer of about so many bytes.
    Huge(usize),
    /// A `media_item` of so many bytes, before base64.
    BigMedia(usize),
    /// The true answer, in pieces of `bytes` with pauses of `pause_ms`.
    Drip {
        /// Size of a piece.
        bytes: usize,
        /// Milliseconds between two.
        pause_ms: u64,
    },
    /// Half of the true answer, and an orderly end.
    Truncate,
    /// Half of the true answer, then the connection is cut.
    CutBody,
    /// The request's session is forgotten: 404.
    LoseSession,
    /// The address gets a new key: the one of this request is stale.
    StaleAddress,
}

impl McpFault {
    /// A fault of the next `tools/call`, whatever it is.
    pub fn new(fault: McpFaultKind) -> Self {
        Self {
            category: None,
            method: None,
            nth: 1,
            times: 1,
            applied: false,
            fault,
            seen: 0,
        }
    }

    /// Only of one tool or JSON-RPC method.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only of one category.
    #[must_use]
    pub fn category(mut self, category: &str) -> Self {
        self.category = Some(category.to_owned());
        self
    }

    /// From the `n`-th such request on, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.nth = n;
        self
    }

    /// So many of them; 0 for all.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// The request takes effect all the same.
    #[must_use]
    pub fn applied(mut self) -> Self {
        self.applied = true;
        self
    }

    /// Counts a request; whether it is concerned.
    fn count(&mut self, category: &str, rpc: &str, tool: Option<&str>) -> bool {
        let is_category = self.category.as_deref().is_none_or(|it| it == category);
        let is_method = match self.method.as_deref() {
            Some(method) => method == rpc || tool == Some(method),
            None => tool.is_some(),
        };
        if !is_category || !is_method {
            return false;
        }
        self.seen += 1;
        self.seen >= self.nth && !self.is_over_before(self.seen)
    }

    /// Whether the `seen`-th request is later than the last one concerned.
    fn is_over_before(&self, seen: u32) -> bool {
        self.times > 0 && seen >= self.nth.saturating_add(self.times)
    }
}

/// What stands for one request.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Milliseconds to wait first.
    pub(super) delay_ms: u64,
    /// What happens then.
    pub(super) fault: Option<McpFault>,
}

/// The faults of a bot, in the order they were set.
#[derive(Debug, Default)]
pub(super) struct Faults {
    standing: Vec<McpFault>,
}

impl Faults {
    /// Adds one; says whether there is room.
    pub(super) fn add(&mut self, fault: McpFault) -> bool {
        let has_room = self.standing.len() < FAULTS_MAX;
        if has_room {
            self.standing.push(fault);
        }
        has_room
    }

    /// What stands.
    pub(super) fn standing(&self) -> &[McpFault] {
        &self.standing
    }

    /// Ends all.
    pub(super) fn clear(&mut self) {
        self.standing.clear();
    }

    /// Counts a request; what is to happen to it. Delays add up, of the rest the first
    /// one wins.
    pub(super) fn due(&mut self, category: &str, rpc: &str, tool: Option<&str>) -> Due {
        let mut due = Due::default();
        for fault in &mut self.standing {
            if !fault.count(category, rpc, tool) {
                continue;
            }
            match fault.fault {
                McpFaultKind::Delay(ms) => due.delay_ms += ms,
                _ if due.fault.is_none() => due.fault = Some(fault.clone()),
                _ => {}
            }
        }
        self.standing
            .retain(|fault| !fault.is_over_before(fault.seen.saturating_add(1)));
        due
    }
}

fn one() -> u32 {
    1
}

fn ok() -> u16 {
    200
}

/// Faults of a bot that stand at a time: more than any story needs.
const FAULTS_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(faults: &mut Faults, calls: &[(&str, &str, Option<&str>)]) -> Vec<bool> {
        let is_due = |&(category, rpc, tool): &(&str, &str, Option<&str>)| {
            faults.due(category, rpc, tool).fault.is_some()
        };
        calls.iter().map(is_due).collect()
    }

    #[test]
    fn the_nth_call_of_a_method_is_concerned_so_often() {
        let mut faults = Faults::default();
        faults.add(
            McpFault::new(McpFaultKind::Drop)
                .category("todo")
                .on("create_todo")
                .nth(2)
                .times(2),
        );
        let create = ("todo", "tools/call", Some("create_todo"));
        let other = ("todo", "tools/call", Some("get_todo_list"));
        let calls = [create, other, create, create, create];
        let expected = [false, false, true, true, false];
        assert_eq!(kinds(&mut faults, &calls), expected);
        assert!(faults.standing().is_empty());
    }

    #[test]
    fn without_a_method_only_calls_are_concerned() {
        let mut faults = Faults::default();
        faults.add(McpFault::new(McpFaultKind::Drop).times(0));
        let calls = [
            ("msg", "initialize", None),
            ("msg", "tools/call", Some("send_message")),
            ("msg", "tools/call", Some("send_message")),
        ];
        assert_eq!(kinds(&mut faults, &calls), [false, true, true]);
        let mut list = Faults::default();
        list.add(McpFault::new(McpFaultKind::Drop).on("tools/list"));
        assert_eq!(kinds(&mut list, &[("msg", "tools/list", None)]), [true]);
    }

    #[test]
    fn delays_add_up_and_the_first_other_wins() {
        let mut faults = Faults::default();
        for fault in [
            McpFaultKind::Delay(5),
            McpFaultKind::Drop,
            McpFaultKind::Delay(7),
            McpFaultKind::Truncate,
        ] {
            faults.add(McpFault::new(fault));
        }
        let due = faults.due("todo", "tools/call", Some("x"));
        assert_eq!(due.delay_ms, 12);
        assert_eq!(due.fault.map(|fault| fault.fault), Some(McpFaultKind::Drop));
    }

    #[test]
    fn a_request_names_its_fault_by_key() {
        let read = |json| serde_json::from_str::<McpFault>(json);
        let fault = read(r#"{"method": "get_userlist", "fault": {"http": {"status": 503}}}"#);
        assert!(matches!(
            fault.unwrap().fault,
            McpFaultKind::Http { status: 503, .. }
        ));
        assert_eq!(
            read(r#"{"fault": "drop", "applied": true}"#).unwrap(),
            McpFault::new(McpFaultKind::Drop).applied()
        );
        assert!(read(r#"{"fault": "drip", "tool": "x"}"#).is_err());
    }
}
