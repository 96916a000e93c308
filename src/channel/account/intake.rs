//! Takes what WeCom pushes: decides, records, and hands over to the mailboxes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Instrument;

use super::{Core, worker};
use crate::channel::command::is_abort;
use crate::channel::inbound::{Inbound, NotAMessage};
use crate::channel::mailbox::{Full, Placed, Slot, StopResult, Work};
use crate::channel::outbound::Priority;
use crate::channel::policy::{self, Verdict};
use crate::channel::reply::Opened;
use crate::config::Account;
use crate::failpoint;
use crate::ids::{Chat, ChatId, ChatKind, ReqId, StreamId, generate};
use crate::store::{NewMessage, Recorded, RouteVia};
use crate::task;
use crate::texts;
use crate::wecom::bot::{
    Command, Envelope, Event, EventPush, MessagePush, Push, PushFrame, StreamFrame, WelcomeBody,
};

/// Messages recorded in one go, at the most: while one batch becomes durable, the next one
/// gathers.
const MAX_BATCH: usize = 64;

/// WeCom takes a welcome for 5 s after the event; what is later is not worth sending.
const WELCOME_BUDGET: Duration = Duration::from_secs(4);

/// A message that passed the rules and waits to become durable.
struct Candidate {
    inbound: Inbound,
    record: NewMessage,
    slot: Slot,
}

/// Works until the connection is closed.
pub(super) async fn run(core: Arc<Core>, mut pushes: mpsc::Receiver<PushFrame>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    // Cancel safe by not being cancelled: the channel ends with the connection.
    while pushes.recv_many(&mut batch, MAX_BATCH).await > 0 {
        failpoint::reach("received");
        core.activity.inbound(core.shared.clock.now_ms());
        let settings = core.settings();
        let candidates: Vec<Candidate> = batch
            .drain(..)
            .filter_map(|frame| consider(&core, &settings, frame))
            .collect();
        if !candidates.is_empty() {
            accept(&core, candidates).await;
        }
    }
}

/// Applies the rules to one push. `Some`: it is a message to be answered.
fn consider(core: &Arc<Core>, settings: &Account, frame: PushFrame) -> Option<Candidate> {
    let PushFrame { push, raw } = frame;
    let message = match push {
        Push::Message(message) => message,
        Push::Event(event) => {
            handle_event(core, settings, event);
            return None;
        }
    };
    let inbound = match Inbound::from_push(&core.id, &message) {
        Ok(inbound) => inbound,
        Err(reason) => {
            drop_unusable(core, settings, &message, reason);
            return None;
        }
    };
    if !admitted(
        core,
        settings,
        &inbound.chat,
        &message.envelope,
        Some(&inbound.req_id),
    ) {
        return None;
    }
    if is_abort(&inbound.text) {
        stop(core, &inbound);
        return None;
    }
    match core.mailboxes.reserve(&inbound.chat) {
        Ok(slot) => {
            let now_ms = core.shared.clock.now_ms();
            let record = NewMessage {
                chat: inbound.chat.clone(),
                sender: inbound.sender.clone(),
                via: RouteVia::Bot,
                message_id: inbound.message_id.clone(),
                req_id: inbound.req_id.clone(),
                stream_id: StreamId::new(generate("stream", now_ms)),
                payload: raw.as_ref().to_owned(),
                received_at_ms: now_ms,
                begins: slot.is_next,
            };
            Some(Candidate {
                inbound,
                record,
                slot,
            })
        }
        Err(Full { tell }) => {
            tracing::debug!(chat = %inbound.chat, message = %inbound.message_id, "refused: the chat is full");
            if tell {
                tracing::warn!(chat = %inbound.chat, "the chat is full; messages are refused");
                say(core, inbound.chat, inbound.req_id, texts::BUSY.to_owned());
            }
            None
        }
    }
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
                let Inbound { chat, req_id, .. } = candidate.inbound;
                say(core, chat, req_id, texts::NOT_RECORDED.to_owned());
            }
            return;
        }
    };
    failpoint::reach("recorded");
    for (candidate, recorded) in candidates.into_iter().zip(recorded) {
        let Candidate {
            inbound,
            record,
            slot,
        } = candidate;
        let Recorded::New(id) = recorded else {
            tracing::debug!(message = %inbound.message_id, "a repeated push was dropped");
            continue;
        };
        let work = Work {
            id,
            inbound,
            stream_id: record.stream_id,
            opened: Opened::default(),
            begun: record.begins,
            decided: None,
        };
        let waiting = work.clone();
        match slot.fill(work) {
            Placed::NeedsWorker => worker::start(core, waiting.inbound.chat),
            Placed::Waits => tell_queued(core, waiting),
        }
    }
}

/// Whether the gate lets this sender through; says why not where that is the rule.
fn admitted(
    core: &Arc<Core>,
    settings: &Account,
    chat: &Chat,
    envelope: &Envelope,
    reply_to: Option<&ReqId>,
) -> bool {
    let Some(sender) = &envelope.sender else {
        return false;
    };
    match policy::admit(&settings.access, chat, sender, || false) {
        Verdict::Admit => true,
        Verdict::Refuse(reason) => {
            if core.refusals.pass((sender.clone(), reason)) {
                tracing::info!(%chat, %sender, %reason, "a message was refused");
            }
            false
        }
        Verdict::Pair => {
            if let Some(req_id) = reply_to
                && core.introductions.pass(sender.clone())
            {
                tracing::info!(%chat, %sender, "an unknown sender was told how to get access");
                say(
                    core,
                    chat.clone(),
                    req_id.clone(),
                    texts::not_admitted(sender.as_str()),
                );
            }
            false
        }
    }
}

