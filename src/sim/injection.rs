//! What a test or a person at the chat page lets the service push to a bot.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::ids::{BotId, ChatId, MessageId, ReqId, UserId};

/// A message or event to be pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct Injection {
    /// The bot that gets it.
    pub bot: BotId,
    /// Who sent or caused it. A message needs one; some events have none.
    pub from: Option<UserId>,
    /// The group, unless it is a direct chat.
    pub group: Option<ChatId>,
    /// What is pushed.
    pub push: Push,
    /// What the person quoted, as in the frame.
    pub quote: Option<Value>,
    /// The push's id; repeats of a push have the same. Drawn when absent.
    pub msgid: Option<MessageId>,
    /// The id that replies use. Drawn when absent.
    pub req_id: Option<ReqId>,
    /// Keys of the frame's body to leave out, for example `from` or `msgid`.
    pub omit: BTreeSet<String>,
}

/// The kinds of pushes.
#[derive(Debug, Clone, PartialEq)]
pub enum Push {
    /// A person's message.
    Message {
        /// `msgtype`, for example `text`.
        msgtype: String,
        /// The object of that name, for example `{"content": "hello"}`.
        content: Value,
    },
    /// An event.
    Event {
        /// `eventtype`, for example `enter_chat`.
        eventtype: String,
        /// The object of that name, where the event has one.
        detail: Option<Value>,
    },
}

/// What became of an injection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Injected {
    /// The push's id.
    pub msgid: MessageId,
    /// The id that replies use.
    pub req_id: ReqId,
    /// Whether it was handed to a subscribed connection.
    pub delivered: bool,
}

/// A raw WebSocket message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawFrame {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
}

impl From<&str> for RawFrame {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for RawFrame {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for RawFrame {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl Injection {
    /// A text of `from` to `bot`, in their direct chat.
    pub fn text(bot: impl Into<BotId>, from: impl Into<UserId>, content: &str) -> Self {
        Self::message(bot, from, "text", json!({ "content": content }))
    }

    /// A message of any type.
    pub fn message(
        bot: impl Into<BotId>,
        from: impl Into<UserId>,
        msgtype: &str,
        content: Value,
    ) -> Self {
        Self::new(
            bot.into(),
            Some(from.into()),
            Push::Message {
                msgtype: msgtype.to_owned(),
                content,
            },
        )
    }

    /// An event that `from` caused.
    pub fn event(bot: impl Into<BotId>, from: impl Into<UserId>, eventtype: &str) -> Self {
        Self::new(
            bot.into(),
            Some(from.into()),
            Push::Event {
                eventtype: eventtype.to_owned(),
                detail: None,
            },
        )
    }

    /// An event that nobody caused.
    pub fn service_event(bot: impl Into<BotId>, eventtype: &str) -> Self {
        Self::new(
            bot.into(),
            None,
            Push::Event {
                eventtype: eventtype.to_owned(),
                detail: None,
            },
        )
    }

    fn new(bot: BotId, from: Option<UserId>, push: Push) -> Self {
        Self {
            bot,
            from,
            group: None,
            push,
            quote: None,
            msgid: None,
            req_id: None,
            omit: BTreeSet::new(),
        }
    }

    /// The same in a group.
    #[must_use]
    pub fn in_group(mut self, group: impl Into<ChatId>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The same with the object of the event's type.
    #[must_use]
    pub fn with_detail(mut self, value: Value) -> Self {
        if let Push::Event { detail, .. } = &mut self.push {
            *detail = Some(value);
        }
        self
    }

    /// The same, quoting something.
    #[must_use]
    pub fn with_quote(mut self, quote: Value) -> Self {
        self.quote = Some(quote);
        self
    }

    /// The same under a given `msgid`.
    #[must_use]
    pub fn with_msgid(mut self, msgid: impl Into<MessageId>) -> Self {
        self.msgid = Some(msgid.into());
        self
    }

    /// The same under a given `req_id`.
    #[must_use]
    pub fn with_req_id(mut self, req_id: impl Into<ReqId>) -> Self {
        self.req_id = Some(req_id.into());
        self
    }

    /// The same without one key of the frame's body.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.omit.insert(key.to_owned());
        self
    }

    /// The frame as it goes over the wire.
    pub(super) fn frame(&self, msgid: &MessageId, req_id: &ReqId, now_ms: i64) -> Value {
        let cmd = match &self.push {
            Push::Message { .. } => "aibot_msg_callback",
            Push::Event { .. } => "aibot_event_callback",
        };
        let body = self.body(msgid, now_ms);
        json!({ "cmd": cmd, "headers": { "req_id": req_id }, "body": body })
    }

