//! Who fetched what.

use serde::{Deserialize, Serialize};

use super::AttachmentKind;
use crate::ids::{BotId, MediaId, MessageId};

/// An address that a bot was given, and its fetches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Download {
    /// The address' name, which its URL holds.
    pub id: String,
    /// The whole URL, as pushed.
    pub url: String,
    /// The bot that was given it.
    pub bot: BotId,
    /// The message that carried it.
    pub msgid: MessageId,
    /// What the file was sent as.
    pub kind: AttachmentKind,
    /// The file, whose bytes are at `/sim/media/{id}`.
    pub media: MediaId,
    /// Its name.
    pub name: String,
    /// Its size in bytes, before encryption.
    pub size: u64,
    /// When the address was given out (Unix milliseconds).
    pub at: i64,
    /// Until when it is valid (Unix milliseconds).
    pub expires_at: i64,
    /// How often it was asked for.
    pub fetched: u64,
    /// The first of these requests.
    pub fetches: Vec<Fetch>,
}

/// A request for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// When it came (Unix milliseconds).
    pub at: i64,
    /// The status that it was answered with.
    pub status: u16,
}
