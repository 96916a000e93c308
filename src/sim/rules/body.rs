//! Bodies of the commands that say something.

use serde_json::Value;

use super::card;
use super::field::Object;
use super::refusal::{Refusal, code};
use super::stream::StreamFrame;
use crate::ids::MediaId;

/// `aibot_subscribe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Subscribe<'a> {
    /// The bot.
    pub(in crate::sim) bot_id: &'a str,
    /// Its secret.
    pub(in crate::sim) secret: &'a str,
}

/// `aibot_respond_msg`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) enum Reply {
    /// A frame of a stream.
    Stream(StreamFrame),
    /// A message of its own.
    Message(Content),
}

/// A message that is sent in one piece.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) enum Content {
    /// Plain text: greetings only.
    Text(String),
    /// Markdown.
    Markdown {
        /// The text.
        content: String,
        /// The id that ratings carry.
        feedback_id: Option<String>,
    },
    /// A template card.
    Card {
        /// The card.
        card: Value,
        /// The id that ratings carry.
        feedback_id: Option<String>,
    },
    /// Something that was uploaded.
    Media(MediaUse),
}

/// The use of uploaded media in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct MediaUse {
    /// `image`, `voice`, `video` or `file`.
    pub(in crate::sim) kind: String,
    /// The upload's result.
    pub(in crate::sim) media_id: MediaId,
    /// Title of a video, as far as the service keeps it.
    pub(in crate::sim) title: Option<String>,
}

/// Whom `aibot_send_msg` is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) struct Target<'a> {
    /// A member's or a group's id.
    pub(in crate::sim) id: &'a str,
    /// Whether groups are looked at.
    pub(in crate::sim) may_be_group: bool,
    /// Whether members are looked at.
    pub(in crate::sim) may_be_user: bool,
}

/// `aibot_send_biz_msg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) struct BizMessage<'a> {
    /// Which card the service is to send.
    pub(in crate::sim) biz_type: u64,
    /// Where.
    pub(in crate::sim) target: Target<'a>,
}

/// Reads `aibot_subscribe`.
pub(in crate::sim) fn subscribe(body: &Value) -> Result<Subscribe<'_>, Refusal> {
    let fields = Object::new(body, "body")?;
    fields.number_opt("scene")?;
    fields.text_opt("plug_version")?;
    Ok(Subscribe {
        bot_id: fields.name("bot_id")?,
        secret: fields.name("secret")?,
    })
}

/// Reads `aibot_respond_msg`.
pub(in crate::sim) fn respond(body: &Value) -> Result<Reply, Refusal> {
    let fields = Object::new(body, "body")?;
    match fields.name("msgtype")? {
        "stream" => stream(&fields.object("stream")?).map(Reply::Stream),
        kind => content(&fields, kind).map(Reply::Message),
    }
}

/// Reads `aibot_respond_welcome_msg`.
pub(in crate::sim) fn welcome(body: &Value) -> Result<Content, Refusal> {
    let fields = Object::new(body, "body")?;
    match fields.name("msgtype")? {
        "text" => {
            let text = fields.object("text")?.name("content")?;
            within("text.content", text)?;
            Ok(Content::Text(text.to_owned()))
        }
        "template_card" => content(&fields, "template_card"),
        _ => Err(bad_type()),
    }
}

/// Reads `aibot_send_msg`.
pub(in crate::sim) fn send(body: &Value) -> Result<(Target<'_>, Content), Refusal> {
    let fields = Object::new(body, "body")?;
    let target = target(&fields, "chatid")?;
    let content = content(&fields, fields.name("msgtype")?)?;
    Ok((target, content))
}

/// Reads `aibot_send_biz_msg`.
pub(in crate::sim) fn biz_message(body: &Value) -> Result<BizMessage<'_>, Refusal> {
    let fields = Object::new(body, "body")?;
    Ok(BizMessage {
        biz_type: fields.number("biz_type")?,
        target: target(&fields, "chat_id")?,
    })
}

/// Reads the category of `aibot_get_mcp_config`.
pub(in crate::sim) fn mcp_category(body: &Value) -> Result<&str, Refusal> {
    Object::new(body, "body")?.name("biz_type")
}

/// Reads the version of `ww_ai_robot_enter_event`.
pub(in crate::sim) fn version_answer(body: &Value) -> Result<&str, Refusal> {
    Object::new(body, "body")?.name("version")
}

fn target<'a>(fields: &Object<'a>, key: &str) -> Result<Target<'a>, Refusal> {
    let chat_type = fields.number_opt("chat_type")?.unwrap_or(0);
    if chat_type > 2 {
        return Err(fields.wrong("chat_type", "must be 0, 1 or 2"));
    }
    Ok(Target {
        id: fields.name(key)?,
        may_be_group: chat_type != 1,
        may_be_user: chat_type != 2,
    })
}

