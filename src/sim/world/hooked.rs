//! Bots that are called: what is sealed for them, and what they answer.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::World;
use super::exchanges::Exchange;
use super::inject::draw;
use super::media::Media;
use super::responses::Response;
use crate::ids::{BotId, MediaId, MessageId, ReqId, StreamId};
use crate::sim::chat::SimChat;
use crate::sim::entry::EntryPart;
use crate::sim::hooks::{Hook, HookJob, HookOwner, HookQueue, POLL};
use crate::sim::injection::{Injection, Push};
use crate::sim::record::Violation;
use crate::sim::rules::{
    self, Answered, Asked, Content, HookReply, Opening, Picture, Refusal, StreamFrame,
};
use crate::sim::sim::SimError;

/// A poll that is due.
#[derive(Debug)]
pub(in crate::sim) struct Poll {
    /// Where it goes: a bot's address may have changed since the message.
    pub(in crate::sim) hook: Arc<Hook>,
    /// What is sealed.
    pub(in crate::sim) plain: String,
}

impl World {
    /// Sets where a bot is called, or that it is not.
    pub(in crate::sim) fn set_hook(
        &mut self,
        bot: &BotId,
        hook: Option<Arc<Hook>>,
    ) -> Result<(), SimError> {
        self.bot_mut(bot)?.hook = hook;
        self.directory_changed();
        Ok(())
    }

    /// Where a bot is called.
    pub(in crate::sim) fn hook_of(&self, bot: &BotId) -> Option<&Arc<Hook>> {
        self.bots.get(bot)?.hook.as_ref()
    }

    /// What is sealed for a bot that is called. Messages have no time of their own there,
    /// and may be answered later through an address.
    pub(super) fn callback(
        &mut self,
        injection: &Injection,
        chat: Option<&SimChat>,
        (msgid, req_id): (&MessageId, &ReqId),
        now_ms: i64,
    ) -> Arc<str> {
        let mut body = injection.body(msgid, now_ms);
        let can_respond = match &injection.push {
            Push::Message { .. } => {
                body.shift_remove("create_time");
                true
            }
            Push::Event { eventtype, .. } => eventtype == "template_card_event",
        };
        if let Some(chat) = chat.filter(|_| can_respond) {
            let url = self.responses.issue(Response {
                bot: injection.bot.clone(),
                chat: chat.clone(),
                msgid: msgid.clone(),
                req_id: req_id.clone(),
                at_ms: now_ms,
            });
            if !injection.omit.contains("response_url") {
                body.insert("response_url".to_owned(), json!(url));
            }
        }
        Value::Object(body).to_string().into()
    }

    /// Acts on the answer to a callback, or to the poll of a stream.
    pub(in crate::sim) fn hook_answered(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        polled: Option<&StreamId>,
        message: &Value,
        now_ms: i64,
    ) -> Result<Answered, Refusal> {
        let exchange = self.exchanges.get(req_id).ok_or_else(Refusal::req_id)?;
        let (opening, chat) = (exchange.opening.clone(), exchange.chat.clone());
        let asked = polled.map_or(Asked::Opening(&opening), Asked::Poll);
        let chat = || chat.ok_or_else(Refusal::req_id);
        match rules::answered(asked, message)? {
            HookReply::Nothing => return Ok(Answered::Done),
            HookReply::Stream {
                frame,
                pictures,
                card,
            } => return self.hook_stream(bot, req_id, frame, pictures, card, now_ms),
            HookReply::Card(card) => {
                self.attach(bot, req_id, card, now_ms)?;
            }
            HookReply::Welcome(content) => {
                self.welcome(bot, chat()?, req_id, content, now_ms)?;
            }
            HookReply::Update => {
                if let Opening::Card { task_id, card_type } = &opening {
                    self.replace_card(chat()?, task_id, card_type.as_deref(), message, now_ms)?;
                }
            }
        }
        self.answered(req_id);
        Ok(Answered::Done)
    }