    /// The frame's body.
    pub(super) fn body(&self, msgid: &MessageId, now_ms: i64) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("msgid".to_owned(), json!(msgid));
        body.insert("create_time".to_owned(), json!(now_ms / 1_000));
        body.insert("aibotid".to_owned(), json!(self.bot));
        let is_auth_change = matches!(
            &self.push,
            Push::Event { eventtype, .. } if eventtype == AUTH_CHANGE
        );
        if let Some(group) = self.group.as_ref().filter(|_| !is_auth_change) {
            body.insert("chatid".to_owned(), json!(group));
        }
        if self.from.is_some() || self.group.is_some() {
            let kind = if self.group.is_some() {
                "group"
            } else {
                "single"
            };
            body.insert("chattype".to_owned(), json!(kind));
        }
        if let Some(from) = &self.from {
            // This event alone names its group beside its sender.
            let group = self.group.as_ref().filter(|_| is_auth_change);
            let from = match group {
                Some(group) => json!({ "userid": from, "chat_id": group }),
                None => json!({ "userid": from }),
            };
            body.insert("from".to_owned(), from);
        }
        match &self.push {
            Push::Message { msgtype, content } => {
                body.insert("msgtype".to_owned(), json!(msgtype));
                body.insert(msgtype.clone(), content.clone());
            }
            Push::Event { eventtype, detail } => {
                let mut event = Map::new();
                event.insert("eventtype".to_owned(), json!(eventtype));
                if let Some(detail) = detail {
                    event.insert(eventtype.clone(), detail.clone());
                }
                body.insert("msgtype".to_owned(), json!("event"));
                body.insert("event".to_owned(), Value::Object(event));
            }
        }
        if let Some(quote) = &self.quote {
            body.insert("quote".to_owned(), quote.clone());
        }
        for key in &self.omit {
            body.shift_remove(key);
        }
        body
    }
}

/// The permissions that a member gave the bot have changed.
pub(super) const AUTH_CHANGE: &str = "auth_change_event";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_message_has_the_whole_envelope() {
        let frame = Injection::text("aib", "LiSi", "@Bot hi")
            .in_group("wrG")
            .with_quote(json!({ "msgtype": "text", "text": { "content": "old" } }))
            .frame(&"M1".into(), &"R1".into(), 1_767_225_600_999);
        assert_eq!(
            frame,
            json!({ "cmd": "aibot_msg_callback", "headers": { "req_id": "R1" }, "body": {
                "msgid": "M1", "create_time": 1_767_225_600, "aibotid": "aib",
                "chatid": "wrG", "chattype": "group", "from": { "userid": "LiSi" },
                "msgtype": "text", "text": { "content": "@Bot hi" },
                "quote": { "msgtype": "text", "text": { "content": "old" } } } })
        );
    }

    #[test]
    fn a_service_event_has_neither_sender_nor_chat() {
        let frame = Injection::service_event("aib", "enter_check_update").frame(
            &"M1".into(),
            &"R1".into(),
            1_000,
        );
        assert_eq!(
            frame,
            json!({ "cmd": "aibot_event_callback", "headers": { "req_id": "R1" }, "body": {
                "msgid": "M1", "create_time": 1, "aibotid": "aib", "msgtype": "event",
                "event": { "eventtype": "enter_check_update" } } })
        );
    }

    #[test]
    fn a_change_of_permissions_names_its_group_beside_its_sender() {
        let frame = Injection::event("aib", "LiSi", AUTH_CHANGE)
            .in_group("wrG")
            .with_detail(json!({ "auth_list": [1, 2] }))
            .frame(&"M1".into(), &"R1".into(), 1_000);
        assert_eq!(
            frame["body"],
            json!({ "msgid": "M1", "create_time": 1, "aibotid": "aib", "chattype": "group",
                "from": { "userid": "LiSi", "chat_id": "wrG" }, "msgtype": "event",
                "event": { "eventtype": "auth_change_event",
                    "auth_change_event": { "auth_list": [1, 2] } } })
        );
    }

    #[test]
    fn keys_can_be_left_out_and_details_added() {
        let frame = Injection::event("aib", "LiSi", "feedback_event")
            .with_detail(json!({ "id": "fb", "type": 2 }))
            .without("from")
            .frame(&"M1".into(), &"R1".into(), 0);
        assert_eq!(frame.pointer("/body/from"), None);
        assert_eq!(
            frame.pointer("/body/event"),
            Some(&json!({ "eventtype": "feedback_event",
                "feedback_event": { "id": "fb", "type": 2 } }))
        );
    }
}
