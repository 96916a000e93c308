//! What members say to apps: as it is told, and as its chat shows it.

use serde_json::{Value, json};

use super::media::Media;
use crate::ids::{MediaId, MessageId, UserId};
use crate::sim::apps::AppId;
use crate::sim::attachment::AttachmentKind;
use crate::sim::chat::SimChat;
use crate::sim::entry::{Entry, EntryKind, Party};
use crate::sim::hooks::Document;

/// What is said or done.
#[derive(Debug, Clone)]
pub(in crate::sim) enum AppWords {
    /// Text.
    Text(String),
    /// A file that lies in the app's own store too.
    File {
        kind: AttachmentKind,
        id: MediaId,
        media: Media,
        /// What a voice message says, where the service tells.
        recognition: Option<String>,
    },
    /// A place.
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    /// A link.
    Link {
        title: String,
        description: String,
        url: String,
    },
    /// An event, with texts in the order in which they are told.
    Event {
        name: String,
        fields: Vec<(String, String)>,
    },
    /// A click on a card.
    Click {
        /// The object of the event, as bots get it.
        detail: Value,
        /// A menu is told under a name of its own.
        is_menu: bool,
        response_code: String,
    },
}

/// What a call tells of a member's words.
pub(super) struct Told {
    /// `msgtype`, or the name of the event.
    pub(super) kind: String,
    /// Messages have an id, events have none.
    pub(super) has_id: bool,
    fields: Vec<Field>,
}

/// One element.
enum Field {
    Text(&'static str, String),
    Named(String, String),
    Number(&'static str, String),
    Selected(Value),
}

impl AppWords {
    /// What a call tells of it. `base` is where pictures lie.
    pub(super) fn told(&self, base: &str) -> Told {
        let text = |name, text: &str| Field::Text(name, text.to_owned());
        let (kind, fields) = match self {
            Self::Text(content) => ("text", vec![text("Content", content)]),
            Self::File {
                kind,
                id,
                media,
                recognition,
            } => {
                let id_field = text("MediaId", id.as_str());
                let fields = match kind {
                    AttachmentKind::Image => {
                        let url = format!("{base}/sim/media/{id}");
                        vec![Field::Text("PicUrl", url), id_field]
                    }
                    AttachmentKind::Voice => {
                        let mut fields = vec![id_field, text("Format", "amr")];
                        fields.extend(recognition.as_ref().map(|said| text("Recognition", said)));
                        fields
                    }
                    AttachmentKind::Video => vec![id_field, text("ThumbMediaId", id.as_str())],
                    AttachmentKind::File => vec![id_field, text("FileName", &media.name)],
                };
                (kind.as_str(), fields)
            }
            Self::Location {
                latitude,
                longitude,
                label,
            } => (
                "location",
                vec![
                    Field::Number("Location_X", latitude.to_string()),
                    Field::Number("Location_Y", longitude.to_string()),
                    Field::Number("Scale", MAP_SCALE.to_owned()),
                    text("Label", label),
                    text("AppType", "wxwork"),
                ],
            ),
            Self::Link {
                title,
                description,
                url,
            } => (
                "link",
                vec![
                    text("Title", title),
                    text("Description", description),
                    text("Url", url),
                    text("PicUrl", ""),
                ],
            ),
            Self::Event { name, fields } => {
                let named = fields.iter().cloned();
                let named = named.map(|(name, value)| Field::Named(name, value));
                return Told {
                    kind: name.clone(),
                    has_id: false,
                    fields: named.collect(),
                };
            }
            Self::Click {
                detail,
                is_menu,
                response_code,
            } => {
                let part =
                    |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
                return Told {
                    kind: click_event(*is_menu).to_owned(),
                    has_id: false,
                    fields: vec![
                        text("EventKey", part("event_key")),
                        text("TaskId", part("task_id")),
                        text("CardType", part("card_type")),
                        text("ResponseCode", response_code),
                        Field::Selected(detail.clone()),
                    ],
                };
            }
        };
        Told {
            kind: kind.to_owned(),
            has_id: true,
            fields,
        }
    }

    /// The entry of the transcript.
    pub(super) fn entry(&self, chat: SimChat, user: &UserId, now_ms: i64) -> Entry {
        let kind = match self {
            Self::Text(_) => EntryKind::Text,
            Self::File { kind, .. } => match kind {
                AttachmentKind::Image => EntryKind::Image,
                AttachmentKind::File => EntryKind::File,
                AttachmentKind::Video => EntryKind::Video,
                AttachmentKind::Voice => EntryKind::Voice,
            },
            Self::Location { .. } => EntryKind::Location,
            Self::Link { .. } => EntryKind::Link,
            Self::Event { .. } | Self::Click { .. } => EntryKind::Event,
        };
        let mut entry = Entry::new(chat, now_ms, Party::user(user), kind);
        match self {
            Self::Text(content) => entry.content = Some(content.clone()),
            Self::File {
                id,
                media,
                recognition,
                ..
            } => {
                entry.media = Some(media.shown(id.clone()));
                entry.content.clone_from(recognition);
            }
            Self::Location {
                latitude,
                longitude,
                label,
            } => {
                entry.detail = Some(json!({
                    "label": label, "latitude": latitude, "longitude": longitude,
                }));
            }
            Self::Link {
                title,
                description,
                url,
            } => {
                entry.detail = Some(json!({
                    "title": title, "description": description, "url": url,
                }));
            }
            Self::Event { name, .. } => entry.content = Some(name.clone()),
            Self::Click { is_menu, .. } => entry.content = Some(click_event(*is_menu).to_owned()),
        }
        entry
    }
}

impl Told {
    /// The document that is sealed.
    pub(super) fn document(
        &self,
        app: &AppId,
        user: &UserId,
        msgid: Option<&MessageId>,
        now_ms: i64,
    ) -> String {
        let mut document = Document::new();
        document
            .text("ToUserName", &app.corp_id)
            .text("FromUserName", user.as_str())
            .number("CreateTime", now_ms / 1_000);
        if self.has_id {
            document.text("MsgType", &self.kind);
        } else {
            document.text("MsgType", "event").text("Event", &self.kind);
        }
        for field in &self.fields {
            field.write(&mut document);
        }
        if let Some(msgid) = msgid {
            document.number("MsgId", msgid);
        }
        document.number("AgentID", app.agent_id);
        document.finish()
    }
}

impl Field {
    fn write(&self, document: &mut Document) {
        match self {
            Self::Text(name, text) => document.text(name, text),
            Self::Named(name, text) => document.text(name, text),
            Self::Number(name, number) => document.number(name, number),
            Self::Selected(detail) => document.nested("SelectedItems", |items| {
                let list = detail.pointer("/selected_items/selected_item");
                for item in list.and_then(Value::as_array).into_iter().flatten() {
                    selected(items, item);
                }
            }),
        };
    }
}

fn selected(items: &mut Document, item: &Value) {
    items.nested("SelectedItem", |inner| {
        let key = item.get("question_key").and_then(Value::as_str);
        inner.text("QuestionKey", key.unwrap_or_default());
        inner.nested("OptionIds", |ids| {
            let chosen = item.pointer("/option_ids/option_id");
            for id in chosen.and_then(Value::as_array).into_iter().flatten() {
                ids.text("OptionId", id.as_str().unwrap_or_default());
            }
        });
    });
}

fn click_event(is_menu: bool) -> &'static str {
    if is_menu {
        "template_card_menu_event"
    } else {
        "template_card_event"
    }
}

/// How near a map is that a place was picked on.
const MAP_SCALE: &str = "16";