fn stream(fields: &Object<'_>) -> Result<StreamFrame, Refusal> {
    // Documented as unsupported on the long connection, where pictures are uploaded.
    if fields.get("msg_item").is_some() {
        return Err(fields.wrong("msg_item", "is not supported on the long connection"));
    }
    stream_frame(fields)
}

/// A frame of a stream, whatever comes with it.
pub(super) fn stream_frame(fields: &Object<'_>) -> Result<StreamFrame, Refusal> {
    let content = fields.text_opt("content")?;
    if let Some(content) = content {
        within("stream.content", content)?;
    }
    Ok(StreamFrame {
        id: fields.name("id")?.into(),
        finish: fields.flag("finish")?,
        content: content.map(str::to_owned),
        feedback_id: feedback(fields)?,
    })
}

/// A message of a kind.
pub(super) fn content(fields: &Object<'_>, kind: &str) -> Result<Content, Refusal> {
    match kind {
        "markdown" => {
            let markdown = fields.object("markdown")?;
            let text = markdown.name("content")?;
            within("markdown.content", text)?;
            Ok(Content::Markdown {
                content: text.to_owned(),
                feedback_id: feedback(&markdown)?,
            })
        }
        "template_card" => {
            let card = fields
                .get("template_card")
                .ok_or_else(|| fields.wrong("template_card", "is missing"))?;
            card::check(card)?;
            Ok(Content::Card {
                card: card.clone(),
                feedback_id: feedback(&Object::new(card, "template_card")?)?,
            })
        }
        "image" | "voice" | "file" | "video" => {
            let media = fields
                .get(kind)
                .ok_or_else(|| fields.wrong(kind, "is missing"))?;
            let media = Object::new(media, "media")?;
            Ok(Content::Media(MediaUse {
                kind: kind.to_owned(),
                media_id: media.name("media_id")?.into(),
                title: media
                    .text_opt("title")?
                    .map(|title| cut(title, TITLE_MAX_BYTES).to_owned()),
            }))
        }
        _ => Err(bad_type()),
    }
}

fn feedback(fields: &Object<'_>) -> Result<Option<String>, Refusal> {
    let Some(feedback) = fields.get("feedback") else {
        return Ok(None);
    };
    let id = Object::new(feedback, "feedback")?.name("id")?;
    if id.len() > FEEDBACK_MAX_BYTES {
        return Err(Refusal::parameter(format!(
            "feedback.id has {} bytes, the limit is {FEEDBACK_MAX_BYTES}",
            id.len()
        )));
    }
    Ok(Some(id.to_owned()))
}

fn within(path: &str, text: &str) -> Result<(), Refusal> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(Refusal::violation(
            code::TOO_LONG,
            format!(
                "{path} has {} bytes, the limit is {TEXT_MAX_BYTES}",
                text.len()
            ),
        ));
    }
    Ok(())
}

/// The start of `text`, at most `max` bytes, whole characters.
fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// The `msgtype` does not go with this.
pub(super) fn bad_type() -> Refusal {
    Refusal::violation(code::BAD_MESSAGE_TYPE, "invalid message type")
}

