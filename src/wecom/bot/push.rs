//! What WeCom pushes, as types.

use std::fmt;
use std::sync::Arc;

use crate::ids::{BotId, ChatId, ChatKind, MessageId, ReqId, StreamId, UserId};
use crate::secret::Secret;

/// One pushed frame: its meaning, and its text for whoever has to remember it.
#[derive(Clone, PartialEq, Eq)]
pub struct PushFrame {
    /// What the frame says.
    pub push: Push,
    /// The frame's text after sanitising: [`PushFrame::parse`] makes the same value of it
    /// again. It holds media keys and one-time URLs and must not be logged.
    pub raw: Arc<str>,
}

impl fmt::Debug for PushFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushFrame")
            .field("push", &self.push)
            .field("raw_bytes", &self.raw.len())
            .finish()
    }
}

/// A user's message or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// `aibot_msg_callback`.
    Message(MessagePush),
    /// `aibot_event_callback`.
    Event(EventPush),
}

impl Push {
    /// What messages and events have in common.
    pub fn envelope(&self) -> &Envelope {
        match self {
            Self::Message(message) => &message.envelope,
            Self::Event(event) => &event.envelope,
        }
    }
}

/// What every push carries. WeCom leaves out what does not apply, and sometimes more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Ties every frame of the reply to this push. Never empty.
    pub req_id: ReqId,
    /// `msgid`: unique per push; the same push may come again with the same id.
    pub message_id: Option<MessageId>,
    /// `create_time`, seconds since 1970.
    pub create_time: Option<i64>,
    /// `aibotid`.
    pub bot_id: Option<BotId>,
    /// `chatid`, or else `from.chat_id` (seen in permission events). Absent in direct chats.
    pub chat_id: Option<ChatId>,
    /// `chattype`; `None` when absent or not known to us.
    pub chat_kind: Option<ChatKind>,
    /// `from.userid`.
    pub sender: Option<UserId>,
    /// `from.corpid`: third-party bots only.
    pub corp_id: Option<String>,
    /// URL for one late reply without the socket, valid for an hour.
    pub response_url: Option<Secret>,
}

/// A user's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePush {
    /// Who, where, when.
    pub envelope: Envelope,
    /// What was said.
    pub content: Content,
    /// The earlier message that the user quoted.
    pub quote: Option<Content>,
}

/// The content of a message or of a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Text as typed; in groups it contains the mention of the bot.
    Text(String),
    /// One picture.
    Image(MediaRef),
    /// Text and pictures in the order of the message.
    Mixed(Vec<MixedItem>),
    /// The transcript of a voice message; WeCom hands out no audio.
    Voice(String),
    /// One file.
    File(MediaRef),
    /// One video.
    Video(MediaRef),
    /// The refresh poll of callback mode; never expected on the socket.
    Stream {
        /// The stream asked for.
        id: StreamId,
    },
    /// A type that we do not know, or a known one without its required fields.
    Unknown {
        /// The type as WeCom named it.
        msgtype: String,
    },
}

/// One part of a mixed message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MixedItem {
    /// A piece of text.
    Text(String),
    /// A picture.
    Image(MediaRef),
    /// A file. Not in WeCom's documentation, but seen.
    File(MediaRef),
    /// A type that we do not know, or a known one without its required fields.
    Unknown {
        /// The type as WeCom named it.
        msgtype: String,
    },
}

/// Where to fetch a piece of media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRef {
    /// HTTPS URL of the encrypted content, valid for 5 minutes.
    pub url: Secret,
    /// Base64 of the 32-byte AES key of this URL.
    pub aes_key: Option<Secret>,
    /// Name as the sender had it; from outside, never a path.
    pub file_name: Option<String>,
    /// Size as announced, in bytes.
    pub size_bytes: Option<u64>,
    /// MD5 as announced, in hex.
    pub md5: Option<String>,
}

/// Something happened that is not a message.
///
/// The `req_id` of an event cannot be used with `aibot_respond_msg`: WeCom answers
/// `846605`. Events have their own answers, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPush {
    /// Who, where, when. Events often lack sender and chat.
    pub envelope: Envelope,
    /// What happened.
    pub event: Event,
}

/// The events of WeCom.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A user opened the direct chat for the first time today; answered with
    /// [`Command::Welcome`](super::Command::Welcome) within 5 s.
    EnterChat,
    /// A click on a card; answered with
    /// [`Command::UpdateCard`](super::Command::UpdateCard) within 5 s.
    TemplateCard(CardEvent),
    /// A user rated a reply. Cannot be answered.
    Feedback(FeedbackEvent),
    /// The bot's document permissions changed.
    AuthChange {
        /// The current permissions: 1 create and edit documents, 2 read members'
        /// documents; other numbers are unknown permissions. May be empty.
        auth_list: Vec<i64>,
    },
    /// WeCom asks for our version; answered with
    /// [`Command::EnterCheck`](super::Command::EnterCheck).
    EnterCheckUpdate,
    /// Another connection took the bot over. The client deals with it; it never reaches
    /// the receiver of pushes.
    Disconnected,
    /// An event that we do not know.
    Unknown {
        /// The type as WeCom named it.
        event_type: String,
    },
}

/// A click on a card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardEvent {
    /// Type of the card, for example `vote_interaction`.
    pub card_type: String,
    /// `key` of the button, submit button or menu action.
    pub event_key: String,
    /// The card's `task_id` as it was sent.
    pub task_id: String,
    /// The choices; empty for menu clicks.
    pub selections: Vec<CardSelection>,
}

/// What was chosen for one question of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardSelection {
    /// The question's key.
    pub question_key: String,
    /// The ids of the chosen options.
    pub option_ids: Vec<String>,
}

/// A user's rating of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackEvent {
    /// The `feedback.id` that the reply carried.
    pub id: String,
    /// The verdict.
    pub rating: Rating,
    /// Free text, only with [`Rating::Inaccurate`].
    pub content: Option<String>,
    /// Why, only with [`Rating::Inaccurate`]: 1 off topic, 2 incomplete, 3 wrong, 4 faulty
    /// data analysis.
    pub reasons: Vec<i64>,
}

/// A verdict on a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rating {
    /// 1.
    Accurate,
    /// 2.
    Inaccurate,
    /// 3: an earlier rating was withdrawn.
    Withdrawn,
    /// A number that we do not know.
    Other(i64),
}

/// Why a frame is not a push.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Not a JSON object, even after repair.
    #[error("the frame is not a JSON object")]
    NotJson,
    /// `headers.req_id` is absent or empty.
    #[error("the frame has no req_id")]
    NoReqId,
    /// A message without a type, or an event without an event type.
    #[error("the frame names no message or event type")]
    NoType,
    /// The frame is an acknowledgement or carries a command that is not a push.
    #[error("the frame is not a message or event")]
    NotAPush,
}
