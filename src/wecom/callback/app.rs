//! What an agent app is told: a message of a member, or an event.

use super::xml::{Element, XmlError};
use crate::ids::{ChatId, MediaId, MessageId, UserId};
use crate::secret::Secret;
use crate::wecom::bot::{CardEvent, CardSelection};

/// A message or an event for an agent app, as it came out of the envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct AppCallback {
    /// `ToUserName`: id of the company.
    pub corp_id: Option<String>,
    /// `FromUserName`: who wrote or did it.
    pub sender: Option<UserId>,
    /// `CreateTime`, in seconds since 1970.
    pub created_at: Option<i64>,
    /// `MsgId`: 64 bits in decimal, kept as text. Events have none.
    pub message_id: Option<MessageId>,
    /// `AgentID`: number of the app.
    pub agent_id: Option<u64>,
    /// `ChatId`: the group, where it is one.
    pub chat_id: Option<ChatId>,
    /// What was said or done.
    pub content: AppContent,
}

/// What a member sent to an agent app.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AppContent {
    /// Text as typed.
    Text(String),
    /// A picture; its content lies under `media` for three days.
    Image {
        /// To be fetched with the app's own credentials.
        media: Option<MediaId>,
    },
    /// A voice message.
    Voice {
        /// The recording.
        media: Option<MediaId>,
        /// What was said, where WeCom wrote it down.
        transcript: Option<String>,
    },
    /// A video, short ones included.
    Video {
        /// The video.
        media: Option<MediaId>,
    },
    /// A file.
    File {
        /// Its content.
        media: Option<MediaId>,
        /// Its name as the sender had it; from outside, never a path.
        name: Option<String>,
    },
    /// A place on the map.
    Location(AppLocation),
    /// A link with what WeCom shows of it.
    Link {
        /// Title.
        title: String,
        /// What stands below it.
        description: String,
        /// Where it leads.
        url: String,
    },
    /// Not a message.
    Event(AppEvent),
    /// A type that we do not know.
    Unknown {
        /// The type as WeCom named it.
        msgtype: String,
    },
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppLocation {
    /// `Location_X`, in degrees, as written.
    pub latitude: String,
    /// `Location_Y`, in degrees, as written.
    pub longitude: String,
    /// Name of the place.
    pub label: String,
}

/// What happened around an agent app.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AppEvent {
    /// A member opened the app; only if the console reports it.
    EnterAgent,
    /// A click on a card.
    Card {
        /// What was clicked and chosen.
        click: CardEvent,
        /// What changes the card: once, within 72 hours.
        response_code: Option<Secret>,
        /// Whether it was an entry of the card's menu.
        is_menu: bool,
    },
    /// Anything else: nothing to answer.
    Other {
        /// `Event` as WeCom named it.
        name: String,
        /// `EventKey`; empty for many.
        key: String,
    },
}

/// Why a document is no message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppMessageError {
    /// No XML, or XML that is not to be touched.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Without a type, nothing about it can be understood.
    #[error("the message names no type")]
    NoType,
}

const AGENT_ID: [&str; 4] = ["AgentID", "AgentId", "agentid", "agentId"];
const MESSAGE_ID: [&str; 4] = ["MsgId", "MsgID", "msgid", "msgId"];
const MEDIA_ID: [&str; 4] = ["MediaId", "MediaID", "mediaid", "mediaId"];
const FILE_NAME: [&str; 4] = ["FileName", "Filename", "fileName", "filename"];

