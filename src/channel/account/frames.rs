//! What a bot is told, over its connection or its webhook.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::gate::{self, Gate};
use super::hook::merged;
use super::{Core, event, intake};
use crate::channel::cards;
use crate::channel::exchange::Exchange;
use crate::channel::inbound::Inbound;
use crate::failpoint;
use crate::wecom::bot::{Event, EventPush, Push, PushFrame};

/// Messages recorded in one go, at the most: while one batch becomes durable, the next one
/// gathers.
const MAX_BATCH: usize = 64;

/// Works off what a connection brings, until it is closed.
pub(super) async fn work_off(core: Arc<Core>, mut pushes: mpsc::Receiver<PushFrame>) {
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
            exchange: Exchange::default(),
        };
        let candidates = batch
            .drain(..)
            .filter_map(|frame| gate::consider(&gate, frame))
            .collect();
        intake::accept_all(&core, candidates).await;
    }
}

/// The message or event of a record; one that was made of several has a line for each.
pub(super) async fn read(core: &Core, payload: &str) -> Option<Inbound> {
    let lines: Vec<&str> = payload.lines().collect();
    if lines.len() > 1 && lines.iter().all(|line| PushFrame::parse(line).is_ok()) {
        let mut parts = Vec::with_capacity(lines.len());
        for line in lines {
            parts.extend(read_one(core, line).await);
        }
        return merged(parts);
    }
    read_one(core, payload).await
}

async fn read_one(core: &Core, payload: &str) -> Option<Inbound> {
    match PushFrame::parse(payload).ok()?.push {
        Push::Message(push) => Inbound::from_push(&core.id, &push).ok(),
        Push::Event(EventPush { envelope, event }) => {
            let text = match event {
                Event::TemplateCard(click) => {
                    let card = event::find_card(core, &click).await;
                    cards::event_text(&envelope, &click, card.as_ref())
                }
                Event::AuthChange { auth_list } => cards::auth_change_text(&envelope, &auth_list),
                _ => return None,
            };
            Inbound::from_event(&core.id, &envelope, text).ok()
        }
    }
}
