//! The outermost interceptor: how long a call may take, how many run at once, and the
//! line that says that it was made.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::{Answer, ErrorKind, Interceptor, Next, ToolCall, ToolError};
use crate::catalogue::{self, RetryClass};
use crate::identity::Source;
use crate::ids::AccountId;

/// Calls of one account at the same time. WeCom does not say how many it takes; more wait.
const MAX_IN_FLIGHT: usize = 5;

/// Time between giving up and the call's own deadline: what lies further in measures the
/// same deadline and knows better what was late.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// The interceptor `limits`.
#[derive(Debug, Default)]
pub struct Limits {
    in_flight: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
    /// Members stand in the log as numbers that only this process can make.
    salt: RandomState,
    plain_ids: bool,
}

impl Limits {
    /// With members in the log as numbers, which differ from process to process.
    pub fn new() -> Self {
        Self::default()
    }

    /// With members in the log by their user id, for an operator who asked for that.
    pub fn with_plain_ids() -> Self {
        Self {
            plain_ids: true,
            ..Self::default()
        }
    }

    /// The account's places. The map has as many entries as the configuration has had
    /// accounts.
    fn places(&self, account: &AccountId) -> Arc<Semaphore> {
        let mut places = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        places
            .entry(account.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(MAX_IN_FLIGHT)))
            .clone()
    }

    fn audit(&self, call: &ToolCall) -> Audit {
        let identity = call.identity();
        let (source, client) = match identity.source() {
            Source::Turn => ("turn", ""),
            Source::Credential { client } => ("credential", client.as_str()),
            Source::Operator => ("operator", ""),
        };
        let requester = match identity.requester() {
            None => String::new(),
            Some(user) if self.plain_ids => user.as_str().to_owned(),
            Some(user) => format!("{:016x}", self.salt.hash_one(user)),
        };
        let mut size = Size(0);
        // Counting can't fail.
        let _ = serde_json::to_writer(&mut size, &call.args);
        Audit {
            account: identity.account().clone(),
            requester,
            source,
            client: client.to_owned(),
            category: call.category.clone(),
            method: call.method.clone(),
            args_bytes: size.0,
            started: Instant::now(),
            outcome: "cancelled",
            errcode: 0,
            maybe_executed: false,
        }
    }
}

#[async_trait]
impl Interceptor for Limits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn can_be_switched_off(&self) -> bool {
        false
    }

    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        let mut audit = self.audit(&call);
        let places = self.places(call.identity().account());
        let deadline = call.deadline();
        let result = match wait(&places, deadline).await {
            Ok(place) => {
                audit.maybe_executed = true;
                let result = in_time(call, next, deadline).await;
                drop(place);
                result
            }
            Err(error) => Err(error),
        };
        audit.ends(&result);
        result
    }
}

/// A place among the calls that run. Waiting counts against the deadline.
async fn wait(places: &Semaphore, deadline: Instant) -> Result<SemaphorePermit<'_>, ToolError> {
    match timeout_at(deadline, places.acquire()).await {
        Ok(Ok(place)) => Ok(place),
        Ok(Err(_)) | Err(_) => Err(ToolError::new(
            ErrorKind::Timeout,
            "Too many calls of this account are running; this one never began.",
        )
        .reason("too_many_in_flight")
        .retryable()
        .next("Wait for the other calls, then make this one again.")),
    }
}

async fn in_time(call: ToolCall, next: Next<'_>, deadline: Instant) -> Result<Answer, ToolError> {
    // The deadline can be raised further in, and only by what is then known to be long.
    let class = catalogue::retry_class(&call.category, &call.method);
    let current = call.deadline_handle();
    let running = next.run(call);
    tokio::pin!(running);
    let mut deadline = deadline;
    loop {
        if let Ok(result) = timeout_at(deadline + GRACE, &mut running).await {
            return result;
        }
        let later = current.get();
        if later <= deadline {
            break;
        }
        deadline = later;
    }
    let error = ToolError::new(ErrorKind::Timeout, "The call took too long.").maybe_executed();
    Err(match class {
        RetryClass::Safe => error.next("The call may be made again; nothing happens twice."),
        RetryClass::VerifyFirst => {
            error.next("Look first whether it took effect; make it again only if it did not.")
        }
        RetryClass::Never => error.next(
            "Do not repeat the call. Tell the user that it is not known whether it took effect.",
        ),
    })
}

/// Who did what for whom, and what came of it. It is written when it is dropped, so that a
/// call that was given up has its line as well. Never what was said.
struct Audit {
    account: AccountId,
    requester: String,
    source: &'static str,
    client: String,
    category: String,
    method: String,
    args_bytes: usize,
    started: Instant,
    outcome: &'static str,
    errcode: i64,
    maybe_executed: bool,
}

impl Audit {
    fn ends(&mut self, result: &Result<Answer, ToolError>) {
        match result {
            Ok(answer) => {
                self.maybe_executed = true;
                self.errcode = answer.head().map_or(0, |head| head.errcode);
                self.outcome = match super::codes::meaning(self.errcode) {
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
            account = %self.account,
            requester = self.requester,
            source = self.source,
            client = self.client,
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

/// Counts what is written.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
