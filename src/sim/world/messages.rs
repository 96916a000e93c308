//! What a bot says: streams, messages, greetings and cards.

use std::time::Duration;

use serde_json::Value;

use super::World;
use super::commands::Answer;
use super::exchanges::Stream;
use crate::ids::{BotId, ReqId};
use crate::sim::chat::SimChat;
use crate::sim::entry::{Entry, EntryKind, Party};
use crate::sim::rules::{self, Content, Opening, Refusal, StreamChange, StreamFrame, StreamState};

impl World {
    /// Writes one frame of a stream.
    pub(super) fn write_stream(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        frame: StreamFrame,
        now_ms: i64,
    ) -> Answer {
        let chat = self.chat_to_answer(bot, req_id, rules::RESPOND, now_ms)?;
        let (expired_until, life) = self.stream_limits(bot);
        let seq = self.next_seq();
        let Some(exchange) = self.exchanges.get_mut(req_id) else {
            return Err(Refusal::req_id());
        };
        let known = exchange.streams.get(&frame.id).map(|stream| StreamState {
            age_ms: now_ms - stream.began_ms,
            is_expired: stream.seq <= expired_until,
            is_finished: stream.is_finished,
            text: stream.text,
        });
        let is_thinking = |text: &str| !frame.finish && !rules::has_visible_text(text);
        match rules::step(known, &frame, life)? {
            StreamChange::Nothing => {}
            StreamChange::Create => {
                let text = frame.content.unwrap_or_default();
                if !self
                    .conversations
                    .admit(&chat, self.settings.limits.messages, now_ms)
                {
                    return Err(Refusal::too_often());
                }
                let mut entry = Entry::new(chat, now_ms, Party::bot(bot), EntryKind::Stream);
                let fingerprint = rules::fingerprint(&text);
                entry.thinking = is_thinking(&text);
                entry.finished = frame.finish;
                entry.content = Some(text);
                entry.stream_id = Some(frame.id.clone());
                entry.req_id = Some(req_id.clone());
                entry.feedback_id = frame.feedback_id;
                let stream = Stream {
                    entry: self.conversations.add(entry, 0, &mut self.feed),
                    is_polled: false,
                    seq,
                    began_ms: now_ms,
                    is_finished: frame.finish,
                    text: fingerprint,
                };
                exchange.streams.insert(frame.id, stream);
            }
            StreamChange::Replace => {
                let Some(stream) = exchange.streams.get_mut(&frame.id) else {
                    return Err(Refusal::req_id());
                };
                stream.is_finished = frame.finish;
                if let Some(text) = &frame.content {
                    stream.text = rules::fingerprint(text);
                }
                let feed = &mut self.feed;
                self.conversations
                    .change(stream.entry, now_ms, feed, |entry| {
                        if let Some(text) = frame.content {
                            entry.content = Some(text);
                        }
                        entry.thinking = !frame.finish && !rules::has_visible_text(entry.text());
                        entry.finished = frame.finish;
                    });
            }
        }
        exchange.is_answered = true;
        Ok(None)
    }

    /// Adds a message of the bot to a conversation; returns the entry's number.
    pub(super) fn post(
        &mut self,
        bot: &BotId,
        chat: SimChat,
        req_id: &ReqId,
        content: Content,
        now_ms: i64,
    ) -> Result<u64, Refusal> {
        let mut entry = self.bubble(bot, chat, content, now_ms)?;
        entry.req_id = Some(req_id.clone());
        self.show(entry, now_ms)
    }

    /// Adds the bot's greeting to a conversation; returns the entry's number.
    pub(super) fn welcome(
        &mut self,
        bot: &BotId,
        chat: SimChat,
        req_id: &ReqId,
        content: Content,
        now_ms: i64,
    ) -> Result<u64, Refusal> {
        let mut entry = self.bubble(bot, chat, content, now_ms)?;
        entry.kind = EntryKind::Welcome;
        entry.req_id = Some(req_id.clone());
        self.show(entry, now_ms)
    }

