//! What becomes of a callback before it is answered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::batch::{Waiting, work_of};
use super::conversation::{Arrival, BatchId, Flush, Key, Timer};
use super::{HookCallbacks, HookSeat, late_way, placeholder};
use crate::channel::account::gate::{self, Gate};
use crate::channel::account::intake::{self, Accepted, Candidate};
use crate::channel::account::{Core, spawn};
use crate::channel::exchange::{Exchange, Immediate};
use crate::channel::inbound::Origin;
use crate::channel::mailbox::{Slot, Work};
use crate::channel::polled::PolledStream;
use crate::failpoint;
use crate::ids::{BotId, MessageId, ReqId, StreamId, generate};
use crate::texts;
use crate::wecom::bot::{Content, Push, PushFrame};

/// How long an answer waits for what the gate has to say: it looks into the store at the
/// most. WeCom wants its answer within 5 s.
const GATE_TIME: Duration = Duration::from_secs(3);

/// Takes callbacks for one account.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) core: Arc<Core>,
    pub(super) seat: Arc<HookSeat>,
}

/// The last immediate answers, by message.
#[derive(Debug, Default)]
pub(super) struct Answered(Mutex<VecDeque<(MessageId, Value)>>);

impl Answered {
    /// Immediate answers that are remembered: WeCom asks again within seconds.
    const MAX: usize = 256;

    fn find(&self, message: &MessageId) -> Option<Value> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = answers.iter().find(|(id, _)| id == message);
        found.map(|(_, answer)| answer.clone())
    }

    fn note(&self, message: MessageId, answer: Value) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() == Self::MAX {
            answers.pop_front();
        }
        answers.push_back((message, answer));
    }
}

#[async_trait]
impl HookCallbacks for Intake {
    async fn receive(&self, callback: Map<String, Value>) -> Value {
        let core = &self.core;
        failpoint::reach("received");
        let now_ms = core.shared.clock.now_ms();
        core.activity.inbound(now_ms);
        let req_id = ReqId::new(generate("callback", now_ms));
        let frame = match PushFrame::of_callback(&callback, &req_id) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "a callback was dropped");
                return nothing();
            }
        };
        let envelope = match &frame.push {
            Push::Message(message) => {
                if let Content::Stream { id } = &message.content {
                    return self.asked(id, message.envelope.message_id.as_ref());
                }
                &message.envelope
            }
            Push::Event(event) => &event.envelope,
        };
        self.check_bot(envelope.bot_id.as_ref());
        if let Some(message) = &envelope.message_id {
            if let Some(stream) = self.seat.streams.of_message(message) {
                tracing::debug!(%message, "a repeated callback");
                return stream.answer(None);
            }
            if let Some(answer) = self.seat.answered.find(message) {
                return answer;
            }
        }
        let message = envelope.message_id.clone();
        let (exchange, answer) = Exchange::open();
        let candidate = {
            let (config, settings) = (core.shared.config.get(), core.settings());
            let gate = Gate {
                core,
                config: &config,
                settings: &settings,
                exchange,
            };
            gate::consider(&gate, frame)
        };
        match candidate {
            None => self.at_the_gate(message, answer).await,
            Some(candidate) if candidate.inbound.origin == Origin::Event => {
                self.event(candidate, answer).await
            }
            Some(candidate) => self.message(candidate).await,
        }
    }
}

impl Intake {
    /// WeCom asks for an answer.
    fn asked(&self, id: &StreamId, question: Option<&MessageId>) -> Value {
        if let Some(stream) = self.seat.streams.get(id) {
            return stream.answer(question);
        }
        tracing::info!(stream = %id, "a stream was asked for that is not known");
        let text = texts::webhook::NO_LONGER_HERE.to_owned();
        PolledStream::finished(id.clone(), text).answer(None)
    }

    /// The signature proves who calls; another bot's name in it is a mistake in the console.
    fn check_bot(&self, bot: Option<&BotId>) {
        let settings = self.core.settings();
        let own = settings.bot_webhook.as_ref();
        let own = own.and_then(|webhook| webhook.bot_id.as_ref());
        if let (Some(own), Some(bot)) = (own, bot)
            && own != bot
            && self.core.other_bots.pass(bot.clone())
        {
            tracing::error!(account = %self.core.id, %own, %bot, "a callback names another bot than `botId`");
        }
    }

