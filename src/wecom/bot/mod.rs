//! The bot's long connection (WebSocket): typed frames and one client.
//!
//! [`BotClient::start`] opens the connection and keeps it. What WeCom pushes arrives as
//! [`PushFrame`]s, what we say goes out as [`Command`]s, each of which resolves when WeCom
//! acknowledges it. The module knows no policy, no agent and no store.

mod backoff;
mod bots;
mod client;
mod command;
mod connection;
mod dial;
mod encode;
mod error;
mod frame;
mod inbox;
mod lane;
mod link;
mod outbound;
mod pending;
mod proxy;
mod push;
mod reach;
mod sanitize;
mod session;
mod settings;
mod state;
mod tls;
mod upload;

pub(crate) use bots::RECONNECT_PATIENCE;
pub use bots::{BotError, Bots};
pub use client::{BotClient, StreamUpdate};
pub use command::{Command, MessageBody, StreamFrame, UploadId, UploadKind, WelcomeBody};
pub use error::{Ack, ErrorCode, Refusal, SendError};
pub use link::MAX_FRAME_BYTES;
pub use push::{
    CardEvent, CardSelection, Content, Envelope, Event, EventPush, FeedbackEvent, FrameError,
    MediaRef, MessagePush, MixedItem, Push, PushFrame, Rating,
};
pub use reach::reach;
pub(crate) use settings::bare_host;
pub use settings::{BotSettings, SettingsError};
pub use state::{Cause, ConnectStep, ConnectionState};
pub(crate) use tls::{load as load_tls, roots as load_roots};
pub use upload::{CHUNK_BYTES, Upload, UploadBytes, UploadError, UploadStep, Uploaded, Uploader};
pub(crate) use upload::{Cache as UploadCache, Key as UploadKey};

#[cfg(test)]
mod tests;
