//! Reading inbound frames: text in, a typed frame out.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::push::{
    CardEvent, CardSelection, Content, Envelope, Event, EventPush, FeedbackEvent, FrameError,
    MediaRef, MessagePush, MixedItem, Push, PushFrame, Rating,
};
use super::sanitize;
use super::{ErrorCode, Refusal};
use crate::ids::{BotId, ChatId, ChatKind, MessageId, ReqId, StreamId, UserId};
use crate::secret::Secret;

/// An inbound frame and the text that it was read from.
pub(super) struct Inbound<'a> {
    pub(super) frame: Frame,
    pub(super) text: Cow<'a, str>,
}

/// What an inbound frame is.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one call; a box would cost every message an allocation"
)]
pub(super) enum Frame {
    /// A message or an event.
    Push(Push),
    /// Anything else that has a `req_id`: an acknowledgement if the `req_id` is one that we
    /// wait for.
    Answer(Answer),
}

/// An acknowledgement, or something that is not for us.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) req_id: ReqId,
    /// Acknowledgements have none.
    pub(super) cmd: Option<String>,
    /// Success where the frame names no number.
    pub(super) outcome: Result<Option<Value>, Refusal>,
}

/// A frame that has to be dropped, with what the log may say about it.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) error: FrameError,
    pub(super) cmd: Option<String>,
    pub(super) req_id: Option<String>,
}

impl PushFrame {
    /// Reads a frame's text. The text of [`raw`](Self::raw) gives the same value again.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        let inbound = read(text).map_err(|rejected| rejected.error)?;
        match inbound.frame {
            Frame::Push(push) => Ok(Self {
                push,
                raw: Arc::from(&*inbound.text),
            }),
            Frame::Answer(_) => Err(FrameError::NotAPush),
        }
    }
}

impl PushFrame {
    /// Makes a frame of what a bot in webhook mode is called with: the same object, without
    /// its frame. `req_id` is ours.
    pub fn of_callback(body: Map<String, Value>, req_id: &ReqId) -> Result<Self, FrameError> {
        let frame = serde_json::json!({
            "cmd": "aibot_msg_callback",
            "headers": { "req_id": req_id },
            "body": body,
        });
        Self::parse(&frame.to_string())
    }
}

/// Sanitises and reads one frame.
pub(super) fn read(text: &str) -> Result<Inbound<'_>, Rejected> {
    let mut text = sanitize::strip_controls(text);
    let parsed = serde_json::from_str(&text).or_else(|_| {
        let repaired = sanitize::repair(&text);
        let parsed = serde_json::from_str(&repaired);
        text = Cow::Owned(repaired);
        parsed
    });
    let Ok(Value::Object(mut fields)) = parsed else {
        return Err(Rejected {
            error: FrameError::NotJson,
            cmd: sanitize::glimpse(&text, "cmd").map(str::to_owned),
            req_id: sanitize::glimpse(&text, "req_id").map(str::to_owned),
        });
    };
    if text.contains("\\u0000") {
        fields.values_mut().for_each(sanitize::strip_nul);
    }
    Ok(Inbound {
        frame: classify(fields)?,
        text,
    })
}

fn classify(mut fields: Map<String, Value>) -> Result<Frame, Rejected> {
    let cmd = take_id(&mut fields, "cmd");
    let req_id = take_object(&mut fields, "headers").and_then(|mut h| take_id(&mut h, "req_id"));
    let Some(req_id) = req_id else {
        return Err(Rejected {
            error: FrameError::NoReqId,
            cmd,
            req_id: None,
        });
    };
    let is_event = match cmd.as_deref() {
        // Old builds of the official plugin name the first one; it costs nothing to know it.
        Some("aibot_callback" | "aibot_msg_callback") => false,
        Some("aibot_event_callback") => true,
        _ => return Ok(Frame::Answer(answer(cmd, req_id, fields))),
    };
    let body = take_object(&mut fields, "body").unwrap_or_default();
    push(is_event, &req_id, body)
        .map(Frame::Push)
        .map_err(|error| Rejected {
            error,
            cmd,
            req_id: Some(req_id),
        })
}

