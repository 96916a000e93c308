//! What may be answered to a callback of a bot, and posted to a `response_url`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::body::{self, Content};
use super::exchange::Opening;
use super::field::Object;
use super::refusal::Refusal;
use super::stream::StreamFrame;
use crate::ids::StreamId;
use crate::sim::attachment::md5_hex;

/// What is answered.
#[derive(Debug, Clone, Copy)]
pub(in crate::sim) enum Asked<'a> {
    /// A message or an event.
    Opening(&'a Opening),
    /// The poll of a stream.
    Poll(&'a StreamId),
}

/// An answer to a callback.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) enum HookReply {
    /// Nothing: `{}`.
    Nothing,
    /// A stream, with the pictures of its end, or with a card.
    Stream {
        frame: StreamFrame,
        pictures: Vec<Picture>,
        card: Option<Content>,
    },
    /// A card by itself.
    Card(Content),
    /// A greeting.
    Welcome(Content),
    /// A change of the card that was clicked; [`super::update`] reads it.
    Update,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) enum Answered {
    /// There is nothing to ask for.
    Done,
    /// This stream is to be asked for.
    Poll(StreamId),
}

/// A picture of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Picture {
    pub(in crate::sim) data: Bytes,
    /// Extension of a name for it.
    pub(in crate::sim) extension: &'static str,
}

/// Reads an answer. Whatever it may not be is a violation.
pub(in crate::sim) fn answered(asked: Asked<'_>, body: &Value) -> Result<HookReply, Refusal> {
    let fields = Object::new(body, "body")?;
    let is_empty = body.as_object().is_some_and(serde_json::Map::is_empty);
    match asked {
        Asked::Poll(stream) => {
            if is_empty {
                return Err(Refusal::parameter(
                    "a poll must be answered with its stream",
                ));
            }
            let reply = match fields.name("msgtype")? {
                kind @ ("stream" | "stream_with_template_card") => stream_reply(&fields, kind)?,
                _ => return Err(body::bad_type()),
            };
            match &reply {
                HookReply::Stream { frame, .. } if frame.id != *stream => {
                    Err(Refusal::parameter("stream.id is not that of the poll"))
                }
                _ => Ok(reply),
            }
        }
        Asked::Opening(_) if is_empty => Ok(HookReply::Nothing),
        Asked::Opening(Opening::Message) => match fields.name("msgtype")? {
            kind @ ("stream" | "stream_with_template_card") => stream_reply(&fields, kind),
            "template_card" => body::content(&fields, "template_card").map(HookReply::Card),
            _ => Err(body::bad_type()),
        },
        Asked::Opening(Opening::EnterChat) => body::welcome(body).map(HookReply::Welcome),
        Asked::Opening(Opening::Card { .. }) => Ok(HookReply::Update),
        Asked::Opening(Opening::VersionCheck | Opening::Other) => {
            Err(Refusal::parameter("this event has no answer but {}"))
        }
    }
}

/// Reads what is posted to a `response_url`.
pub(in crate::sim) fn response(body: &Value, is_single: bool) -> Result<Content, Refusal> {
    let fields = Object::new(body, "body")?;
    match fields.name("msgtype")? {
        "markdown" => body::content(&fields, "markdown"),
        "template_card" if is_single => body::content(&fields, "template_card"),
        _ => Err(body::bad_type()),
    }
}

fn stream_reply(fields: &Object<'_>, kind: &str) -> Result<HookReply, Refusal> {
    let stream = fields.object("stream")?;
    let frame = body::stream_frame(&stream)?;
    let pictures = match stream.get("msg_item") {
        None => Vec::new(),
        Some(_) if !frame.finish => {
            return Err(stream.wrong("msg_item", "comes with finish only"));
        }
        Some(Value::Array(items)) if items.len() <= PICTURES_MAX => {
            items.iter().map(picture).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(stream.wrong("msg_item", "must be a list of at most 10")),
    };
    let card = if kind == "stream_with_template_card" {
        Some(body::content(fields, "template_card")?)
    } else {
        None
    };
    Ok(HookReply::Stream {
        frame,
        pictures,
        card,
    })
}

fn picture(item: &Value) -> Result<Picture, Refusal> {
    let fields = Object::new(item, "msg_item")?;
    if fields.name("msgtype")? != "image" {
        return Err(fields.wrong("msgtype", "must be image"));
    }
    let image = fields.object("image")?;
    let data = STANDARD
        .decode(image.name("base64")?)
        .map_err(|_| image.wrong("base64", "is no base64"))?;
    if image.name("md5")? != md5_hex(&data) {
        return Err(image.wrong("md5", "is not that of the picture"));
    }
    if data.len() > PICTURE_MAX_BYTES {
        return Err(image.wrong("base64", "has more than 10 MiB"));
    }
    let extension = match data.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpg",
        _ => return Err(image.wrong("base64", "is neither JPEG nor PNG")),
    };
    Ok(Picture {
        data: data.into(),
        extension,
    })
}