impl AppCallback {
    /// Reads what came out of the envelope.
    ///
    /// # Errors
    /// [`AppMessageError`]: it is refused.
    pub fn parse(document: &str) -> Result<Self, AppMessageError> {
        let root = Element::parse(document)?;
        let id = |names: &[&str]| root.id_of(names).map(str::to_owned);
        let msgtype = id(&["MsgType"]).ok_or(AppMessageError::NoType)?;
        Ok(Self {
            corp_id: id(&["ToUserName"]),
            sender: id(&["FromUserName"]).map(UserId::new),
            created_at: id(&["CreateTime"]).and_then(|time| time.parse().ok()),
            message_id: id(&MESSAGE_ID).map(MessageId::new),
            agent_id: id(&AGENT_ID).and_then(|number| number.parse().ok()),
            chat_id: id(&["ChatId"]).map(ChatId::new),
            content: content(&root, msgtype),
        })
    }

    /// What tells it from every other of this account: its id, or for an event what it is
    /// about. WeCom repeats a callback that was not answered in time.
    pub fn identity(&self) -> MessageId {
        if let Some(id) = &self.message_id {
            return id.clone();
        }
        let (name, key) = match &self.content {
            AppContent::Event(event) => event.name_and_key(),
            _ => ("", ""),
        };
        let sender = self.sender.as_ref().map_or("", UserId::as_str);
        let at = self.created_at.unwrap_or_default();
        MessageId::new(format!("event:{sender}:{at}:{name}:{key}"))
    }
}

impl AppEvent {
    fn name_and_key(&self) -> (&str, &str) {
        match self {
            Self::EnterAgent => ("enter_agent", ""),
            Self::Card { click, .. } => (&click.task_id, &click.event_key),
            Self::Other { name, key } => (name, key),
        }
    }
}

fn content(root: &Element, msgtype: String) -> AppContent {
    let text = |name: &str| root.text_of(&[name]).to_owned();
    let media = || root.id_of(&MEDIA_ID).map(MediaId::new);
    match msgtype.as_str() {
        "text" => AppContent::Text(text("Content")),
        "image" => AppContent::Image { media: media() },
        "voice" => AppContent::Voice {
            media: media(),
            transcript: root.id_of(&["Recognition"]).map(str::to_owned),
        },
        "video" | "shortvideo" => AppContent::Video { media: media() },
        "file" => AppContent::File {
            media: media(),
            name: root.id_of(&FILE_NAME).map(str::to_owned),
        },
        "location" => AppContent::Location(AppLocation {
            latitude: text("Location_X"),
            longitude: text("Location_Y"),
            label: text("Label"),
        }),
        "link" => AppContent::Link {
            title: text("Title"),
            description: text("Description"),
            url: text("Url"),
        },
        "event" => AppContent::Event(event(root)),
        _ => AppContent::Unknown { msgtype },
    }
}

fn event(root: &Element) -> AppEvent {
    let name = root.id_of(&["Event"]).unwrap_or_default();
    let key = root.id_of(&["EventKey"]).unwrap_or_default();
    match name {
        "enter_agent" => AppEvent::EnterAgent,
        "template_card_event" | "template_card_menu_event" => AppEvent::Card {
            click: CardEvent {
                card_type: root.id_of(&["CardType"]).unwrap_or_default().to_owned(),
                event_key: key.to_owned(),
                task_id: root.id_of(&["TaskId"]).unwrap_or_default().to_owned(),
                selections: selections(root),
            },
            response_code: root.id_of(&["ResponseCode"]).map(Secret::new),
            is_menu: name == "template_card_menu_event",
        },
        _ => AppEvent::Other {
            name: name.to_owned(),
            key: key.to_owned(),
        },
    }
}

fn selections(root: &Element) -> Vec<CardSelection> {
    let Some(items) = root.child(&["SelectedItems"]) else {
        return Vec::new();
    };
    let selected = items.children("SelectedItem").filter_map(|item| {
        let options = item.child(&["OptionIds"]);
        let ids = options.into_iter().flat_map(|ids| ids.children("OptionId"));
        Some(CardSelection {
            question_key: item.id_of(&["QuestionKey"])?.to_owned(),
            option_ids: ids.map(|id| id.text().trim().to_owned()).collect(),
        })
    });
    selected.collect()
}

#[cfg(test)]
mod tests;