fn answer(cmd: Option<String>, req_id: String, mut fields: Map<String, Value>) -> Answer {
    let code = ErrorCode::new(take_integer(&mut fields, "errcode").unwrap_or_default());
    let outcome = if code.is_ok() {
        Ok(fields.remove("body").filter(|body| !body.is_null()))
    } else {
        Err(Refusal {
            code,
            message: take_text(&mut fields, "errmsg").unwrap_or_default(),
        })
    };
    Answer {
        req_id: ReqId::new(req_id),
        cmd,
        outcome,
    }
}

fn push(is_event: bool, req_id: &str, mut body: Map<String, Value>) -> Result<Push, FrameError> {
    let envelope = envelope(req_id, &mut body);
    let msgtype = take_id(&mut body, "msgtype");
    if is_event || msgtype.as_deref() == Some("event") {
        let event = take_object(&mut body, "event").unwrap_or_default();
        let event = self::event(event).ok_or(FrameError::NoType)?;
        return Ok(Push::Event(EventPush { envelope, event }));
    }
    let content = content(msgtype.ok_or(FrameError::NoType)?, &mut body);
    let quote = take_object(&mut body, "quote").and_then(|mut quote| {
        let msgtype = take_id(&mut quote, "msgtype")?;
        Some(self::content(msgtype, &mut quote))
    });
    Ok(Push::Message(MessagePush {
        envelope,
        content,
        quote,
    }))
}

fn envelope(req_id: &str, body: &mut Map<String, Value>) -> Envelope {
    let mut from = take_object(body, "from").unwrap_or_default();
    Envelope {
        req_id: ReqId::from(req_id),
        message_id: take_id(body, "msgid").map(MessageId::new),
        create_time: take_integer(body, "create_time"),
        bot_id: take_id(body, "aibotid").map(BotId::new),
        chat_id: take_id(body, "chatid")
            .or_else(|| take_id(&mut from, "chat_id"))
            .map(ChatId::new),
        chat_kind: take_id(body, "chattype").and_then(|kind| match kind.as_str() {
            "single" => Some(ChatKind::Direct),
            "group" => Some(ChatKind::Group),
            _ => None,
        }),
        sender: take_id(&mut from, "userid").map(UserId::new),
        corp_id: take_id(&mut from, "corpid"),
        response_url: take_id(body, "response_url").map(Secret::new),
    }
}

fn content(msgtype: String, body: &mut Map<String, Value>) -> Content {
    let mut object = take_object(body, &msgtype).unwrap_or_default();
    let text = |object: &mut Map<String, Value>| take_text(object, "content").unwrap_or_default();
    let known = match msgtype.as_str() {
        "text" => Some(Content::Text(text(&mut object))),
        "voice" => Some(Content::Voice(text(&mut object))),
        "image" => media(object).map(Content::Image),
        "file" => media(object).map(Content::File),
        "video" => media(object).map(Content::Video),
        "mixed" => Some(Content::Mixed(
            take_list(&mut object, "msg_item")
                .into_iter()
                .filter_map(mixed_item)
                .collect(),
        )),
        "stream" => take_id(&mut object, "id").map(|id| Content::Stream {
            id: StreamId::new(id),
        }),
        _ => None,
    };
    known.unwrap_or(Content::Unknown { msgtype })
}

fn mixed_item(item: Value) -> Option<MixedItem> {
    let Value::Object(mut item) = item else {
        return None;
    };
    let msgtype = take_id(&mut item, "msgtype").unwrap_or_default();
    let mut object = take_object(&mut item, &msgtype).unwrap_or_default();
    let known = match msgtype.as_str() {
        "text" => take_text(&mut object, "content").map(MixedItem::Text),
        "image" => media(object).map(MixedItem::Image),
        "file" => media(object).map(MixedItem::File),
        _ => None,
    };
    Some(known.unwrap_or(MixedItem::Unknown { msgtype }))
}

