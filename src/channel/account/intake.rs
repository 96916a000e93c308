//! Takes what WeCom pushes: decides, records, and hands over to the mailboxes.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::gate::{self, Gate};
use super::notice::{self, Asked};
use super::{Core, event, fetch, worker};
use crate::channel::inbound::Inbound;
use crate::channel::mailbox::{Placed, Slot, TurnRoute, Work};
use crate::channel::reply::Opened;
use crate::failpoint;
use crate::store::{NewMessage, Recorded};
use crate::texts;
use crate::wecom::bot::{CardEvent, Envelope, PushFrame};

/// Messages recorded in one go, at the most: while one batch becomes durable, the next one
/// gathers.
const MAX_BATCH: usize = 64;

/// Something that passed the rules and waits to become durable.
pub(super) struct Candidate {
    pub(super) inbound: Inbound,
    pub(super) route: TurnRoute,
    /// The click, where it is one: its text is still to be made.
    pub(super) click: Option<(Envelope, CardEvent)>,
    pub(super) record: NewMessage,
    pub(super) slot: Slot,
}

/// Works until the connection is closed.
pub(super) async fn run(core: Arc<Core>, mut pushes: mpsc::Receiver<PushFrame>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    // Cancel safe by not being cancelled: the channel ends with the connection.
    while pushes.recv_many(&mut batch, MAX_BATCH).await > 0 {
        failpoint::reach("received");
        core.activity.inbound(core.shared.clock.now_ms());
        let (config, settings) = (core.shared.config.get(), core.settings());
        let gate = Gate {
            core: &core,
            config: &config,
            settings: &settings,
        };
        let candidates: Vec<Candidate> = batch
            .drain(..)
            .filter_map(|frame| gate::consider(&gate, frame))
            .collect();
        let candidates = resolve_clicks(&core, candidates).await;
        if !candidates.is_empty() {
            accept(&core, candidates).await;
        }
    }
}

/// Writes down what clicks say to the agent; leaves out those that say nothing new.
async fn resolve_clicks(core: &Arc<Core>, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut resolved = Vec::with_capacity(candidates.len());
    for mut candidate in candidates {
        let goes_on = match &candidate.click {
            Some((envelope, click)) => {
                event::resolve_click(core, &mut candidate.inbound, envelope, click).await
            }
            None => true,
        };
        if goes_on {
            resolved.push(candidate);
        }
    }
    resolved
}

/// Makes messages durable, then puts them into their mailboxes.
async fn accept(core: &Arc<Core>, candidates: Vec<Candidate>) {
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
            for candidate in candidates {
                let asked = Asked::of(&candidate.inbound);
                notice::say(core, asked, texts::NOT_RECORDED.to_owned());
            }
            return;
        }
    };
    failpoint::reach("recorded");
    for (candidate, recorded) in candidates.into_iter().zip(recorded) {
        let Candidate {
            inbound,
            route,
            record,
            slot,
            ..
        } = candidate;
        let Recorded::New(id) = recorded else {
            tracing::debug!(message = %inbound.message_id, "a repeated push was dropped");
            continue;
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
        };
        let waiting = work.clone();
        match slot.fill(work) {
            Placed::NeedsWorker => worker::start(core, waiting.inbound.chat),
            Placed::Waits => notice::tell_queued(core, waiting),
        }
    }
}
