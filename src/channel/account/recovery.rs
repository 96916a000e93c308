//! Takes up at start what an earlier process left open.

use std::sync::Arc;
use std::time::Duration;

use super::{Core, fetch, gate, worker};
use crate::channel::answer::Outgoing;
use crate::channel::mailbox::{Placed, Work};
use crate::channel::reply::Opened;
use crate::store::{InboxId, OpenMessage, Outcome, Stage};

/// WeCom takes replies to a message for 24 hours.
const REPLY_WINDOW: Duration = Duration::from_hours(24);

/// Puts every open message into its mailbox again, oldest first; closes what is too old.
pub(super) async fn take_up(core: &Arc<Core>) {
    let open = match core.shared.store.open_messages(&core.id).await {
        Ok(open) => open,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "open messages could not be read"
            );
            return;
        }
    };
    if !open.is_empty() {
        tracing::info!(account = %core.id, messages = open.len(), "taking up what was left open");
    }
    let own = |message: &OpenMessage| message.message.via == core.seat.via();
    for message in open.into_iter().filter(own) {
        let id = message.id;
        match revive(core, message).await {
            Ok(work) => {
                core.seat.revived(core, &work);
                let chat = work.inbound.chat.clone();
                if core.mailboxes.take_up(work) == Placed::NeedsWorker {
                    worker::start(core, chat);
                }
            }
            Err(reason) => give_up(core, id, reason).await,
        }
    }
}

async fn revive(core: &Arc<Core>, message: OpenMessage) -> Result<Work, &'static str> {
    let now_ms = core.shared.clock.now_ms();
    let older_than = |at_ms: i64, limit: Duration| {
        u128::try_from(now_ms.saturating_sub(at_ms)).is_ok_and(|age| age > limit.as_millis())
    };
    let OpenMessage {
        id,
        message: record,
        files,
        stage,
    } = message;
    if older_than(record.received_at_ms, REPLY_WINDOW) {
        return Err("WeCom takes no reply to it any more");
    }
    let opened = Opened::default();
    if stage != Stage::Recorded {
        // A placeholder may hang there.
        opened.mark();
    }
    let decided = match stage {
        Stage::Answered { answer } if older_than(answer.at_ms, core.settings().undelivered_ttl) => {
            return Err("its answer waited for the connection for too long");
        }
        Stage::Answered { answer } => Some(Outgoing::read(&answer.body)),
        Stage::Recorded | Stage::Started { .. } => None,
    };
    let inbound = core.seat.read(core, &record.payload).await;
    let inbound = inbound.ok_or("its record can't be read")?;
    let route = gate::route_again(core, &inbound)
        .ok_or("the configuration has no agent for it any more")?;
    let files = match files.as_deref().map(serde_json::from_str) {
        Some(Ok(fetched)) => crate::channel::files::Files::ready(fetched),
        _ => fetch::start(core, id, &inbound, record.received_at_ms),
    };
    Ok(Work {
        id,
        inbound,
        route,
        files,
        stream_id: record.stream_id,
        opened,
        received_at_ms: record.received_at_ms,
        begun: false,
        decided,
        until_over: None,
    })
}

async fn give_up(core: &Core, id: InboxId, reason: &'static str) {
    tracing::error!(account = %core.id, message = id.0, reason, "an open message was given up");
    let now_ms = core.shared.clock.now_ms();
    if let Err(error) = core.shared.store.close(id, Outcome::Expired, now_ms).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "could not close the message"
        );
    }
}
