//! The line in the log that says that a tool was used: who, for whom, what, what came of
//! it, and how long it took. Never what was said.
//!
//! Members stand in it by their user id, in no other line of a tool call: an account of who
//! did what is of no use without. Who may not keep that switches the target off.

use std::io;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{Answer, ErrorKind, ToolCall, ToolError, codes};
use crate::identity::{Identity, Source};

/// One use of the tool. Its line is written when it is dropped, so that a call that was
/// given up has one as well.
pub(super) struct Audit {
    who: Who,
    category: String,
    method: String,
    args_bytes: usize,
    started: Instant,
    outcome: &'static str,
    errcode: i64,
    maybe_executed: bool,
}

impl Audit {
    /// Of a call that begins; until it ends it counts as cancelled.
    pub(super) fn begin(call: &ToolCall) -> Self {
        Self::of(
            call.identity(),
            &call.category,
            &call.method,
            size(&call.args),
            ErrorKind::Cancelled.as_str(),
        )
    }

    /// From here on it may take effect.
    pub(super) fn leaves(&mut self) {
        self.maybe_executed = true;
    }

    pub(super) fn ends(&mut self, result: &Result<Answer, ToolError>) {
        match result {
            Ok(answer) => {
                self.maybe_executed = true;
                self.errcode = answer.head().map_or(0, |head| head.errcode);
                self.outcome = match codes::meaning(self.errcode) {
                    _ if self.errcode == 0 && !answer.is_error() => "ok",
                    Some(meaning) => meaning.kind.as_str(),
                    None => ErrorKind::Business.as_str(),
                };
            }
            Err(error) => {
                self.maybe_executed = error.maybe_executed;
                self.errcode = error.errcode.unwrap_or(0);
                self.outcome = error.kind.as_str();
            }
        }
    }

    fn of(
        identity: &Identity,
        category: &str,
        method: &str,
        args_bytes: usize,
        outcome: &'static str,
    ) -> Self {
        Self {
            who: Who::of(identity),
            category: category.to_owned(),
            method: method.to_owned(),
            args_bytes,
            started: Instant::now(),
            outcome,
            errcode: 0,
            maybe_executed: false,
        }
    }
}

/// The line of a use that led to no call of its own: `outcome` is the kind of a refusal, or
/// `shared` where the answer of the same call was handed out.
pub(crate) fn without_a_call(
    identity: &Identity,
    category: &str,
    method: &str,
    outcome: &'static str,
) {
    drop(Audit::of(identity, category, method, 0, outcome));
}

impl Drop for Audit {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() {
            ErrorKind::Internal.as_str()
        } else {
            self.outcome
        };
        let duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            target: "wecom::audit",
            account = self.who.account,
            requester = self.who.requester,
            source = self.who.source,
            client = self.who.client,
            category = self.category,
            method = self.method,
            outcome,
            errcode = self.errcode,
            maybe_executed = self.maybe_executed,
            duration_ms,
            args_bytes = self.args_bytes,
            "tool call"
        );
    }
}

struct Who {
    account: String,
    requester: Option<String>,
    source: &'static str,
    client: Option<String>,
}

impl Who {
    fn of(identity: &Identity) -> Self {
        let (source, client) = match identity.source() {
            Source::Turn => ("turn", None),
            Source::Credential { client } => ("credential", Some(client.clone())),
            Source::Job { id } => ("job", Some(id.clone())),
            Source::Operator => ("operator", None),
        };
        Self {
            account: identity.account().as_str().to_owned(),
            requester: identity.requester().map(ToString::to_string),
            source,
            client,
        }
    }
}

/// Bytes of the arguments as JSON.
fn size(args: &Map<String, Value>) -> usize {
    let mut counter = Counter(0);
    // Counting can't fail.
    let _ = serde_json::to_writer(&mut counter, args);
    counter.0
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