/// Of a stream's and a Markdown message's text, in UTF-8.
const TEXT_MAX_BYTES: usize = 20_480;
/// Of the id that ratings carry.
const FEEDBACK_MAX_BYTES: usize = 256;
/// Of a video's title; the service cuts the rest.
const TITLE_MAX_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stream_body(patch: &Value) -> Value {
        let mut body = json!({ "msgtype": "stream",
            "stream": { "id": "s1", "finish": false, "content": "hi" } });
        for (key, value) in patch.as_object().unwrap() {
            if value.is_null() {
                body["stream"].as_object_mut().unwrap().remove(key);
            } else {
                body["stream"][key] = value.clone();
            }
        }
        body
    }

    #[test]
    fn stream_frames_are_checked() {
        let cases = [
            ("plain", json!({}), None),
            (
                "finish alone",
                json!({ "content": null, "finish": true }),
                None,
            ),
            (
                "exactly the limit",
                json!({ "content": "x".repeat(20_480) }),
                None,
            ),
            (
                "one byte more",
                json!({ "content": "x".repeat(20_481) }),
                Some(code::TOO_LONG),
            ),
            (
                "bytes, not characters",
                json!({ "content": "中".repeat(6_827) }),
                Some(code::TOO_LONG),
            ),
            ("no id", json!({ "id": null }), Some(code::BAD_PARAMETER)),
            ("empty id", json!({ "id": "" }), Some(code::BAD_PARAMETER)),
            (
                "no finish",
                json!({ "finish": null }),
                Some(code::BAD_PARAMETER),
            ),
            (
                "finish as text",
                json!({ "finish": "true" }),
                Some(code::BAD_PARAMETER),
            ),
            (
                "content as number",
                json!({ "content": 1 }),
                Some(code::BAD_PARAMETER),
            ),
            (
                "pictures",
                json!({ "msg_item": [] }),
                Some(code::BAD_PARAMETER),
            ),
            (
                "feedback",
                json!({ "feedback": { "id": "f".repeat(256) } }),
                None,
            ),
            (
                "long feedback",
                json!({ "feedback": { "id": "f".repeat(257) } }),
                Some(code::BAD_PARAMETER),
            ),
        ];
        for (name, patch, expected) in cases {
            let refused = respond(&stream_body(&patch))
                .err()
                .map(|refusal| refusal.code);
            assert_eq!(refused, expected, "{name}");
        }
    }

    #[test]
    fn replies_have_their_types() {
        let good = json!([
            { "msgtype": "markdown", "markdown": { "content": "# x" } },
            { "msgtype": "image", "image": { "media_id": "M" } },
            { "msgtype": "voice", "voice": { "media_id": "M" } },
            { "msgtype": "file", "file": { "media_id": "M" } },
            { "msgtype": "video", "video": { "media_id": "M", "title": "t" } },
        ]);
        for body in good.as_array().unwrap() {
            assert!(respond(body).is_ok(), "{body}");
        }
        let bad = [
            (
                json!({ "msgtype": "text", "text": { "content": "x" } }),
                code::BAD_MESSAGE_TYPE,
            ),
            (
                json!({ "msgtype": "stream_with_template_card" }),
                code::BAD_MESSAGE_TYPE,
            ),
            (json!({ "msgtype": "markdown" }), code::BAD_PARAMETER),
            (
                json!({ "msgtype": "markdown", "markdown": { "content": "" } }),
                code::BAD_PARAMETER,
            ),
            (
                json!({ "msgtype": "file", "file": {} }),
                code::BAD_PARAMETER,
            ),
            (
                json!({ "markdown": { "content": "x" } }),
                code::BAD_PARAMETER,
            ),
            (json!({ "msgtype": "template_card" }), code::BAD_PARAMETER),
            (
                json!({ "msgtype": "template_card", "template_card": { "card_type": "text_notice" } }),
                code::BAD_CARD,
            ),
            (json!(null), code::BAD_PARAMETER),
        ];
        for (body, expected) in bad {
            assert_eq!(respond(&body).unwrap_err().code, expected, "{body}");
        }
    }

    #[test]
    fn a_video_title_is_cut_at_a_character() {
        let body = json!({ "msgtype": "video",
            "video": { "media_id": "M", "title": "标".repeat(50) } });
        let Ok(Reply::Message(Content::Media(media))) = respond(&body) else {
            panic!("a video");
        };
        assert_eq!(media.title.unwrap().len(), 126);
    }

    #[test]
    fn a_greeting_is_text_or_card() {
        let text = json!({ "msgtype": "text", "text": { "content": "hello" } });
        assert_eq!(welcome(&text), Ok(Content::Text("hello".to_owned())));
        for (body, expected) in [
            (
                json!({ "msgtype": "markdown", "markdown": { "content": "x" } }),
                code::BAD_MESSAGE_TYPE,
            ),
            (
                json!({ "msgtype": "text", "text": {} }),
                code::BAD_PARAMETER,
            ),
        ] {
            assert_eq!(welcome(&body).unwrap_err().code, expected, "{body}");
        }
    }

    #[test]
    fn a_target_may_be_open() {
        let markdown = json!({ "content": "x" });
        for (chat_type, group, user) in [
            (json!(null), true, true),
            (json!(0), true, true),
            (json!(1), false, true),
            (json!(2), true, false),
        ] {
            let mut body = json!({ "chatid": "LiSi", "msgtype": "markdown", "markdown": markdown });
            if !chat_type.is_null() {
                body["chat_type"] = chat_type.clone();
            }
            let (target, _) = send(&body).unwrap();
            assert_eq!(
                target,
                Target {
                    id: "LiSi",
                    may_be_group: group,
                    may_be_user: user
                },
                "{chat_type}"
            );
        }
        for body in [
            json!({ "chatid": "a", "chat_type": 3, "msgtype": "markdown", "markdown": markdown }),
            json!({ "chatid": "a", "chat_type": "1", "msgtype": "markdown", "markdown": markdown }),
            json!({ "msgtype": "markdown", "markdown": markdown }),
        ] {
            assert_eq!(send(&body).unwrap_err().code, code::BAD_PARAMETER, "{body}");
        }
        let text = json!({ "chatid": "a", "msgtype": "text", "text": { "content": "x" } });
        assert_eq!(send(&text).unwrap_err().code, code::BAD_MESSAGE_TYPE);
    }

    #[test]
    fn a_subscribe_names_bot_and_secret() {
        let body = json!({ "bot_id": "b", "secret": "s", "scene": 1, "plug_version": "2026.4.29" });
        assert_eq!(
            subscribe(&body),
            Ok(Subscribe {
                bot_id: "b",
                secret: "s"
            })
        );
        for body in [
            json!({ "bot_id": "b" }),
            json!({ "secret": "s" }),
            json!({ "bot_id": "", "secret": "s" }),
            json!({ "bot_id": "b", "secret": "s", "scene": "1" }),
        ] {
            assert!(subscribe(&body).is_err(), "{body}");
        }
    }
}
