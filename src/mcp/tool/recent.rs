//! Calls that are the same call again.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use serde_json::Value;
use tokio::time::Instant;

use super::ToolReply;
use crate::catalogue::{self, RetryClass};
use crate::identity::Identity;
use crate::ids::AccountId;
use crate::interceptors::{Delivery, ToolCall, audit};

/// How long an answer is kept for a client that stopped waiting for it.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// How long a call must have taken for its answer to be kept. Faster ones reach every
/// client; and a model that asks the same again soon after wants to know what has changed
/// since, as when it waits for a task.
const KEPT_FROM: Duration = Duration::from_secs(20);

/// Most calls that are remembered: a few for each conversation that a machine can hold.
const MAX_CALLS: usize = 64;

/// Largest answer that is kept, in bytes of its text, so that all of them stay below 64 MiB.
const MAX_KEPT_BYTES: usize = 1024 * 1024;

type Running = Pin<Box<dyn Future<Output = Arc<ToolReply>> + Send>>;

/// What runs and what has just run, by everything that makes two calls the same.
///
/// A client that gives up on a long call leaves a model that often makes the same call
/// again. If the call may be repeated freely, the second one waits for the first; and if it
/// only reads, an answer that nobody may have seen is handed out again. A call that changes
/// something forgets all answers of its account, so that what is read after it is new.
#[derive(Debug, Default)]
pub(super) struct Recent {
    calls: Mutex<HashMap<Key, Entry>>,
    runs: AtomicU64,
}

/// Of two identities none sees an answer of the other's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    identity: Arc<Identity>,
    category: String,
    method: String,
    args: String,
    delivery: Delivery,
    workspace: Option<PathBuf>,
    roots: Vec<PathBuf>,
    raw: bool,
    reads: bool,
}

enum Entry {
    /// Held by those who wait for it: when all of them have gone it is cancelled.
    Running {
        running: WeakShared<Running>,
        run: u64,
    },
    Kept {
        reply: Arc<ToolReply>,
        until: Instant,
    },
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Running { .. } => "Running",
            Self::Kept { .. } => "Kept",
        })
    }
}

impl Recent {
    /// Runs `call` by `run`, unless the same call is on its way or its answer at hand.
    pub(super) async fn run<F, W>(
        self: &Arc<Self>,
        call: ToolCall,
        reads: bool,
        raw: bool,
        run: F,
    ) -> Arc<ToolReply>
    where
        F: FnOnce(ToolCall) -> W,
        W: Future<Output = ToolReply> + Send + 'static,
    {
        let account = call.identity().account().clone();
        if catalogue::retry_class(&call.category, &call.method) != RetryClass::Safe {
            return Arc::new(self.changing(&account, run(call)).await);
        }
        let key = Key::of(&call, reads, raw);
        let start = |number| {
            let (recent, own, work) = (self.clone(), key.clone(), run(call));
            let running: Running = Box::pin(async move {
                if !reads {
                    return Arc::new(recent.changing(&account, work).await);
                }
                let started = Instant::now();
                let reply = Arc::new(work.await);
                recent.finished(&own, number, &reply, started.elapsed());
                reply
            });
            running.shared()
        };
        let found = self.find_or_start(&key, start);
        if !matches!(found, Found::Started(_)) {
            audit::without_a_call(&key.identity, &key.category, &key.method, "shared");
        }
        match found {
            Found::Kept(reply) => reply,
            Found::Running(running) | Found::Started(running) => running.await,
        }
    }

    /// Runs what may change something: what was read before it is old.
    async fn changing(
        &self,
        account: &AccountId,
        work: impl Future<Output = ToolReply>,
    ) -> ToolReply {
        self.forget(account);
        // Also if it ends by being dropped: it may have taken effect.
        let _after = Forget(self, account);
        work.await
    }

    /// The same call, if it is on its way or its answer at hand; else the one that `start`
    /// makes. Looked for and entered under one lock: of two that come at once one joins the
    /// other.
    fn find_or_start(&self, key: &Key, start: impl FnOnce(u64) -> Shared<Running>) -> Found {
        // Outlives the lock: what it holds may be the last of a call, whose end wants the
        // lock.
        let mut alive = Vec::new();
        let mut calls = self.calls();
        let now = Instant::now();
        calls.retain(|_, entry| match entry {
            Entry::Running { running, .. } => {
                let running = running.upgrade();
                let is_alive = running.is_some();
                alive.extend(running);
                is_alive
            }
            Entry::Kept { until, .. } => now < *until,
        });
        let found = match calls.get(key) {
            Some(Entry::Running { running, .. }) => running.upgrade().map(Found::Running),
            Some(Entry::Kept { reply, .. }) => Some(Found::Kept(reply.clone())),
            None => None,
        };
        if let Some(found) = found {
            return found;
        }
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let started = start(run);
        if calls.len() < MAX_CALLS
            && let Some(running) = started.downgrade()
        {
            calls.insert(key.clone(), Entry::Running { running, run });
        }
        Found::Started(started)
    }

    /// Keeps the answer, if the call is still wanted: a change in between has removed it.
    fn finished(&self, key: &Key, number: u64, reply: &Arc<ToolReply>, took: Duration) {
        let mut calls = self.calls();
        if !matches!(calls.get(key), Some(Entry::Running { run, .. }) if *run == number) {
            return;
        }
        if took >= KEPT_FROM && !reply.is_error && !is_pending(reply) && is_small(reply) {
            let kept = Entry::Kept {
                reply: reply.clone(),
                until: Instant::now() + KEPT_FOR,
            };
            calls.insert(key.clone(), kept);
        } else {
            calls.remove(key);
        }
    }

    fn forget(&self, account: &AccountId) {
        self.calls()
            .retain(|key, _| !key.reads || key.identity.account() != account);
    }

    /// Every entry under its key is of a call with exactly that key.
    fn calls(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found {
    /// The same call, made by somebody else.
    Running(Shared<Running>),
    /// Its answer.
    Kept(Arc<ToolReply>),
    /// A new one.
    Started(Shared<Running>),
}

struct Forget<'a>(&'a Recent, &'a AccountId);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.forget(self.1);
    }
}

impl Key {
    fn of(call: &ToolCall, reads: bool, raw: bool) -> Self {
        Self {
            identity: call.identity().clone(),
            category: call.category.clone(),
            method: call.method.clone(),
            args: Value::Object(call.args.clone()).to_string(),
            delivery: call.delivery,
            workspace: call.files.workspace.clone(),
            roots: call.files.roots.clone(),
            raw,
            reads,
        }
    }
}

/// Whether it says that a task is not done yet.
fn is_pending(reply: &ToolReply) -> bool {
    let data = reply.structured.get("data");
    data.and_then(|data| data.get("task_done"))
        .is_some_and(|done| *done == Value::Bool(false))
}

fn is_small(reply: &ToolReply) -> bool {
    reply.text().len() <= MAX_KEPT_BYTES
}
