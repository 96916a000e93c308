//! The gate: what is decided of a push before anything else happens. Who is refused costs no
//! download, no record and no turn.

use std::sync::Arc;

use super::intake::Candidate;
use super::notice::{self, Asked};
use super::{Core, event, spawn};
use crate::channel::command::{self, Asker, Request, authorise};
use crate::channel::exchange::Exchange;
use crate::channel::inbound::{Inbound, NotAMessage, Origin, whereabouts};
use crate::channel::mailbox::{Full, StopResult, TurnRoute};
use crate::channel::policy::{self, Verdict};
use crate::channel::routing::{self, RouteRefusal, binding_to_paste};
use crate::config::{Account, Config};
use crate::ids::{Chat, ChatKind, StreamId, UserId, generate};
use crate::store::NewMessage;
use crate::texts;
use crate::wecom::bot::{MessagePush, Push, PushFrame};

/// The rules in force while a batch of pushes is looked at.
pub(super) struct Gate<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) config: &'a Config,
    pub(super) settings: &'a Account,
    /// The exchange that brought what is looked at.
    pub(super) exchange: Exchange,
}

impl Gate<'_> {
    /// Notes how a message came.
    pub(super) fn brought(&self, inbound: Inbound) -> Inbound {
        Inbound {
            exchange: self.exchange.clone(),
            ..inbound
        }
    }
}

/// Applies the rules to one push. `Some`: it is to be recorded and answered.
pub(super) fn consider(gate: &Gate<'_>, frame: PushFrame) -> Option<Candidate> {
    match frame.push {
        Push::Message(push) => message(gate, &push, &frame.raw),
        Push::Event(push) => event::consider(gate, push, &frame.raw),
    }
}

fn message(gate: &Gate<'_>, push: &MessagePush, raw: &str) -> Option<Candidate> {
    match Inbound::from_push(&gate.core.id, push) {
        Ok(inbound) => message_of(gate, gate.brought(inbound), raw),
        Err(reason) => {
            drop_unusable(gate, push, reason);
            None
        }
    }
}

/// Applies the rules to a message, whichever way it came.
pub(super) fn message_of(gate: &Gate<'_>, inbound: Inbound, raw: &str) -> Option<Candidate> {
    if !admitted(gate, &inbound) {
        return None;
    }
    if asks_to_stop(gate, &inbound) {
        if is_first(gate, &inbound) {
            stop(gate.core, &inbound);
        }
        return None;
    }
    let route = routed(gate, &inbound)?;
    if !command_goes_on(gate, &inbound, &route) {
        return None;
    }
    queue(gate, inbound, route, raw)
}

/// Whether the gate lets the sender through; says why not where that is the rule.
pub(super) fn admitted(gate: &Gate<'_>, inbound: &Inbound) -> bool {
    let verdict = verdict(gate, &inbound.chat, &inbound.sender);
    if verdict == Verdict::Admit {
        return true;
    }
    gate.core.activity.refused();
    // Only a message can be answered by who is not let in.
    if verdict == Verdict::Pair && inbound.origin == Origin::Message {
        knock(gate, inbound);
    }
    false
}

/// Whether the gate lets somebody through who said nothing yet: nobody is told why not.
pub(super) fn may_speak(gate: &Gate<'_>, chat: &Chat, sender: &UserId) -> bool {
    verdict(gate, chat, sender) == Verdict::Admit
}

fn verdict(gate: &Gate<'_>, chat: &Chat, sender: &UserId) -> Verdict {
    let paired = || is_paired(gate, sender);
    let verdict = policy::admit(&gate.settings.access, chat, sender, paired);
    if let Verdict::Refuse(reason) = verdict
        && gate.core.refusals.pass((sender.clone(), reason))
    {
        tracing::info!(%chat, %sender, %reason, "a message was refused");
    }
    verdict
}

fn is_paired(gate: &Gate<'_>, sender: &UserId) -> bool {
    let pairings = &gate.core.shared.pairings;
    pairings.is_approved(&gate.core.id, sender)
}

/// Somebody unknown wrote: gives them a code to get access with.
fn knock(gate: &Gate<'_>, inbound: &Inbound) {
    let core = gate.core.clone();
    let (sender, asked) = (inbound.sender.clone(), Asked::of(inbound));
    let multi_account = gate.config.multi_account;
    spawn(gate.core, "pairing", async move {
        let pairings = &core.shared.pairings;
        let introduction = match pairings.knock(&core.id, &sender, multi_account).await {
            Ok(Some(introduction)) => introduction,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a request for access could not be kept"
                );
                return;
            }
        };
        // What is not delivered is sent again with the sender's next message.
        if let Err(error) = notice::tell(&core, asked, introduction.text.clone()).await {
            tracing::warn!(%sender, %error, "a pairing code was not taken");
            return;
        }
        tracing::info!(%sender, "an unknown sender was given a pairing code");
        if let Err(error) = introduction.delivered().await {
            tracing::warn!(%error, "a pairing code is not noted as sent");
        }
    });
}