fn media(mut object: Map<String, Value>) -> Option<MediaRef> {
    let url = take_id(&mut object, "url")?;
    Some(MediaRef {
        url: Secret::new(url),
        aes_key: take_id(&mut object, "aeskey").map(Secret::new),
        file_name: ["filename", "file_name", "fileName"]
            .into_iter()
            .find_map(|key| take_id(&mut object, key)),
        size_bytes: take_integer(&mut object, "file_size").and_then(|size| size.try_into().ok()),
        md5: take_id(&mut object, "md5"),
    })
}

fn event(mut event: Map<String, Value>) -> Option<Event> {
    let event_type = take_id(&mut event, "eventtype")?;
    let object = take_object(&mut event, &event_type).unwrap_or_default();
    Some(match event_type.as_str() {
        "enter_chat" => Event::EnterChat,
        "template_card_event" => Event::TemplateCard(card_event(object)),
        "feedback_event" => Event::Feedback(feedback(object)),
        "auth_change_event" => Event::AuthChange {
            auth_list: integers(object, "auth_list"),
        },
        "enter_check_update" => Event::EnterCheckUpdate,
        "disconnected_event" => Event::Disconnected,
        _ => Event::Unknown { event_type },
    })
}

fn card_event(mut card: Map<String, Value>) -> CardEvent {
    let mut text = |key| take_text(&mut card, key).unwrap_or_default();
    let (card_type, event_key, task_id) = (text("card_type"), text("event_key"), text("task_id"));
    let mut selected = take_object(&mut card, "selected_items").unwrap_or_default();
    let selections = take_list(&mut selected, "selected_item")
        .into_iter()
        .filter_map(|item| {
            let Value::Object(mut item) = item else {
                return None;
            };
            let mut options = take_object(&mut item, "option_ids").unwrap_or_default();
            Some(CardSelection {
                question_key: take_text(&mut item, "question_key")?,
                option_ids: take_list(&mut options, "option_id")
                    .into_iter()
                    .filter_map(text_of)
                    .collect(),
            })
        })
        .collect();
    CardEvent {
        card_type,
        event_key,
        task_id,
        selections,
    }
}

fn feedback(mut feedback: Map<String, Value>) -> FeedbackEvent {
    FeedbackEvent {
        id: take_text(&mut feedback, "id").unwrap_or_default(),
        rating: match take_integer(&mut feedback, "type").unwrap_or_default() {
            1 => Rating::Accurate,
            2 => Rating::Inaccurate,
            3 => Rating::Withdrawn,
            other => Rating::Other(other),
        },
        content: take_id(&mut feedback, "content"),
        reasons: integers(feedback, "inaccurate_reason_list"),
    }
}

fn integers(mut object: Map<String, Value>, key: &str) -> Vec<i64> {
    take_list(&mut object, key)
        .into_iter()
        .filter_map(integer_of)
        .collect()
}

// A field of another type than documented counts as absent, or is converted where its
// meaning is plain: one odd field must not cost a whole message.

fn take_object(fields: &mut Map<String, Value>, key: &str) -> Option<Map<String, Value>> {
    match fields.remove(key)? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn take_list(fields: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match fields.remove(key) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(single) => vec![single],
    }
}

fn take_text(fields: &mut Map<String, Value>, key: &str) -> Option<String> {
    fields.remove(key).and_then(text_of)
}

/// As [`take_text`], where an empty text means the same as none.
fn take_id(fields: &mut Map<String, Value>, key: &str) -> Option<String> {
    take_text(fields, key).filter(|text| !text.is_empty())
}

fn take_integer(fields: &mut Map<String, Value>, key: &str) -> Option<i64> {
    fields.remove(key).and_then(integer_of)
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn integer_of(value: Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
