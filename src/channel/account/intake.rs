//! From what passed the gate to what waits in a mailbox: recorded first, then acknowledged,
//! then worked on.

use std::sync::Arc;

use super::notice::{self, Asked};
use super::{Core, event, fetch, worker};
use crate::channel::inbound::Inbound;
use crate::channel::mailbox::{Placed, Slot, TurnRoute, Work};
use crate::channel::reply::Opened;
use crate::failpoint;
use crate::store::{NewMessage, Recorded, StoreError};
use crate::texts;
use crate::wecom::bot::{CardEvent, Envelope};

/// Something that passed the rules and waits to become durable.
pub(super) struct Candidate {
    pub(super) inbound: Inbound,
    pub(super) route: TurnRoute,
    /// The click, where it is one: its text is still to be made.
    pub(super) click: Option<Click>,
    pub(super) record: NewMessage,
    pub(super) slot: Slot,
}

/// A click on a card.
#[derive(Debug, Clone)]
pub(super) struct Click {
    /// Who, where, when.
    pub(super) envelope: Envelope,
    /// What was pressed and chosen.
    pub(super) event: CardEvent,
}

/// What became of a candidate.
pub(super) enum Accepted {
    /// Durable now, and ours to answer.
    New(Box<(Work, Slot)>),
    /// It was recorded before.
    Repeated,
}

/// Writes down what clicks say to the agent; leaves out those that say nothing new.
pub(super) async fn resolve_clicks(core: &Arc<Core>, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut resolved = Vec::with_capacity(candidates.len());
    for mut candidate in candidates {
        let goes_on = match &candidate.click {
            Some(click) => event::resolve_click(core, &mut candidate.inbound, click).await,
            None => true,
        };
        if goes_on {
            resolved.push(candidate);
        }
    }
    resolved
}

/// Makes messages durable, all of them or none, and begins to fetch their files.
///
/// # Errors
/// Nothing is durable, and nobody was told.
pub(super) async fn record(
    core: &Arc<Core>,
    candidates: Vec<Candidate>,
) -> Result<Vec<Accepted>, (Vec<Candidate>, StoreError)> {
    let records = candidates
        .iter()
        .map(|candidate| candidate.record.clone())
        .collect();
    let recorded = match core.shared.store.record(records).await {
        Ok(recorded) => recorded,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                messages = candidates.len(),
                "messages could not be recorded and were refused"
            );
            return Err((candidates, error));
        }
    };
    failpoint::reach("recorded");
    let accepted = candidates.into_iter().zip(recorded);
    Ok(accepted
        .map(|(candidate, recorded)| accept(core, candidate, recorded))
        .collect())
}

fn accept(core: &Arc<Core>, candidate: Candidate, recorded: Recorded) -> Accepted {
    let Candidate {
        inbound,
        route,
        record,
        slot,
        ..
    } = candidate;
    let Recorded::New(id) = recorded else {
        tracing::debug!(message = %inbound.message_id, "a repeated message was dropped");
        return Accepted::Repeated;
    };
    let work = Work {
        id,
        files: fetch::start(core, id, &inbound, record.received_at_ms),
        inbound,
        route,
        stream_id: record.stream_id,
        opened: Opened::default(),
        received_at_ms: record.received_at_ms,
        begun: record.begins,
        decided: None,
        until_over: None,
    };
    Accepted::New(Box::new((work, slot)))
}

/// Puts recorded work into its mailbox.
pub(super) fn place(core: &Arc<Core>, work: Work, slot: Slot) {
    let waiting = work.clone();
    match slot.fill(work) {
        Placed::NeedsWorker => worker::start(core, waiting.inbound.chat),
        Placed::Waits => core.seat.tell_queued(core, &waiting),
    }
}

/// Accepts a batch and puts it into the mailboxes; who can't be served is told.
pub(super) async fn accept_all(core: &Arc<Core>, candidates: Vec<Candidate>) {
    let candidates = resolve_clicks(core, candidates).await;
    if candidates.is_empty() {
        return;
    }
    match record(core, candidates).await {
        Ok(accepted) => {
            for accepted in accepted {
                if let Accepted::New(new) = accepted {
                    let (work, slot) = *new;
                    place(core, work, slot);
                }
            }
        }
        Err((candidates, _)) => {
            for candidate in candidates {
                let asked = Asked::of(&candidate.inbound);
                notice::say(core, asked, texts::NOT_RECORDED.to_owned());
            }
        }
    }
}