/// Who answers it; says so where nobody does.
pub(super) fn routed(gate: &Gate<'_>, inbound: &Inbound) -> Option<TurnRoute> {
    match route(
        gate.config,
        gate.settings,
        inbound,
        is_paired(gate, &inbound.sender),
    ) {
        Ok(route) => Some(route),
        Err(refusal) => {
            let (core, chat) = (gate.core, &inbound.chat);
            if core.unrouted.pass(chat.clone()) {
                tracing::error!(%chat, %refusal, "a message was refused");
                let account = core.id.as_str();
                let text = match refusal {
                    RouteRefusal::BindingMissing { .. } => {
                        texts::access::binding_missing(account, &binding_to_paste(&core.id))
                    }
                    _ => texts::access::agent_unavailable(account),
                };
                notice::say(core, Asked::of(inbound), text);
            }
            None
        }
    }
}

/// Who answers a message that was accepted by an earlier process.
pub(super) fn route_again(core: &Core, inbound: &Inbound) -> Option<TurnRoute> {
    let paired = core.shared.pairings.is_approved(&core.id, &inbound.sender);
    route(&core.shared.config.get(), &core.settings(), inbound, paired).ok()
}

fn route(
    config: &Config,
    settings: &Account,
    inbound: &Inbound,
    paired: bool,
) -> Result<TurnRoute, RouteRefusal> {
    let route = routing::route(config, settings, &inbound.chat, &inbound.sender)?;
    let asker = Asker {
        sender: &inbound.sender,
        account: settings,
        access: &settings.access,
        paired,
    };
    // Directives inside a text need the same rights as any command that is not for all.
    let may_command = authorise(&Request::Status, asker, &config.commands).allowed;
    let resets = matches!(request_of(config, inbound), Request::NewSession { .. });
    Ok(TurnRoute {
        session: route.session,
        on_demand: route.dynamic,
        may_command,
        resets,
    })
}

fn request_of<'a>(config: &Config, inbound: &'a Inbound) -> Request<'a> {
    if inbound.own_words {
        command::recognise(&inbound.text, &[], config.commands.text)
    } else {
        Request::Text
    }
}

fn asks_to_stop(gate: &Gate<'_>, inbound: &Inbound) -> bool {
    request_of(gate.config, inbound) == Request::Abort
}

/// Answers commands of ours. Whether the message goes on to an agent.
fn command_goes_on(gate: &Gate<'_>, inbound: &Inbound, route: &TurnRoute) -> bool {
    let core = gate.core;
    let request = request_of(gate.config, inbound);
    let asker = Asker {
        sender: &inbound.sender,
        account: gate.settings,
        access: &gate.settings.access,
        paired: is_paired(gate, &inbound.sender),
    };
    let permission = authorise(&request, asker, &gate.config.commands);
    if !permission.allowed {
        let sender = &inbound.sender;
        tracing::info!(chat = %inbound.chat, %sender, rule = %permission.rule, "a command was refused");
        if is_first(gate, inbound) && core.forbidden.pass(sender.clone()) {
            let key = permission.rule.key(gate.config, gate.settings);
            let text = texts::access::command_refused(sender.as_str(), &key.unwrap_or_default());
            notice::say(core, Asked::of(inbound), text);
        }
        return false;
    }
    let text = match request {
        Request::Help => texts::access::help(&[]),
        Request::WhoAmI => {
            let chat = &inbound.chat;
            let group = (chat.kind == ChatKind::Group).then_some(chat.id.as_str());
            texts::access::who_am_i(inbound.sender.as_str(), group)
        }
        Request::Status => status(core, inbound, route),
        _ => return true,
    };
    if is_first(gate, inbound) {
        notice::say(core, Asked::of(inbound), text);
    }
    false
}

/// Whether this command did not come before. Messages for an agent are known by their record;
/// of commands there is none.
fn is_first(gate: &Gate<'_>, inbound: &Inbound) -> bool {
    let first = gate.core.obeyed.pass(inbound.message_id.clone());
    if !first {
        tracing::debug!(message = %inbound.message_id, "a repeated command was dropped");
    }
    first
}

fn status(core: &Core, inbound: &Inbound, route: &TurnRoute) -> String {
    let (running, waiting) = core.mailboxes.of_chat(&inbound.chat);
    texts::access::status(&texts::access::Status {
        agent: &route.session.agent,
        account: core.id.as_str(),
        connected: core.seat.is_up(),
        group: inbound.chat.kind == ChatKind::Group,
        running,
        waiting,
    })
}

/// Keeps a place for what was admitted. `None`: there is none, and the sender was told.
pub(super) fn queue(
    gate: &Gate<'_>,
    inbound: Inbound,
    route: TurnRoute,
    raw: &str,
) -> Option<Candidate> {
    let core = gate.core;
    match core.mailboxes.reserve(&inbound.chat) {
        Ok(slot) => {
            let now_ms = core.shared.clock.now_ms();
            let record = NewMessage {
                chat: inbound.chat.clone(),
                sender: inbound.sender.clone(),
                via: core.seat.via(),
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

fn drop_unusable(gate: &Gate<'_>, push: &MessagePush, reason: NotAMessage) {
    let envelope = &push.envelope;
    match reason {
        NotAMessage::UnknownType => {
            tracing::warn!(content = ?push.content, "a message of an unknown type was answered with a notice");
            if let Ok((chat, sender)) = whereabouts(&gate.core.id, envelope)
                && may_speak(gate, &chat, &sender)
            {
                let asked = Asked {
                    exchange: gate.exchange.clone(),
                    response_url: envelope.response_url.clone(),
                    ..Asked::message(chat, sender, envelope.req_id.clone())
                };
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