    fn bubble(
        &self,
        bot: &BotId,
        chat: SimChat,
        content: Content,
        now_ms: i64,
    ) -> Result<Entry, Refusal> {
        let mut entry = Entry::new(chat, now_ms, Party::bot(bot), EntryKind::Text);
        match content {
            Content::Text(text) => entry.content = Some(text),
            Content::Markdown {
                content,
                feedback_id,
            } => {
                entry.kind = EntryKind::Markdown;
                entry.content = Some(content);
                entry.feedback_id = feedback_id;
            }
            Content::Card { card, feedback_id } => {
                entry.kind = EntryKind::TemplateCard;
                entry.card = Some(card);
                entry.feedback_id = feedback_id;
            }
            Content::Media(usage) => {
                let media = self
                    .media
                    .usable(bot, &usage.media_id, &usage.kind, now_ms)?;
                entry.kind = match usage.kind.as_str() {
                    "image" => EntryKind::Image,
                    "voice" => EntryKind::Voice,
                    "video" => EntryKind::Video,
                    _ => EntryKind::File,
                };
                entry.content = usage.title;
                entry.media = Some(media.shown(usage.media_id));
            }
        }
        Ok(entry)
    }

    /// Adds a bubble if the conversation's quota allows it.
    fn show(&mut self, entry: Entry, now_ms: i64) -> Result<u64, Refusal> {
        let quota = self.settings.limits.messages;
        if !self.conversations.admit(&entry.chat, quota, now_ms) {
            return Err(Refusal::too_often());
        }
        let card = entry.card.as_ref();
        let weight = card.map_or(0, |card| card.to_string().len());
        let task = card.and_then(rules::task_id).map(str::to_owned);
        let chat = entry.chat.clone();
        let number = self.conversations.add(entry, weight, &mut self.feed);
        if let Some(task) = task {
            self.remember_card(chat, task, number);
        }
        Ok(number)
    }

    /// Replaces a card, for everybody or for some.
    pub(super) fn update_card(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        body: &Value,
        now_ms: i64,
    ) -> Answer {
        let (Opening::Card { task_id, card_type }, Some(chat)) =
            self.may_answer(bot, req_id, rules::UPDATE, now_ms)?
        else {
            return Err(Refusal::req_id());
        };
        self.replace_card(chat, &task_id, card_type.as_deref(), body, now_ms)?;
        self.answered(req_id);
        Ok(None)
    }

    /// The same, for the card that an event is of.
    pub(super) fn replace_card(
        &mut self,
        chat: SimChat,
        task_id: &str,
        card_type: Option<&str>,
        body: &Value,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let update = rules::update(body, task_id, card_type)?;
        let known_users: Vec<String> = update
            .users
            .iter()
            .filter(|user| self.users.contains_key(&user.as_str().into()))
            .cloned()
            .collect();
        if let Some(number) = self.card_entries.get(&(chat, task_id.to_owned())) {
            let feed = &mut self.feed;
            self.conversations.change(*number, now_ms, feed, |entry| {
                if update.users.is_empty() {
                    entry.card = Some(update.card);
                    entry.card_copies.clear();
                } else {
                    for user in known_users {
                        entry.card_copies.insert(user, update.card.clone());
                    }
                }
            });
        }
        Ok(())
    }

    /// Up to which number a bot's streams are expired, and how long others live.
    fn stream_limits(&self, bot: &BotId) -> (u64, Duration) {
        let default = self.settings.stream_life;
        self.bots.get(bot).map_or((0, default), |bot| {
            let life = bot.faults.stream_life_ms.map(Duration::from_millis);
            (bot.expired_until, life.unwrap_or(default))
        })
    }

    pub(super) fn remember_card(&mut self, chat: SimChat, task: String, entry: u64) {
        let key = (chat, task);
        if self.card_entries.insert(key.clone(), entry).is_none()
            && let Some(oldest) = self.cards.push(1, key)
        {
            self.card_entries.remove(&oldest);
        }
    }
}
