//! Works a chat's mailbox off, one message at a time.

use std::sync::Arc;

use tracing::Instrument;

use super::Core;
use super::outlet::SocketOutlet;
use crate::channel::inbound::Origin;
use crate::channel::mailbox::{Stop, Work};
use crate::channel::reply::{LateWay, Messenger, SocketReply, SocketReplySettings};
use crate::channel::turn::{self, TurnContext};
use crate::config::Account;
use crate::ids::Chat;
use crate::task;

/// Starts the one worker of a chat.
pub(super) fn start(core: &Arc<Core>, chat: Chat) {
    let core = core.clone();
    let tracker = core.tracker.clone();
    task::spawn(&tracker, "chat", async move {
        while let Some((work, stop)) = core.mailboxes.next(&chat) {
            let span = tracing::info_span!(
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
    let messenger = Messenger {
        client: core.client.clone(),
        chat: work.inbound.chat.clone(),
        budgets: core.budgets.clone(),
        patience: settings.undelivered_ttl,
        late: late_way(core, &settings, &work),
    };
    let session = work.route.session.clone();
    let agents = core.shared.agents.borrow().clone();
    let context = TurnContext {
        store: core.shared.store.clone(),
        clock: core.shared.clock.clone(),
        agent: agents.get(&session.agent, work.route.on_demand),
        outlet: Arc::new(SocketOutlet::new(core.clone(), messenger.clone(), session)),
        timeout: settings.turn_timeout,
        hard_stop: core.hard_stop.clone(),
    };
    let reply = SocketReply {
        messenger,
        req_id: work.inbound.req_id.clone(),
        stream_id: work.stream_id.clone(),
        opened: work.opened.clone(),
        settings: SocketReplySettings {
            stream: work.inbound.origin == Origin::Message,
            thinking: settings.send_thinking_message && work.decided.is_none(),
            handover: settings.stream_handover,
        },
        hard_stop: core.hard_stop.clone(),
    };
    turn::run(work, stop, Box::new(reply), &context).await;
    core.activity.outbound(core.shared.clock.now_ms());
    Ok(())
}

fn late_way(core: &Core, settings: &Account, work: &Work) -> Option<Arc<LateWay>> {
    let address = work.inbound.response_url.clone()?;
    Some(Arc::new(LateWay::new(
        core.ways.get().http.clone(),
        address,
        settings.network.api_base_url.clone(),
        work.received_at_ms,
        core.shared.clock.clone(),
    )))
}
