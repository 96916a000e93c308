//! The gate: what is decided of a push before anything else happens. Who is refused costs no
//! download, no record and no turn.

use std::sync::Arc;

use super::intake::Candidate;
use super::notice::{self, Asked};
use super::{Core, event};
use crate::channel::command::is_abort;
use crate::channel::inbound::{Inbound, NotAMessage, whereabouts};
use crate::channel::mailbox::{Full, StopResult, TurnRoute};
use crate::channel::policy::{self, Verdict};
use crate::config::{Account, Config};
use crate::ids::{Chat, StreamId, UserId, generate};
use crate::session::SessionKey;
use crate::store::NewMessage;
use crate::texts;
use crate::wecom::bot::{MessagePush, Push, PushFrame};

/// The rules in force while a batch of pushes is looked at.
pub(super) struct Gate<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) config: &'a Config,
    pub(super) settings: &'a Account,
}

/// Applies the rules to one push. `Some`: it is to be recorded and answered.
pub(super) fn consider(gate: &Gate<'_>, frame: PushFrame) -> Option<Candidate> {
    match frame.push {
        Push::Message(push) => message(gate, &push, &frame.raw),
        Push::Event(push) => event::consider(gate, push, &frame.raw),
    }
}

fn message(gate: &Gate<'_>, push: &MessagePush, raw: &str) -> Option<Candidate> {
    let core = gate.core;
    let inbound = match Inbound::from_push(&core.id, push) {
        Ok(inbound) => inbound,
        Err(reason) => {
            drop_unusable(gate, push, reason);
            return None;
        }
    };
    if !admitted(gate, &inbound) {
        return None;
    }
    if inbound.own_words && is_abort(&inbound.text) {
        stop(core, &inbound);
        return None;
    }
    queue(gate, inbound, raw)
}

/// Whether the gate lets the sender through; says why not where that is the rule.
pub(super) fn admitted(gate: &Gate<'_>, inbound: &Inbound) -> bool {
    match verdict(gate, &inbound.chat, &inbound.sender) {
        Verdict::Admit => true,
        Verdict::Refuse(_) => false,
        Verdict::Pair => {
            if gate.core.introductions.pass(inbound.sender.clone()) {
                tracing::info!(chat = %inbound.chat, sender = %inbound.sender, "an unknown sender was told how to get access");
                notice::say(
                    gate.core,
                    Asked::of(inbound),
                    texts::not_admitted(inbound.sender.as_str()),
                );
            }
            false
        }
    }
}

/// Whether the gate lets somebody through who said nothing yet: nobody is told why not.
pub(super) fn may_speak(gate: &Gate<'_>, chat: &Chat, sender: &UserId) -> bool {
    verdict(gate, chat, sender) == Verdict::Admit
}

fn verdict(gate: &Gate<'_>, chat: &Chat, sender: &UserId) -> Verdict {
    let verdict = policy::admit(&gate.settings.access, chat, sender, || false);
    if let Verdict::Refuse(reason) = verdict
        && gate.core.refusals.pass((sender.clone(), reason))
    {
        tracing::info!(%chat, %sender, %reason, "a message was refused");
    }
    verdict
}

/// Keeps a place for what was admitted. `None`: there is none, and the sender was told.
pub(super) fn queue(gate: &Gate<'_>, inbound: Inbound, raw: &str) -> Option<Candidate> {
    let core = gate.core;
    let route = TurnRoute {
        session: SessionKey::of_chat("main", &inbound.chat),
        on_demand: false,
        may_command: true,
        resets: false,
    };
    match core.mailboxes.reserve(&inbound.chat) {
        Ok(slot) => {
            let now_ms = core.shared.clock.now_ms();
            let record = NewMessage {
                chat: inbound.chat.clone(),
                message_id: inbound.message_id.clone(),
                req_id: inbound.req_id.clone(),
                stream_id: StreamId::new(generate("stream", now_ms)),
                payload: raw.to_owned(),
                received_at_ms: now_ms,
                begins: slot.is_next,
            };
            Some(Candidate {
                inbound,
                route,
                click: None,
                record,
                slot,
            })
        }
        Err(Full { tell }) => {
            tracing::debug!(chat = %inbound.chat, message = %inbound.message_id, "refused: the chat is full");
            if tell {
                tracing::warn!(chat = %inbound.chat, "the chat is full; messages are refused");
                notice::say(core, Asked::of(&inbound), texts::BUSY.to_owned());
            }
            None
        }
    }
}

/// Who answers a message that was accepted by an earlier process.
pub(super) fn route_again(core: &Core, inbound: &Inbound) -> Option<TurnRoute> {
    let _ = core;
    Some(TurnRoute {
        session: SessionKey::of_chat("main", &inbound.chat),
        on_demand: false,
        may_command: true,
        resets: false,
    })
}

fn drop_unusable(gate: &Gate<'_>, push: &MessagePush, reason: NotAMessage) {
    let envelope = &push.envelope;
    match reason {
        NotAMessage::UnknownType => {
            tracing::warn!(content = ?push.content, "a message of an unknown type was answered with a notice");
            if let Ok((chat, sender)) = whereabouts(&gate.core.id, envelope)
                && may_speak(gate, &chat, &sender)
            {
                let asked = Asked::message(chat, envelope.req_id.clone());
                notice::say(gate.core, asked, texts::UNKNOWN_TYPE.to_owned());
            }
        }
        NotAMessage::Empty => tracing::debug!("an empty message was dropped"),
        _ => tracing::warn!(%reason, req_id = %envelope.req_id, "a message was dropped"),
    }
}

fn stop(core: &Arc<Core>, inbound: &Inbound) {
    let result = core.mailboxes.stop(&inbound.chat, &inbound.sender);
    tracing::info!(chat = %inbound.chat, sender = %inbound.sender, ?result, "asked to stop");
    let text = match result {
        StopResult::Stopped => texts::STOP_DONE,
        StopResult::Nothing => texts::STOP_NOTHING,
    };
    notice::say(core, Asked::of(inbound), text.to_owned());
}
