//! Pushes: what people write and do becomes frames to a bot.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::World;
use super::exchanges::Exchange;
use super::unknown;
use crate::ids::{self, MessageId, ReqId, UserId};
use crate::sim::chat::SimChat;
use crate::sim::entry::{Entry, EntryKind, Party};
use crate::sim::injection::{Injected, Injection, Push};
use crate::sim::rules::Opening;
use crate::sim::sim::SimError;

impl World {
    /// Writes an injection down and pushes it.
    pub(in crate::sim) fn inject(
        &mut self,
        injection: &Injection,
        now_ms: i64,
    ) -> Result<Injected, SimError> {
        let chat = self.check(injection)?;
        let is_repeat = injection
            .msgid
            .as_ref()
            .is_some_and(|msgid| self.exchanges.of_message(msgid).is_some());
        let msgid: MessageId = injection
            .msgid
            .clone()
            .unwrap_or_else(|| draw("CAIQ", now_ms).into());
        let req_id: ReqId = injection
            .req_id
            .clone()
            .unwrap_or_else(|| draw("sv", now_ms).into());
        let frame: Arc<str> = injection.frame(&msgid, &req_id, now_ms).to_string().into();
        if let Some(chat) = &chat {
            if matches!(injection.push, Push::Message { .. }) {
                self.conversations.open(chat);
            }
            if let Push::Event { eventtype, detail } = &injection.push
                && eventtype == "feedback_event"
            {
                self.rated(chat, injection.from.as_ref(), detail.as_ref(), now_ms);
            }
            if !is_repeat {
                let mut entry = entry(injection, chat.clone(), now_ms);
                entry.msgid = Some(msgid.clone());
                entry.req_id = Some(req_id.clone());
                let extra = frame.len();
                self.conversations.add(entry, extra, &mut self.feed);
            }
        }
        let delivered = self.dispatch(injection, chat, (&msgid, &req_id), frame, now_ms);
        Ok(Injected {
            msgid,
            req_id,
            delivered,
        })
    }

    /// Begins the exchange of a push and pushes it.
    pub(super) fn dispatch(
        &mut self,
        injection: &Injection,
        chat: Option<SimChat>,
        (msgid, req_id): (&MessageId, &ReqId),
        frame: Arc<str>,
        now_ms: i64,
    ) -> bool {
        let is_called = self.hook_of(&injection.bot).is_some();
        let frame = if is_called {
            self.callback(injection, chat.as_ref(), (msgid, req_id), now_ms)
        } else {
            frame
        };
        let exchange = Exchange {
            seq: self.next_seq(),
            bot: injection.bot.clone(),
            chat,
            opening: opening(&injection.push),
            kind: kind(&injection.push).to_owned(),
            from: injection.from.clone(),
            at_ms: now_ms,
            frame,
            is_answered: false,
            has_card: false,
            streams: HashMap::new(),
        };
        self.exchanges.add(req_id.clone(), msgid.clone(), exchange);
        self.hand_over(req_id)
    }

    /// Pushes an exchange's frame, or calls the bot; says whether somebody took it.
    fn hand_over(&self, req_id: &ReqId) -> bool {
        let Some(exchange) = self.exchanges.get(req_id) else {
            return false;
        };
        match self.hook_of(&exchange.bot) {
            Some(hook) => self.hooks.put(hook, req_id, exchange),
            None => self.push(&exchange.bot, Arc::clone(&exchange.frame)),
        }
    }

    /// Notes a member's rating in the entry that it is for.
    fn rated(
        &mut self,
        chat: &SimChat,
        user: Option<&UserId>,
        detail: Option<&Value>,
        now_ms: i64,
    ) {
        let (Some(user), Some(detail)) = (user, detail) else {
            return;
        };
        let id = detail.get("id").and_then(Value::as_str);
        let number = self
            .conversations
            .entries(chat)
            .rfind(|entry| id.is_some() && entry.feedback_id.as_deref() == id)
            .map(|entry| entry.id);
        let Some(number) = number else {
            return;
        };
        let rating = detail.get("type").and_then(Value::as_u64);
        let feed = &mut self.feed;
        self.conversations.change(number, now_ms, feed, |entry| {
            match rating.filter(|rating| *rating != RATING_WITHDRAWN) {
                Some(rating) => entry.ratings.insert(user.to_string(), rating.into()),
                None => entry.ratings.shift_remove(user.as_str()),
            };
        });
    }

