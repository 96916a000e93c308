//! The ways into WeCom, as the planner sees them. A door makes one attempt and says what
//! is certain about it; which door is taken, and which next, is the planner's business.

mod app;
mod bot;
mod tags;

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::report::Invalid;
use crate::config::Account;
use crate::files::{FileGrant, sanitise};
use crate::ids::{Chat, ChatId, UserId};

pub use app::ApiDoor;
pub(super) use bot::take;
pub use bot::{BotLine, BotLines, MediaDoor, SocketDoor};
pub use tags::TagNames;

/// The bots of all accounts.
#[async_trait]
pub trait BotDoor: Send + Sync + std::fmt::Debug {
    /// Sends Markdown of at most 20,480 bytes into a chat. A connection that is coming back
    /// is waited for, for `patience` at most, and not beyond `until`; the conversation's
    /// quota is waited for until then.
    ///
    /// # Errors
    /// [`DoorError`] says whether it may have arrived.
    async fn send(&self, chat: &Chat, markdown: &str, limits: Limits)
    -> Result<Receipt, DoorError>;

    /// Sends one piece of media into a chat, as [`send`](Self::send).
    async fn send_media(&self, chat: &Chat, item: &MediaItem, limits: Limits) -> MediaAnswer;
}

/// The agent apps of all accounts.
#[async_trait]
pub trait AppDoor: Send + Sync + std::fmt::Debug {
    /// Sends text of at most 2,048 bytes: one call. Repeats that are certain to be safe
    /// (token refreshed, nothing sent) are the door's business, within `limits.until`.
    ///
    /// # Errors
    /// [`DoorError`] says whether it may have arrived.
    async fn send(
        &self,
        account: &Account,
        to: &AppReceiver,
        text: &str,
        limits: Limits,
    ) -> Result<Receipt, DoorError>;

    /// Uploads and sends one piece of media, as [`send`](Self::send).
    async fn send_media(
        &self,
        account: &Account,
        to: &AppReceiver,
        item: &MediaItem,
        limits: Limits,
    ) -> MediaAnswer;

    /// The tags of the company that the app may see.
    ///
    /// # Errors
    /// The list can't be had; names then go out as they are.
    async fn tags(&self, account: &Account) -> Result<Vec<Tag>, DoorError>;
}

/// How long an attempt may take, and how WeCom treats a repeat of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a connection that is coming back is waited for.
    pub reconnect: Duration,
    /// When everything must be over.
    pub until: Instant,
    /// How long WeCom drops an identical request of an agent app.
    pub duplicate_check: Option<Duration>,
}

/// Receivers of one call of an agent app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppReceiver {
    /// `touser`: at most 1,000.
    Users(Vec<UserId>),
    /// `toparty`: at most 100.
    Parties(Vec<u32>),
    /// `totag`: at most 100 numbers, or names that no number was found for.
    Tags(Vec<String>),
    /// `touser: @all`.
    All,
    /// `appchat/send`.
    Chat(ChatId),
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
}

/// Media to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaItem {
    /// Something to be loaded.
    Reference {
        /// Address or path.
        reference: String,
        /// Local files that it may name.
        grant: FileGrant,
    },
    /// A document made here.
    Document {
        /// Its name, with an extension.
        name: String,
        /// Its text.
        content: String,
    },
}

impl MediaItem {
    /// Its name for people: the last component, without query; never a path.
    pub fn name(&self) -> String {
        let text = match self {
            Self::Document { name, .. } => return name.clone(),
            Self::Reference { reference, .. } => reference,
        };
        let text = text.split(['?', '#']).next().unwrap_or_default();
        let last = text
            .trim_end_matches(['/', '\\'])
            .rsplit(['/', '\\'])
            .next();
        sanitise(last.unwrap_or_default())
    }
}

/// WeCom took it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The message's id, if there is one.
    pub message_id: Option<String>,
    /// Receivers that WeCom did not take; the others have it.
    pub invalid: Invalid,
}

/// What became of one piece of media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaAnswer {
    /// Its name for people: no path.
    pub name: String,
    /// What the people in the chat should read about it, where it did not go out as it is.
    pub note: Option<String>,
    /// What is certain.
    pub result: Result<Receipt, MediaProblem>,
}

/// Why a piece of media is not out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaProblem {
    /// The door failed; another may not.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// It can't be loaded or has no form that WeCom takes: no door helps.
    #[error("{0}")]
    Unusable(String),
}

/// Why a door did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// Nothing reached WeCom.
    #[error("{message}")]
    NotSent {
        /// A word for it.
        reason: NotSent,
        /// What happened and what to do.
        message: String,
    },
    /// WeCom answered with an error: it did not arrive.
    #[error("WeCom refused the message: {code} {message}")]
    Refused {
        /// `errcode`.
        code: i64,
        /// `errmsg`, and what to do where we know it.
        message: String,
        /// What it means for the next step.
        class: RefusalClass,
    },
    /// It was sent and not confirmed: it may have arrived.
    #[error("the message was sent, but WeCom did not confirm it; it is not repeated")]
    Unknown,
}

/// Why nothing reached WeCom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotSent {
    /// No connection, or none in time.
    NotConnected,
    /// Too many messages wait already.
    QueueFull,
    /// The conversation's quota is used up for longer than may be waited.
    Quota,
    /// The server could not be reached.
    Unreachable,
    /// The time for the whole request is over.
    OutOfTime,
    /// It breaks a rule of WeCom's that is known before anything is sent.
    Unsendable,
}

impl NotSent {
    /// The word for it in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotConnected => "not_connected",
            Self::QueueFull => "queue_full",
            Self::Quota => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::OutOfTime => "out_of_time",
            Self::Unsendable => "unsendable",
        }
    }
}

/// What a refusal means for the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// The receiver, or a reason that another door may not share.
    Receiver,
    /// The content: no door takes it as it is.
    Content,
    /// The content is too long: shorter pieces may pass.
    TooLong,
    /// Too much at once, for longer than was waited.
    RateLimited,
    /// Something that the operator has to put right.
    Configuration,
}

impl DoorError {
    /// A word of ours, or WeCom's number.
    pub fn code(&self) -> String {
        match self {
            Self::NotSent { reason, .. } => reason.as_str().to_owned(),
            Self::Refused { code, .. } => code.to_string(),
            Self::Unknown => "unconfirmed".to_owned(),
        }
    }
}
