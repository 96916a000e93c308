//! Works a chat's mailbox off, one message at a time.

use std::sync::Arc;

use tracing::Instrument;

use super::seat::Answering;
use super::{Core, spawn};
use crate::channel::mailbox::{Stop, Work};
use crate::channel::turn::{self, TurnContext};
use crate::ids::Chat;
use crate::task;

/// Starts the one worker of a chat.
pub(super) fn start(core: &Arc<Core>, chat: Chat) {
    let core = core.clone();
    let tracker = core.tracker.clone();
    task::spawn(&tracker, "chat", async move {
        while let Some((work, stop)) = core.mailboxes.next(&chat) {
            // Not below whatever began the worker: it works on what came later too.
            let span = tracing::info_span!(
                parent: None,
                "message",
                account = %core.id,
                chat = %work.inbound.chat.id,
                message = %work.inbound.message_id,
                req_id = %work.inbound.req_id,
            );
            let unstarted = answer(&core, work, stop).instrument(span).await.err();
            if core.soft_stop.is_cancelled() {
                // What waits is left to the next start.
                core.mailboxes.leave(&chat, unstarted);
                break;
            }
        }
    });
}

/// Answers a message, or gives it back if the account stops before the turn could begin.
async fn answer(core: &Arc<Core>, work: Work, stop: Stop) -> Result<(), Work> {
    let permit = tokio::select! {
        biased;
        () = core.soft_stop.cancelled() => return Err(work),
        permit = core.shared.turns.acquire() => permit,
    };
    // The semaphore is never closed.
    let Ok(_permit) = permit else {
        return Err(work);
    };
    let _turn = core.activity.begin_turn();
    let settings = core.settings();
    let _until_over = work.until_over.clone();
    let session = work.route.session.clone();
    let agents = core.shared.agents.borrow().clone();
    let Answering { reply, outlet } = core.seat.answering(core, &settings, &work);
    let context = TurnContext {
        store: core.shared.store.clone(),
        clock: core.shared.clock.clone(),
        agent: agents.get(&session.agent, work.route.on_demand),
        outlet,
        via: core.seat.via(),
        questions: core.shared.questions.clone(),
        timeout: settings.turn_timeout,
        hard_stop: core.hard_stop.clone(),
    };
    let closing = turn::run(work, stop, reply, &context).await;
    core.activity.outbound(core.shared.clock.now_ms());
    if let Some(closing) = closing {
        spawn(core, "delivery", closing);
    }
    Ok(())
}
