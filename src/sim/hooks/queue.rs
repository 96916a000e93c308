//! Callbacks on their way to whoever makes them.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::hook::Hook;
use super::owner::HookOwner;
use crate::ids::{ReqId, UserId};
use crate::sim::chat::SimChat;

/// A callback that is to be made.
#[derive(Debug)]
pub(in crate::sim) struct HookJob {
    pub(in crate::sim) hook: Arc<Hook>,
    pub(in crate::sim) owner: HookOwner,
    /// The conversation, in which callbacks keep their order.
    pub(in crate::sim) chat: Option<SimChat>,
    pub(in crate::sim) kind: String,
    pub(in crate::sim) user: Option<UserId>,
    pub(in crate::sim) plain: Arc<str>,
    /// Of a bot's callback, the exchange that its answer belongs to.
    pub(in crate::sim) req_id: Option<ReqId>,
}

/// The way to whoever makes the callbacks.
#[derive(Debug, Default)]
pub(in crate::sim) struct HookQueue(Option<mpsc::Sender<HookJob>>);

/// The two ends of the queue.
pub(in crate::sim) fn jobs() -> (HookQueue, mpsc::Receiver<HookJob>) {
    let (sender, receiver) = mpsc::channel(JOBS_MAX);
    (HookQueue(Some(sender)), receiver)
}

impl HookQueue {
    /// Puts a callback into the queue. A full one refuses: those who are called are too slow.
    pub(in crate::sim) fn add(&self, job: HookJob) -> bool {
        let sender = self.0.as_ref();
        sender.is_some_and(|sender| sender.try_send(job).is_ok())
    }
}

/// Callbacks that wait: as many members as a test has at a time, each with a few messages.
const JOBS_MAX: usize = 4_096;
