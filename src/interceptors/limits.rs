//! The outermost interceptor: how long a call may take, how many run at once, and its
//! line in the audit log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::audit::Audit;
use super::{Answer, ErrorKind, Interceptor, Next, ToolCall, ToolError};
use crate::catalogue::{self, RetryClass};
use crate::ids::AccountId;

/// Calls of one account at the same time. WeCom does not say how many it takes; more wait.
const MAX_IN_FLIGHT: usize = 5;

/// Time between giving up and the call's own deadline: what lies further in measures the
/// same deadline and knows better what was late.
const GRACE: Duration = Duration::from_secs(2);

/// The interceptor `limits`.
#[derive(Debug, Default)]
pub struct Limits {
    in_flight: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

impl Limits {
    /// With room for five calls of each account.
    pub fn new() -> Self {
        Self::default()
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
        let mut audit = Audit::begin(&call);
        let places = self.places(call.identity().account());
        let deadline = call.deadline();
        let result = match wait(&places, deadline).await {
            Ok(place) => {
                audit.leaves();
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
    let span = tracing::info_span!(
        "tool_call",
        account = %call.identity().account(),
        category = call.category,
        method = call.method,
    );
    let running = next.run(call).instrument(span);
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

#[cfg(test)]
mod tests;