    /// The next poll of a stream; `None` when it is complete or its time is over.
    pub(in crate::sim) fn poll(
        &self,
        bot: &BotId,
        req_id: &ReqId,
        stream: &StreamId,
        now_ms: i64,
    ) -> Option<Poll> {
        let exchange = self.exchanges.get(req_id)?;
        let window_ms = i64::try_from(self.settings.stream_window.as_millis()).ok()?;
        let is_open = !exchange.streams.get(stream)?.is_finished;
        if !is_open || now_ms - exchange.at_ms > window_ms {
            return None;
        }
        let message: Map<String, Value> = serde_json::from_str(&exchange.frame).ok()?;
        let mut body = Map::new();
        body.insert("msgid".to_owned(), json!(draw("CAIQ", now_ms)));
        for (name, value) in message {
            if matches!(name.as_str(), "aibotid" | "chatid" | "chattype" | "from") {
                body.insert(name, value);
            }
        }
        body.insert("msgtype".to_owned(), json!(POLL));
        body.insert(POLL.to_owned(), json!({ "id": stream }));
        Some(Poll {
            hook: Arc::clone(self.hook_of(bot)?),
            plain: Value::Object(body).to_string(),
        })
    }

    /// Remembers that whoever is called broke the protocol.
    pub(in crate::sim) fn hook_violated(
        &mut self,
        owner: &HookOwner,
        call: u64,
        kind: &str,
        reason: &str,
        now_ms: i64,
    ) {
        tracing::debug!(%owner, call, reason, "the answer to a callback broke the protocol");
        let bot = match owner {
            HookOwner::Bot(bot) => Some(bot.clone()),
            HookOwner::App(_) => None,
        };
        let violation = Violation {
            at: now_ms,
            connection: 0,
            call: Some(call),
            bot,
            cmd: Some(kind.to_owned()),
            req_id: None,
            reason: reason.to_owned(),
        };
        self.violations.push(1, violation);
    }

    /// Writes a frame of a stream, with what came with it.
    fn hook_stream(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        frame: StreamFrame,
        pictures: Vec<Picture>,
        card: Option<Content>,
        now_ms: i64,
    ) -> Result<Answered, Refusal> {
        let stream_id = frame.id.clone();
        self.write_stream(bot, req_id, frame, now_ms)?;
        let parts: Vec<EntryPart> = pictures
            .into_iter()
            .map(|picture| self.keep_picture(bot, picture, now_ms))
            .collect();
        let exchange = self.exchanges.get_mut(req_id);
        let stream = exchange.and_then(|exchange| exchange.streams.get_mut(&stream_id));
        let Some(stream) = stream else {
            return Err(Refusal::req_id());
        };
        let is_new = !std::mem::replace(&mut stream.is_polled, true);
        let is_open = !stream.is_finished;
        if !parts.is_empty() {
            let feed = &mut self.feed;
            self.conversations
                .change(stream.entry, now_ms, feed, |entry| entry.parts = parts);
        }
        if let Some(card) = card {
            self.attach(bot, req_id, card, now_ms)?;
        }
        Ok(if is_new && is_open {
            Answered::Poll(stream_id)
        } else {
            Answered::Done
        })
    }

    /// Shows a card that came with an answer: one to a message.
    fn attach(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        card: Content,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let chat = self.chat_to_answer(bot, req_id, rules::RESPOND, now_ms)?;
        let exchange = self.exchanges.get_mut(req_id);
        let exchange = exchange.ok_or_else(Refusal::req_id)?;
        if std::mem::replace(&mut exchange.has_card, true) {
            return Err(Refusal::parameter("a message is answered with one card"));
        }
        self.post(bot, chat, req_id, card, now_ms)?;
        Ok(())
    }

    fn keep_picture(&mut self, bot: &BotId, picture: Picture, now_ms: i64) -> EntryPart {
        let id = MediaId::new(draw("picture", now_ms));
        let media = Media {
            bot: Some(bot.clone()),
            kind: "image".to_owned(),
            name: format!("image.{}", picture.extension),
            data: picture.data,
            md5: None,
            at_ms: now_ms,
        };
        let shown = media.shown(id.clone());
        self.media.keep(id, media);
        EntryPart::Media(shown)
    }
}

impl HookQueue {
    /// Puts the callback of an exchange into the queue.
    pub(super) fn put(&self, hook: &Arc<Hook>, req_id: &ReqId, exchange: &Exchange) -> bool {
        self.add(HookJob {
            hook: Arc::clone(hook),
            owner: HookOwner::Bot(exchange.bot.clone()),
            chat: exchange.chat.clone(),
            kind: exchange.kind.clone(),
            user: exchange.from.clone(),
            plain: Arc::clone(&exchange.frame),
            req_id: Some(req_id.clone()),
        })
    }
}