    /// What did not pass the gate is answered with what the gate says of it, if anything.
    async fn at_the_gate(
        &self,
        message: Option<MessageId>,
        answer: oneshot::Receiver<Immediate>,
    ) -> Value {
        match tokio::time::timeout(GATE_TIME, answer).await {
            Ok(Ok(Immediate::Notice(text))) => self.notice(message, text),
            Ok(Ok(Immediate::Welcome(text))) => {
                json!({ "msgtype": "text", "text": { "content": text } })
            }
            Ok(Ok(Immediate::Card(update))) => update,
            Ok(Err(_)) | Err(_) => nothing(),
        }
    }

    /// A text that says all there is to say. Asked again, WeCom gets the same.
    fn notice(&self, message: Option<MessageId>, text: String) -> Value {
        let id = StreamId::new(generate("stream", self.core.shared.clock.now_ms()));
        let stream = PolledStream::finished(id, text);
        let answer = stream.answer(None);
        if let Some(message) = message {
            self.seat.streams.keep(stream, message);
        }
        answer
    }

    /// A click: recorded, and answered with the changed card.
    async fn event(&self, candidate: Candidate, mut answer: oneshot::Receiver<Immediate>) -> Value {
        let core = &self.core;
        let message = candidate.inbound.message_id.clone();
        let candidates = intake::resolve_clicks(core, vec![candidate]).await;
        let answer = match answer.try_recv() {
            Ok(Immediate::Card(update)) => update,
            _ => nothing(),
        };
        match intake::record(core, candidates).await {
            Ok(accepted) => {
                self.seat.answered.note(message, answer.clone());
                for accepted in accepted {
                    if let Accepted::New(new) = accepted {
                        let (work, slot) = *new;
                        intake::place(core, work, slot);
                    }
                }
                answer
            }
            // The card must not look as if the press had counted.
            Err(_) => nothing(),
        }
    }

    async fn message(&self, candidate: Candidate) -> Value {
        let (core, seat) = (&self.core, &self.seat);
        let inbound = candidate.inbound.clone();
        let message = Some(inbound.message_id.clone());
        let key = Key {
            sender: inbound.sender.clone(),
            chat: inbound.chat.clone(),
        };
        if !seat.conversations().has_room(&key, inbound.text.len()) {
            return self.notice(message, texts::webhook::TOO_MANY_MERGED.to_owned());
        }
        let (payload, at) = (
            candidate.record.payload.clone(),
            candidate.record.received_at_ms,
        );
        // The answer to it must be there before it is acknowledged.
        let stream_id = candidate.record.stream_id.clone();
        let placeholder = placeholder(&core.settings());
        let stream = seat.open_stream(core, stream_id, &inbound, placeholder, at);
        let Some(stream) = stream else {
            return self.notice(message, texts::BUSY.to_owned());
        };
        let Ok(accepted) = intake::record(core, vec![candidate]).await else {
            // Not kept: sent again, it may find a better hour.
            seat.streams.forget(&stream.id);
            let refused = texts::NOT_RECORDED.to_owned();
            return PolledStream::finished(stream.id.clone(), refused).answer(None);
        };
        if let Some(Accepted::New(new)) = accepted.into_iter().next() {
            let (work, slot) = *new;
            self.arrived(key, work, slot, payload, &stream)
        } else {
            // Known from before a restart, and answered.
            seat.streams.forget(&stream.id);
            nothing()
        }
    }