    /// Pushes the last frame of a message again.
    pub(in crate::sim) fn redeliver(&mut self, msgid: &MessageId) -> Result<bool, SimError> {
        let req_id = self.exchanges.req_id_of(msgid);
        let req_id = req_id.ok_or_else(|| unknown("message", msgid))?;
        Ok(self.hand_over(req_id))
    }

    /// Whether everybody concerned exists; the conversation that it belongs to.
    pub(super) fn check(&self, injection: &Injection) -> Result<Option<SimChat>, SimError> {
        let bot = &injection.bot;
        self.bot(bot)?;
        if let Some(user) = &injection.from {
            self.require_user(user)?;
        } else if matches!(injection.push, Push::Message { .. }) {
            return Err(SimError::Invalid(
                "a message needs a sender; `omit` leaves it out of the frame".to_owned(),
            ));
        }
        let Some(group_id) = &injection.group else {
            return Ok(injection
                .from
                .as_ref()
                .map(|user| SimChat::direct(bot.clone(), user.clone())));
        };
        let group = self.group(group_id)?;
        if !group.bots.contains(bot) {
            return Err(SimError::Invalid(format!("{bot} is not in {group_id}")));
        }
        if let Some(user) = injection
            .from
            .as_ref()
            .filter(|user| !group.members.contains(*user))
        {
            return Err(SimError::Invalid(format!("{user} is not in {group_id}")));
        }
        Ok(Some(SimChat::group(bot.clone(), group_id.clone())))
    }
}

/// Draws an id of the service: `<prefix><time><random>`.
pub(super) fn draw(prefix: &str, now_ms: i64) -> String {
    ids::generate(prefix, now_ms).replace('_', "-")
}

/// `msgtype`, or the name of the event.
fn kind(push: &Push) -> &str {
    match push {
        Push::Message { msgtype, .. } => msgtype,
        Push::Event { eventtype, .. } => eventtype,
    }
}

fn opening(push: &Push) -> Opening {
    let Push::Event { eventtype, detail } = push else {
        return Opening::Message;
    };
    match eventtype.as_str() {
        "enter_chat" => Opening::EnterChat,
        "enter_check_update" => Opening::VersionCheck,
        "template_card_event" => {
            let text = |key| detail.as_ref()?.get(key)?.as_str().map(str::to_owned);
            text("task_id").map_or(Opening::Other, |task_id| Opening::Card {
                task_id,
                card_type: text("card_type"),
            })
        }
        _ => Opening::Other,
    }
}

/// The entry of a push, as far as the push tells.
pub(super) fn entry(injection: &Injection, chat: SimChat, now_ms: i64) -> Entry {
    let from = injection
        .from
        .as_ref()
        .map_or_else(Party::system, Party::user);
    let (msgtype, content) = match &injection.push {
        Push::Event { eventtype, .. } => {
            let mut entry = Entry::new(chat, now_ms, from, EntryKind::Event);
            entry.content = Some(eventtype.clone());
            return entry;
        }
        Push::Message { msgtype, content } => (msgtype.as_str(), content),
    };
    let kind = match msgtype {
        "text" => EntryKind::Text,
        "image" => EntryKind::Image,
        "voice" => EntryKind::Voice,
        "file" => EntryKind::File,
        "video" => EntryKind::Video,
        "mixed" => EntryKind::Mixed,
        _ => EntryKind::Event,
    };
    let mut entry = Entry::new(chat, now_ms, from, kind);
    entry.content = match kind {
        EntryKind::Event => Some(msgtype.to_owned()),
        EntryKind::File => content
            .get("filename")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => content
            .get("content")
            .and_then(Value::as_str)
            .map(str::to_owned),
    };
    entry.mixed = (kind == EntryKind::Mixed).then(|| content.clone());
    entry.quote.clone_from(&injection.quote);
    entry
}

/// The `type` of a `feedback_event` that takes a rating back.
const RATING_WITHDRAWN: u64 = 3;