/// Pictures of an answer.
const PICTURES_MAX: usize = 10;
/// Of a picture, before base64.
const PICTURE_MAX_BYTES: usize = 10 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    fn card() -> Value {
        json!({ "card_type": "text_notice", "main_title": { "title": "t" },
            "card_action": { "type": 1, "url": "https://example.com" } })
    }

    fn item(data: &[u8]) -> Value {
        json!({ "msgtype": "image", "image": { "base64": STANDARD.encode(data), "md5": md5_hex(data) } })
    }

    fn stream(finish: bool, items: Option<Value>) -> Value {
        let mut body = json!({ "msgtype": "stream", "stream": { "id": "s", "finish": finish, "content": "c" } });
        if let Some(items) = items {
            body["stream"]["msg_item"] = items;
        }
        body
    }

    #[test]
    fn every_callback_has_its_answers() {
        let text = json!({ "msgtype": "text", "text": { "content": "hi" } });
        let markdown = json!({ "msgtype": "markdown", "markdown": { "content": "hi" } });
        let only_card = json!({ "msgtype": "template_card", "template_card": card() });
        let mut both = stream(false, None);
        both["msgtype"] = json!("stream_with_template_card");
        both["template_card"] = card();
        let update = json!({ "response_type": "update_template_card" });
        let nothing = json!({});
        let bodies = [
            &nothing,
            &stream(false, None),
            &both,
            &only_card,
            &text,
            &markdown,
            &update,
        ];
        let clicked = Opening::Card {
            task_id: "t".to_owned(),
            card_type: None,
        };
        // In the order of the bodies. What answers a click is read in another place.
        let table: [(Asked<'_>, [bool; 7]); 5] = [
            (
                Asked::Opening(&Opening::Message),
                [true, true, true, true, false, false, false],
            ),
            (
                Asked::Opening(&Opening::EnterChat),
                [true, false, false, true, true, false, false],
            ),
            (
                Asked::Opening(&Opening::Other),
                [true, false, false, false, false, false, false],
            ),
            (
                Asked::Poll(&"s".into()),
                [false, true, true, false, false, false, false],
            ),
            (Asked::Opening(&clicked), [true; 7]),
        ];
        for (asked, allowed) in table {
            let verdicts = bodies.map(|body| answered(asked, body).is_ok());
            assert_eq!(verdicts, allowed, "{asked:?}");
        }
        let other = answered(Asked::Poll(&"other".into()), &stream(false, None));
        assert!(other.unwrap_err().is_violation);
    }

    #[test]
    fn pictures_come_last_and_are_what_they_say() {
        let check = |body: &Value| answered(Asked::Opening(&Opening::Message), body);
        let good = check(&stream(
            true,
            Some(json!([item(PNG), item(b"\xff\xd8\xff\xe0")])),
        ));
        let Ok(HookReply::Stream { pictures, .. }) = good else {
            panic!("{good:?}");
        };
        let extensions: Vec<_> = pictures.iter().map(|picture| picture.extension).collect();
        assert_eq!(extensions, ["png", "jpg"]);
        let mut wrong_md5 = item(PNG);
        wrong_md5["image"]["md5"] = json!(md5_hex(b"other"));
        let mut upper_md5 = item(PNG);
        upper_md5["image"]["md5"] = json!(md5_hex(PNG).to_uppercase());
        let mut no_base64 = item(PNG);
        no_base64["image"]["base64"] = json!("%");
        let mut large = PNG.to_vec();
        large.resize(PICTURE_MAX_BYTES + 1, 0);
        for (name, finish, items) in [
            ("not the end", false, json!([item(PNG)])),
            ("eleven", true, json!(vec![item(PNG); 11])),
            ("a GIF", true, json!([item(b"GIF89a")])),
            ("another digest", true, json!([wrong_md5])),
            ("capitals", true, json!([upper_md5])),
            ("no base64", true, json!([no_base64])),
            ("large", true, json!([item(&large)])),
            ("text", true, json!([{ "msgtype": "text" }])),
            ("no list", true, json!({})),
        ] {
            let refused = check(&stream(finish, Some(items))).map_err(|it| it.is_violation);
            assert_eq!(refused, Err(true), "{name}");
        }
        assert!(check(&stream(true, Some(json!(vec![item(PNG); 10])))).is_ok());
    }

    #[test]
    fn a_response_is_markdown_or_in_a_single_chat_a_card() {
        let markdown = json!({ "msgtype": "markdown", "markdown": { "content": "hi" } });
        let card = json!({ "msgtype": "template_card", "template_card": card() });
        assert!(response(&markdown, false).is_ok());
        assert!(response(&card, true).is_ok());
        assert!(response(&card, false).is_err());
        assert!(response(&stream(true, None), true).is_err());
    }
}
