//! What a person would see in a conversation: the entries of its transcript.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::apps::AppId;
use super::chat::SimChat;
use crate::ids::{MediaId, MessageId, ReqId, StreamId};

/// One bubble of a conversation, as it looks now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Number of the entry, growing over the whole simulator.
    pub id: u64,
    /// The conversation.
    pub chat: SimChat,
    /// When it appeared (Unix milliseconds).
    pub at: i64,
    /// When it last changed (Unix milliseconds).
    pub updated_at: i64,
    /// Who wrote it.
    pub from: Party,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntryKind,
    /// The text, for entries that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Whether this is a stream of which nothing is visible yet: the person sees the
    /// thinking animation.
    #[serde(default)]
    pub thinking: bool,
    /// Whether it is complete. `false` for a stream that is still open.
    #[serde(default)]
    pub finished: bool,
    /// How often it was written, the first time included.
    #[serde(default)]
    pub revisions: u32,
    /// The client's id of a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_id: Option<StreamId>,
    /// The push's id, for what a person sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msgid: Option<MessageId>,
    /// The exchange that it belongs to; for a proactive message the request's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub req_id: Option<ReqId>,
    /// A template card as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Value>,
    /// Copies of the card that differ, by member: an update may name whose copy it
    /// replaces.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub card_copies: serde_json::Map<String, Value>,
    /// An uploaded file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<EntryMedia>,
    /// What a person quoted, as pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Value>,
    /// Number of the entry that is quoted, where it is one of the simulator's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<u64>,
    /// What a text card, a place or a link shows, under the names of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// The parts of a mixed message, as pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixed: Option<Value>,
    /// The same as they look, where the files are the simulator's own; of a stream, its
    /// pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<EntryPart>,
    /// The id that a rating of this entry carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback_id: Option<String>,
    /// How members rated it: 1 accurate, 2 inaccurate.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub ratings: serde_json::Map<String, Value>,
}

/// A part of a mixed message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryPart {
    /// Text.
    Text(String),
    /// A picture or file.
    Media(EntryMedia),
}

/// Who wrote an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Person, bot, app or the service itself.
    pub kind: PartyKind,
    /// The id of the person, bot or app; `wecom` for the service.
    pub id: String,
}

/// Kinds of writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartyKind {
    /// A person.
    User,
    /// The bot.
    Bot,
    /// A self-built app.
    App,
    /// The service.
    System,
}

/// Kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Plain text of a person.
    Text,
    /// A reply that the bot writes piece by piece.
    Stream,
    /// A Markdown message of the bot.
    Markdown,
    /// A template card.
    TemplateCard,
    /// A picture.
    Image,
    /// A voice message; `content` is the transcription where a person sent it.
    Voice,
    /// A file.
    File,
    /// A video.
    Video,
    /// A card of an app that leads to an address.
    TextCard,
    /// Text and pictures of a person in one message.
    Mixed,
    /// A place that a person sent to an app.
    Location,
    /// A link that a person sent to an app.
    Link,
    /// Something that happened; `content` names it.
    Event,
    /// The bot's greeting.
    Welcome,
}

/// A file that an entry shows, uploaded by a bot or sent by a person; its bytes are at `/sim/media/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryMedia {
    /// The `media_id`; of what a person sent, a name that only the simulator knows.
    pub id: MediaId,
    /// File name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// `image`, `voice`, `video` or `file`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Entry {
    /// An entry of `kind` with nothing in it yet; the transcript numbers it.
    pub(super) fn new(chat: SimChat, at: i64, from: Party, kind: EntryKind) -> Self {
        Self {
            id: 0,
            chat,
            at,
            updated_at: at,
            from,
            kind,
            content: None,
            thinking: false,
            finished: true,
            revisions: 1,
            stream_id: None,
            msgid: None,
            req_id: None,
            card: None,
            card_copies: serde_json::Map::new(),
            media: None,
            quote: None,
            quoted: None,
            detail: None,
            mixed: None,
            parts: Vec::new(),
            feedback_id: None,
            ratings: serde_json::Map::new(),
        }
    }

    /// The text, empty where there is none.
    pub fn text(&self) -> &str {
        self.content.as_deref().unwrap_or_default()
    }

    /// Whether the bot or app wrote it.
    pub fn is_from_bot(&self) -> bool {
        matches!(self.from.kind, PartyKind::Bot | PartyKind::App)
    }

    /// One line for a list of conversations, at most `PREVIEW_CHARS` characters.
    pub fn preview(&self) -> String {
        let text = match self.kind {
            EntryKind::TemplateCard => self
                .card
                .as_ref()
                .and_then(|card| card.pointer("/main_title/title")?.as_str()),
            EntryKind::TextCard | EntryKind::Location | EntryKind::Link => {
                let detail = self.detail.as_ref();
                let named = |name: &str| detail?.get(name)?.as_str();
                named("title").or_else(|| named("label"))
            }
            _ => self.media.as_ref().map(|media| media.name.as_str()),
        };
        text.unwrap_or(self.text())
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(PREVIEW_CHARS)
            .collect()
    }
}

impl Party {
    /// A person.
    pub(super) fn user(id: &crate::ids::UserId) -> Self {
        Self {
            kind: PartyKind::User,
            id: id.to_string(),
        }
    }

    /// A bot.
    pub(super) fn bot(id: &crate::ids::BotId) -> Self {
        Self {
            kind: PartyKind::Bot,
            id: id.to_string(),
        }
    }

    /// An app.
    pub(super) fn app(id: &AppId) -> Self {
        Self {
            kind: PartyKind::App,
            id: id.to_string(),
        }
    }

    /// The service.
    pub(super) fn system() -> Self {
        Self {
            kind: PartyKind::System,
            id: "wecom".to_owned(),
        }
    }
}

const PREVIEW_CHARS: usize = 60;
