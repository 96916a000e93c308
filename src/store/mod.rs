//! Durable state behind one trait; SQLite by default.
//!
//! Everything that must survive a kill goes through [`Store`]; everything else may be
//! lost and is. A message moves through [`Stage`]s and never back:
//!
//! ```text
//! recorded ──► started ──► answered ──► closed
//!  accepted     agent runs   decided what   reply is out, or
//!               (attempts)   goes out       given up with a reason
//! ```

mod acp;
mod cards;
mod cron;
mod history;
mod openclaw;
mod pairing;
mod routes;
mod sqlite;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Chat, MessageId, ReqId, StreamId, UserId};

pub use acp::AcpSessionStore;
pub use cards::{CardStore, StoredCard};
pub use cron::{
    Claim, Claimed, CronStore, Finished, JobAfterRun, JobChange, JobChanged, JobPage, NewRun,
    OpenRun, RunEnd, RunFilter, RunStage, StoredJob, StoredRun,
};
pub use history::{HistoryStore, HistoryTurn};
pub use openclaw::{OpenClawStore, OutClaim};
pub use pairing::{ApprovedSender, Knocked, PairingRequest, PairingStore};
pub use routes::{KnownChat, LastRoute, NoRoutes, RouteStore, RouteVia};
pub use sqlite::SqliteStore;

/// Row id of a recorded message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InboxId(pub i64);

/// A message about to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The conversation.
    pub chat: Chat,
    /// Who wrote.
    pub sender: UserId,
    /// How it came.
    pub via: RouteVia,
    /// With the account, what makes the message itself: a repeat is recorded once.
    pub message_id: MessageId,
    /// The id that a reply carries.
    pub req_id: ReqId,
    /// The stream its answer will use, chosen before anything is sent, so that a restart
    /// goes on in the same stream.
    pub stream_id: StreamId,
    /// The push as received; what recovery parses again. Dropped when the message closes.
    pub payload: String,
    /// Milliseconds since 1970.
    pub received_at_ms: i64,
    /// Whether its turn begins at once: counted with the record, instead of by a
    /// [`Store::begin_turn`] that would have to be durable first.
    pub begins: bool,
}

/// What became of a [`NewMessage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Durable now, and ours to answer.
    New(InboxId),
    /// Seen before; not to be worked on again.
    Duplicate,
}

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Accepted, no turn begun.
    Recorded,
    /// A turn was begun this many times.
    Started {
        /// Turns begun so far, at least 1.
        attempts: u32,
    },
    /// It is decided what goes out; whether all of it went out is unknown.
    Answered {
        /// What to deliver.
        answer: Answer,
    },
}

/// A final answer on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What goes out and how far that has come, in the words of whoever delivers it.
    pub body: String,
    /// When it was decided, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A message found open at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMessage {
    /// Its row.
    pub id: InboxId,
    /// As it was recorded.
    pub message: NewMessage,
    /// What was fetched of its files, as [`Store::keep_files`] was given it.
    pub files: Option<String>,
    /// How far it had come.
    pub stage: Stage,
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The answer is out.
    Delivered,
    /// The agent chose to say nothing.
    Silent,
    /// The sender stopped it, and was told.
    Stopped,
    /// No way was left to deliver the answer.
    Undeliverable,
    /// Too old to be answered when it was found open.
    Expired,
    /// It became a part of another message, and is answered with it.
    Merged,
}

impl Outcome {
    /// The word for it in the database and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Silent => "silent",
            Self::Stopped => "stopped",
            Self::Undeliverable => "undeliverable",
            Self::Expired => "expired",
            Self::Merged => "merged",
        }
    }
}

/// A token of an MCP client as it is kept: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Its name, unique.
    pub id: String,
    /// SHA-256 of the token.
    pub digest: [u8; 32],
    /// The account it acts through.
    pub account: AccountId,
    /// The member it acts for; `None` may only do what the bot may do by itself.
    pub user: Option<UserId>,
    /// Whether only reading methods are open to it.
    pub read_only: bool,
    /// Categories it may use; empty is all.
    pub categories: Vec<String>,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// Milliseconds since 1970; `None` lasts until it is revoked.
    pub expires_at_ms: Option<i64>,
}

/// Why the store could not do it. Nothing of the failed call is durable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk is full: free space, then the same call works.
    #[error("the disk that holds the state is full")]
    DiskFull,
    /// The file belongs to a newer program.
    #[error("the state has schema version {found}, this program knows up to {known}: upgrade it")]
    TooNew {
        /// Version found in the file.
        found: i64,
        /// Newest version known here.
        known: i64,
    },
    /// The directory of the file can't be made or protected.
    #[error("cannot prepare the state directory {path}")]
    Directory {
        /// The directory.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store was closed, or its thread is gone.
    #[error("the store is closed")]
    Closed,
    /// The transaction that held the call could not be made durable.
    #[error("the state database could not commit: {reason}")]
    Commit {
        /// What the engine said.
        reason: String,
    },
    /// Anything else the engine reports.
    #[error("the state database failed")]
    Engine(#[source] rusqlite::Error),
}

/// What must survive a kill.
///
/// Every method returns when its effect is durable. All are idempotent where a repeat can
/// happen after a crash.
#[async_trait]
pub trait Store:
    AcpSessionStore
    + CardStore
    + CronStore
    + HistoryStore
    + OpenClawStore
    + PairingStore
    + RouteStore
    + Send
    + Sync
    + std::fmt::Debug
{
    /// Accepts messages, all of them or (on an error) none; answers in the same order.
    async fn record(&self, messages: Vec<NewMessage>) -> Result<Vec<Recorded>, StoreError>;

    /// Counts one more turn for a message and returns how many that makes.
    async fn begin_turn(&self, id: InboxId) -> Result<u32, StoreError>;

    /// Keeps what was fetched of a message's files: their addresses die within minutes, and
    /// a restart must not lose what was downloaded.
    async fn keep_files(&self, id: InboxId, files: String) -> Result<(), StoreError>;

    /// Keeps what goes out before any of it is sent. The first answer stays: a repeat
    /// changes nothing.
    async fn answer(&self, id: InboxId, answer: Answer) -> Result<(), StoreError>;

    /// Keeps how far an answer has come; does nothing to a message without one.
    async fn progress(&self, id: InboxId, body: String) -> Result<(), StoreError>;

    /// Makes one message of several: `into` says what `payload` says, and the others end as
    /// parts of it. All of it is durable, or nothing.
    async fn merge(
        &self,
        into: InboxId,
        payload: String,
        others: Vec<InboxId>,
        at_ms: i64,
    ) -> Result<(), StoreError>;

    /// Ends a message and forgets its contents.
    async fn close(&self, id: InboxId, outcome: Outcome, at_ms: i64) -> Result<(), StoreError>;

    /// The messages of an account that are not closed, oldest first.
    async fn open_messages(&self, account: &AccountId) -> Result<Vec<OpenMessage>, StoreError>;

    /// Forgets closed messages last touched before `before_ms`; returns how many.
    async fn prune(&self, before_ms: i64) -> Result<usize, StoreError>;

    /// Keeps a token of an MCP client. `false`: there is one of that name already, which
    /// stays as it is.
    async fn add_token(&self, token: StoredToken) -> Result<bool, StoreError>;

    /// The tokens of MCP clients, by name; expired ones too.
    async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError>;

    /// Forgets the token of that name; whether there was one.
    async fn revoke_token(&self, id: &str) -> Result<bool, StoreError>;
}
