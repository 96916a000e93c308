//! Telling strangers how to get access: once each, and not too many at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ids::AccountId;
use crate::store::{PairingRequest, Store, StoreError};
use crate::texts;

/// Pairing replies of an account per [`BUDGET_INTERVAL`].
const BUDGET: usize = 10;

const BUDGET_INTERVAL: Duration = Duration::from_mins(1);

/// What a stranger is to be told. Dropped without [`delivered`](Self::delivered), it counts as
/// never told.
#[derive(Debug)]
pub struct Introduction {
    /// The reply.
    pub text: String,
    code: String,
    store: Arc<dyn Store>,
    desk: Arc<Desk>,
}

impl Introduction {
    /// The stranger got it; not to be told again.
    ///
    /// # Errors
    /// The store failed: the stranger may be told once more.
    pub async fn delivered(self) -> Result<(), StoreError> {
        self.store.pairing_told(&self.code).await
    }
}

impl Drop for Introduction {
    fn drop(&mut self) {
        self.desk.lock().telling.remove(&self.code);
    }
}

/// Who is being told right now, and how many lately.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Codes on their way; at most [`BUDGET`] an account and interval join.
    telling: HashSet<String>,
    /// When an account's last replies began, at most [`BUDGET`] each.
    recent: HashMap<AccountId, VecDeque<Instant>>,
}

impl Desk {
    /// `None`: the reply is on its way already, or the account's budget is used up.
    pub(super) fn introduce(
        this: &Arc<Self>,
        store: Arc<dyn Store>,
        request: PairingRequest,
        multi_account: bool,
    ) -> Option<Introduction> {
        let mut state = this.lock();
        if state.telling.contains(&request.code) {
            return None;
        }
        let now = Instant::now();
        let recent = state.recent.entry(request.account.clone()).or_default();
        recent.retain(|at| now.duration_since(*at) < BUDGET_INTERVAL);
        if recent.len() >= BUDGET {
            tracing::warn!(account = %request.account, "too many strangers at a time: one was not told its pairing code");
            return None;
        }
        recent.push_back(now);
        state.telling.insert(request.code.clone());
        drop(state);
        let command = command(&request, multi_account);
        Some(Introduction {
            text: texts::access::pairing(request.sender.as_str(), &request.code, &command),
            code: request.code,
            store,
            desk: this.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the owner runs.
fn command(request: &PairingRequest, multi_account: bool) -> String {
    let PairingRequest { account, code, .. } = request;
    if multi_account {
        format!("wecom pairing approve {code} --account {account}")
    } else {
        format!("wecom pairing approve {code}")
    }
}