    /// A recorded message joins its conversation.
    fn arrived(
        &self,
        key: Key,
        work: Work,
        slot: Slot,
        payload: String,
        stream: &Arc<PolledStream>,
    ) -> Value {
        let text_bytes = work.inbound.text.len();
        let waiting = Waiting {
            work,
            slot,
            payload,
        };
        let arrival = self.seat.conversations().arrive(&key, waiting, text_bytes);
        let timer = match arrival {
            Arrival::First(timer) => timer,
            Arrival::Queued(timer) => {
                stream.wait_with(texts::QUEUED);
                timer
            }
            Arrival::Merged(timer) => {
                stream.wait_with(texts::webhook::MERGED);
                stream.part_with(texts::webhook::STILL_HANDLED);
                timer
            }
        };
        self.begin_timer(key, timer);
        stream.answer(None)
    }

    fn begin_timer(&self, key: Key, timer: Timer) {
        let (core, seat) = (self.core.clone(), self.seat.clone());
        let settings = core.settings();
        let webhook = settings.bot_webhook.as_ref();
        let debounce = webhook.map_or(Duration::ZERO, |webhook| webhook.debounce);
        spawn(&self.core, "debounce", async move {
            tokio::select! {
                () = tokio::time::sleep(debounce) => {}
                // What is recorded is taken up at the next start.
                () = core.soft_stop.cancelled() => return,
            }
            let flush = seat.conversations().timer_over(&key, timer);
            if let Some(flush) = flush {
                flush_out(core, seat, key, flush).await;
            }
        });
    }
}

/// Hands a batch over to its chat's mailbox.
async fn flush_out(core: Arc<Core>, seat: Arc<HookSeat>, key: Key, flush: Flush<Waiting>) {
    let Flush { batch, messages } = flush;
    let payloads: Vec<&str> = messages
        .iter()
        .map(|waiting| waiting.payload.as_str())
        .collect();
    let payload = payloads.join("\n");
    let mut others = Vec::with_capacity(messages.len());
    let mut slots = Vec::with_capacity(messages.len());
    let mut works = Vec::with_capacity(messages.len());
    for Waiting { work, slot, .. } in messages {
        others.push((work.id, work.stream_id.clone()));
        slots.push(slot);
        works.push(work);
    }
    others.remove(0);
    let slot = slots.swap_remove(0);
    if !others.is_empty() {
        let ids = others.iter().map(|(id, _)| *id).collect();
        let first = works.first().map(|work| work.id);
        let now_ms = core.shared.clock.now_ms();
        if let Some(first) = first
            && let Err(error) = core.shared.store.merge(first, payload, ids, now_ms).await
        {
            // After a crash they would be answered one by one.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "messages could not be recorded as one"
            );
        }
    }
    let over = Over {
        core: Arc::downgrade(&core),
        seat: Arc::downgrade(&seat),
        key,
        batch,
        joined: others.into_iter().map(|(_, stream)| stream).collect(),
    };
    let stream = works
        .first()
        .and_then(|work| seat.streams.get(&work.stream_id));
    for work in works.iter().skip(1) {
        let late = work.inbound.response_url.clone();
        let late = late.map(|url| late_way(&core, url, work.received_at_ms));
        if let (Some(stream), Some(late)) = (&stream, late) {
            stream.add_response(late);
        }
    }
    let Some(mut work) = work_of(works) else {
        return;
    };
    work.until_over = Some(Arc::new(over));
    intake::place(&core, work, slot);
}

/// Ends a batch when its turn is over, however that ends.
struct Over {
    core: Weak<Core>,
    seat: Weak<HookSeat>,
    key: Key,
    batch: BatchId,
    /// The streams of the messages that joined it.
    joined: Vec<StreamId>,
}

impl Drop for Over {
    fn drop(&mut self) {
        let (Some(core), Some(seat)) = (self.core.upgrade(), self.seat.upgrade()) else {
            return;
        };
        if core.soft_stop.is_cancelled() {
            // The next start begins with what is recorded.
            return;
        }
        for id in &self.joined {
            if let Some(stream) = seat.streams.get(id) {
                stream.finish(texts::webhook::ANSWERED_TOGETHER.to_owned());
            }
        }
        let flush = seat.conversations().ended(&self.key, self.batch);
        if let Some(flush) = flush {
            let (key, of) = (self.key.clone(), core.clone());
            spawn(&of, "batch", flush_out(core, seat, key, flush));
        }
    }
}

fn nothing() -> Value {
    json!({})
}
