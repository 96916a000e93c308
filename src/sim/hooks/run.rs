//! Makes the callbacks of the queue.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::call::{Calling, Reply};
use super::fault::{HookFaultKind, POLL};
use super::owner::HookOwner;
use super::queue::HookJob;
use crate::ids::{BotId, ReqId, StreamId};
use crate::sim::chat::SimChat;
use crate::sim::rules::Answered;
use crate::sim::shared::Shared;
use crate::task;

/// Makes the callbacks until the simulator stops. Those of one conversation begin in order:
/// each when the one before was answered, or had its head start.
pub(in crate::sim) async fn run(shared: Arc<Shared>, mut jobs: mpsc::Receiver<HookJob>) {
    let seats = Arc::new(Semaphore::new(CALLS_AT_A_TIME));
    let mut turns: HashMap<SimChat, CancellationToken> = HashMap::new();
    loop {
        let job = tokio::select! {
            () = shared.stop.cancelled() => return,
            job = jobs.recv() => job,
        };
        let Some(job) = job else { return };
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else {
            return;
        };
        let answered = CancellationToken::new();
        turns.retain(|_, turn| !turn.is_cancelled());
        let before = job.chat.clone();
        let before = before.and_then(|chat| turns.insert(chat, answered.clone()));
        let shared = Arc::clone(&shared);
        let tasks = shared.tasks.clone();
        task::spawn(&tasks, "sim-hook", async move {
            let making = async {
                let answered = answered.drop_guard();
                if let Some(before) = before {
                    // Whether it was answered or had its time is the same here.
                    let _ = tokio::time::timeout(HEAD_START, before.cancelled()).await;
                }
                let polling = make(&shared, &job).await;
                drop((answered, seat));
                if let Some(polling) = polling {
                    polling.go_on(&shared, &job).await;
                }
            };
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = making => {}
            }
        });
    }
}

/// A stream that is to be asked for.
struct Polling {
    bot: BotId,
    req_id: ReqId,
    stream: StreamId,
    interval: Duration,
}

/// Makes one callback.
async fn make(shared: &Shared, job: &HookJob) -> Option<Polling> {
    let calling = Calling {
        hook: &job.hook,
        owner: &job.owner,
        kind: &job.kind,
        user: job.user.clone(),
        plain: &job.plain,
    };
    let reply = calling.make(shared).await?;
    let (HookOwner::Bot(bot), Some(req_id)) = (&job.owner, &job.req_id) else {
        let answer = reply.message.as_str().map(str::to_owned);
        shared.hooks().end(reply.seq, answer, None);
        return None;
    };
    let interval = interval(shared, &reply.faults);
    let now_ms = shared.now();
    let acted = shared
        .world()
        .hook_answered(bot, req_id, None, &reply.message, now_ms);
    let answer = Some(reply.message.to_string());
    match acted {
        Ok(answered) => {
            shared.hooks().end(reply.seq, answer, None);
            match answered {
                Answered::Done => None,
                Answered::Poll(stream) => Some(Polling {
                    bot: bot.clone(),
                    req_id: req_id.clone(),
                    stream,
                    interval: interval?,
                }),
            }
        }
        Err(refusal) => {
            calling.fail(shared, reply.seq, answer, &refusal);
            None
        }
    }
}

impl Polling {
    /// Asks for the stream until it is complete, or its time is over.
    async fn go_on(&self, shared: &Shared, job: &HookJob) {
        loop {
            tokio::time::sleep(self.interval).await;
            let now_ms = shared.now();
            let poll = shared
                .world()
                .poll(&self.bot, &self.req_id, &self.stream, now_ms);
            let Some(poll) = poll else { return };
            let calling = Calling {
                hook: &poll.hook,
                owner: &job.owner,
                kind: POLL,
                user: job.user.clone(),
                plain: &poll.plain,
            };
            if let Some(reply) = calling.make(shared).await {
                self.take(shared, &calling, &reply);
            }
        }
    }

    fn take(&self, shared: &Shared, calling: &Calling<'_>, reply: &Reply) {
        let now_ms = shared.now();
        let stream = Some(&self.stream);
        let acted =
            shared
                .world()
                .hook_answered(&self.bot, &self.req_id, stream, &reply.message, now_ms);
        let answer = Some(reply.message.to_string());
        match acted {
            Ok(_) => shared.hooks().end(reply.seq, answer, None),
            Err(refusal) => calling.fail(shared, reply.seq, answer, &refusal),
        }
    }
}

/// How often a stream is asked for; `None` for never.
fn interval(shared: &Shared, faults: &[HookFaultKind]) -> Option<Duration> {
    if faults.contains(&HookFaultKind::NoPoll) {
        return None;
    }
    let slow = faults.iter().find_map(|fault| match fault {
        HookFaultKind::SlowPoll(ms) => Some(Duration::from_millis(*ms)),
        _ => None,
    });
    Some(slow.unwrap_or(shared.pace.poll_interval))
}

/// Callbacks under way at a time.
const CALLS_AT_A_TIME: usize = 256;
/// After it the next callback of a conversation begins, answered or not: longer than a
/// healthy receiver takes, and nothing to a stuck one.
const HEAD_START: Duration = Duration::from_millis(500);