fn drop_unusable(core: &Arc<Core>, settings: &Account, message: &MessagePush, reason: NotAMessage) {
    let envelope = &message.envelope;
    match (&envelope.sender, reason) {
        (Some(sender), NotAMessage::UnknownType) => {
            tracing::warn!(content = ?message.content, "a message of an unknown type was answered with a notice");
            let (kind, id) = match &envelope.chat_id {
                Some(chat) if envelope.chat_kind != Some(ChatKind::Direct) => {
                    (ChatKind::Group, chat.clone())
                }
                _ => (ChatKind::Direct, ChatId::new(sender.as_str())),
            };
            let chat = Chat {
                account: core.id.clone(),
                kind,
                id,
            };
            if admitted(core, settings, &chat, envelope, None) {
                say(
                    core,
                    chat,
                    envelope.req_id.clone(),
                    texts::UNKNOWN_TYPE.to_owned(),
                );
            }
        }
        (_, NotAMessage::Empty) => tracing::debug!("an empty message was dropped"),
        _ => tracing::warn!(%reason, req_id = %envelope.req_id, "a message was dropped"),
    }
}

fn handle_event(core: &Arc<Core>, settings: &Account, push: EventPush) {
    let EventPush { envelope, event } = push;
    match event {
        Event::EnterChat => welcome(core, settings, &envelope),
        Event::EnterCheckUpdate => {
            let client = core.client.clone();
            let command = Command::EnterCheck {
                req_id: envelope.req_id,
            };
            spawn(core, "enter check", async move {
                if let Err(error) = client.send(command).await {
                    tracing::debug!(%error, "the version was not taken");
                }
            });
        }
        Event::Feedback(feedback) => {
            tracing::info!(feedback.id, rating = ?feedback.rating, reasons = ?feedback.reasons, "a reply was rated");
        }
        Event::AuthChange { auth_list } => {
            tracing::info!(?auth_list, "document permissions of the bot changed");
            core.shared.bots.changed(&core.id);
        }
        // Only the events named above may cause anything: an event taken for a message
        // would start a turn for nobody.
        other => tracing::info!(event = event_name(&other), "an event was ignored"),
    }
}

fn event_name(event: &Event) -> &str {
    match event {
        Event::TemplateCard(_) => "template_card_event",
        Event::Unknown { event_type } => event_type,
        _ => "other",
    }
}

fn welcome(core: &Arc<Core>, settings: &Account, envelope: &Envelope) {
    let Some(text) = settings.welcome_text.clone() else {
        return;
    };
    let Some(sender) = &envelope.sender else {
        return;
    };
    let chat = Chat {
        account: core.id.clone(),
        kind: ChatKind::Direct,
        id: ChatId::new(sender.as_str()),
    };
    if !admitted(core, settings, &chat, envelope, None) {
        return;
    }
    let client = core.client.clone();
    let command = Command::Welcome {
        req_id: envelope.req_id.clone(),
        body: WelcomeBody::Text(text),
    };
    spawn(core, "welcome", async move {
        match tokio::time::timeout(WELCOME_BUDGET, client.send(command)).await {
            Ok(Ok(_)) => tracing::debug!(%chat, "welcomed"),
            Ok(Err(error)) => tracing::warn!(%chat, %error, "the welcome was not taken"),
            Err(_) => tracing::warn!(%chat, "the welcome was too late"),
        }
    });
}

fn stop(core: &Arc<Core>, inbound: &Inbound) {
    let result = core.mailboxes.stop(&inbound.chat, &inbound.sender);
    tracing::info!(chat = %inbound.chat, sender = %inbound.sender, ?result, "asked to stop");
    let text = match result {
        StopResult::Stopped => texts::STOP_DONE,
        StopResult::Nothing => texts::STOP_NOTHING,
    };
    say(
        core,
        inbound.chat.clone(),
        inbound.req_id.clone(),
        text.to_owned(),
    );
}

/// Opens the stream of a message that has to wait, so that its sender sees something.
fn tell_queued(core: &Arc<Core>, work: Work) {
    if core
        .budgets
        .take(&work.inbound.chat, Priority::Status)
        .is_err()
    {
        return;
    }
    work.opened.mark();
    let client = core.client.clone();
    let frame = StreamFrame {
        id: work.stream_id,
        finish: false,
        content: texts::QUEUED.to_owned(),
        feedback_id: None,
    };
    spawn(core, "queued notice", async move {
        if let Err(error) = client.update_stream(&work.inbound.req_id, frame).await {
            tracing::debug!(%error, "the queued notice was not taken");
        }
    });
}

/// Answers a message with one notice, if the conversation's budget has room for it.
fn say(core: &Arc<Core>, chat: Chat, req_id: ReqId, text: String) {
    if core.budgets.take(&chat, Priority::Status).is_err() {
        tracing::debug!(%chat, "no room for a notice");
        return;
    }
    let client = core.client.clone();
    let stream = StreamFrame {
        id: StreamId::new(generate("stream", core.shared.clock.now_ms())),
        finish: true,
        content: text,
        feedback_id: None,
    };
    spawn(core, "notice", async move {
        if let Err(error) = client.send(Command::RespondStream { req_id, stream }).await {
            tracing::warn!(%chat, %error, "a notice was not taken");
        }
    });
}

fn spawn(core: &Arc<Core>, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
    task::spawn(&core.tracker, name, future.in_current_span());
}
