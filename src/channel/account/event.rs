//! Events: what WeCom pushes that is not a message.

use std::sync::Arc;
use std::time::Duration;

use super::Core;
use super::gate::{self, Gate};
use super::intake::{Candidate, Click};
use super::notice::Asked;
use super::seat::CardChange;
use crate::channel::cards::{self, SentCard};
use crate::channel::inbound::{Inbound, whereabouts};
use crate::channel::questions::Claim;
use crate::ids::{Chat, ChatId, ChatKind};
use crate::wecom::bot::{CardEvent, Envelope, Event, EventPush};

/// WeCom takes answers to an event for 5 s; what is later is not worth sending.
pub(super) const EVENT_BUDGET: Duration = Duration::from_secs(4);

/// Deals with an event. `Some`: an agent is to be told.
pub(super) fn consider(gate: &Gate<'_>, push: EventPush, raw: &str) -> Option<Candidate> {
    let core = gate.core;
    let EventPush { envelope, event } = push;
    match event {
        Event::TemplateCard(click) => {
            let inbound = for_agent(gate, &envelope, String::new())?;
            clicked(
                gate,
                inbound,
                Click {
                    envelope,
                    event: click,
                },
                raw,
            )
        }
        Event::AuthChange { auth_list } => {
            tracing::info!(?auth_list, "document permissions of the bot changed");
            core.shared.bots.changed(&core.id);
            let text = cards::auth_change_text(&envelope, &auth_list);
            let inbound = for_agent(gate, &envelope, text)?;
            let route = gate::routed(gate, &inbound)?;
            gate::queue(gate, inbound, route, raw)
        }
        Event::EnterChat => {
            welcome(gate, envelope);
            None
        }
        Event::EnterCheckUpdate => {
            core.seat.tell_version(core, envelope);
            None
        }
        Event::Feedback(feedback) => {
            tracing::info!(feedback.id, rating = ?feedback.rating, reasons = ?feedback.reasons, "a reply was rated");
            None
        }
        // Only the events named above may cause anything: an event taken for a message
        // would start a turn for nobody.
        Event::Disconnected => None,
        Event::Unknown { event_type } => {
            tracing::info!(event = event_type, "an event was ignored");
            None
        }
    }
}

/// A click on a card, by a member who passed the gate.
pub(super) fn clicked(
    gate: &Gate<'_>,
    inbound: Inbound,
    click: Click,
    raw: &str,
) -> Option<Candidate> {
    let route = gate::routed(gate, &inbound)?;
    let mut candidate = gate::queue(gate, inbound, route, raw)?;
    candidate.click = Some(click);
    Some(candidate)
}

/// What an event says to the agent, if its member passes the gate.
fn for_agent(gate: &Gate<'_>, envelope: &Envelope, text: String) -> Option<Inbound> {
    match Inbound::from_event(&gate.core.id, envelope, text) {
        Ok(inbound) => {
            let inbound = gate.brought(inbound);
            gate::admitted(gate, &inbound).then_some(inbound)
        }
        Err(reason) => {
            tracing::warn!(%reason, req_id = %envelope.req_id, "an event was dropped");
            None
        }
    }
}

/// Looks the clicked card up, changes its clicker's copy within WeCom's 5 s, and writes down
/// what the agent is told. `false`: the agent is not to be told.
pub(super) async fn resolve_click(core: &Arc<Core>, inbound: &mut Inbound, click: &Click) -> bool {
    let Click { envelope, event } = click;
    let questions = &core.shared.questions;
    let claim = questions.claim(&core.id, &event.task_id, &inbound.sender, &event.event_key);
    if claim == Claim::NotTheirs {
        return false;
    }
    let card = find_card(core, event).await;
    inbound.text = cards::event_text(envelope, event, card.as_ref());
    let Some(card) = card else {
        if cards::is_inert(event) {
            return false;
        }
        tracing::info!(
            task_id = event.task_id,
            "a card was clicked that is not remembered"
        );
        return claim == Claim::None;
    };
    let update = cards::update(&card, event, &inbound.sender);
    if let Some(changed) = update.card {
        let change = CardChange {
            inbound,
            before: &card.card,
            click: event,
            card: changed,
        };
        core.seat.change_card(core, change);
    }
    if let Some(answer) = update.answer {
        let store = &core.shared.store;
        let kept = store.record_card_answer(
            &core.id,
            &event.task_id,
            &inbound.sender,
            answer.to_record(),
        );
        if let Err(error) = kept.await {
            tracing::warn!(%error, "what was answered on a card was not kept");
        }
    }
    update.route && claim == Claim::None
}

/// The card that was clicked, as it was sent.
pub(super) async fn find_card(core: &Core, click: &CardEvent) -> Option<SentCard> {
    let now_ms = core.shared.clock.now_ms();
    let store = &core.shared.store;
    let found = store.find_card(&core.id, &click.task_id, now_ms).await;
    let stored = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "a clicked card could not be looked up");
        None
    })?;
    SentCard::from_stored(stored)
}

fn welcome(gate: &Gate<'_>, envelope: Envelope) {
    let core = gate.core;
    let Some(text) = gate.settings.welcome_text.clone() else {
        return;
    };
    let Ok((_, sender)) = whereabouts(&core.id, &envelope) else {
        return;
    };
    let chat = Chat {
        account: core.id.clone(),
        kind: ChatKind::Direct,
        id: ChatId::new(sender.as_str()),
    };
    if !gate::may_speak(gate, &chat, &sender) {
        return;
    }
    let greeted = Asked {
        exchange: gate.exchange.clone(),
        ..Asked::event(chat, sender, envelope.req_id)
    };
    core.seat.welcome(core, greeted, text);
}
