//! Why an upload brought no media id.

use std::fmt;
use std::io;
use std::time::Duration;

use super::super::{Refusal, SendError};

/// Why an upload brought no media id.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// WeCom does not take it as what it is said to be: another kind may be tried.
    #[error("WeCom refused the kind or size: {0}")]
    KindRefused(Refusal),
    /// WeCom received other bytes than were sent, twice.
    #[error("WeCom received other bytes than were sent")]
    Damaged,
    /// WeCom refused a frame, repeatedly.
    #[error("the {step} of an upload was refused: {refusal}")]
    Refused {
        /// Which frame.
        step: UploadStep,
        /// WeCom's answer.
        refusal: Refusal,
    },
    /// The connection was lost and did not come back, or is parked.
    #[error("the bot is not connected; the {0} of an upload was not sent")]
    NotConnected(UploadStep),
    /// WeCom confirmed a frame repeatedly not.
    #[error("WeCom did not confirm the {0} of an upload")]
    Unconfirmed(UploadStep),
    /// WeCom's answer lacks the id that it should bring.
    #[error("WeCom's answer to the {0} of an upload has no id")]
    MissingId(UploadStep),
    /// More than an upload can have.
    #[error("{size} bytes are more than an upload can have")]
    TooManyChunks {
        /// Bytes.
        size: u64,
    },
    /// The bot has uploaded too much lately.
    #[error("the bot's quota of uploads is used up for {wait:?}")]
    Quota {
        /// How long until there is room again.
        wait: Duration,
    },
    /// It took so long that WeCom is about to forget it.
    #[error("the upload took more than 25 minutes")]
    TimedOut,
    /// The bytes can't be read.
    #[error("the bytes to upload can't be read: {0}")]
    Read(#[from] io::Error),
}

impl UploadError {
    pub(super) fn of(step: UploadStep, error: SendError) -> Self {
        match error {
            SendError::Refused(refusal) if refusal.code.is_media_refused() => {
                Self::KindRefused(refusal)
            }
            SendError::Refused(refusal) if is_damage(&refusal) => Self::Damaged,
            SendError::Refused(refusal) => Self::Refused { step, refusal },
            SendError::Unknown => Self::Unconfirmed(step),
            SendError::NotConnected | SendError::QueueFull => Self::NotConnected(step),
        }
    }
}

/// Whether WeCom says that the digest differs. The number is of its global table and has not
/// been seen on the socket.
pub(super) fn is_damage(refusal: &Refusal) -> bool {
    const DIGEST_DIFFERS: i64 = 301_019;
    refusal.code.number() == DIGEST_DIFFERS || refusal.message.to_ascii_lowercase().contains("md5")
}

/// A part of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStep {
    /// `aibot_upload_media_init`.
    Init,
    /// `aibot_upload_media_chunk`.
    Chunk,
    /// `aibot_upload_media_finish`.
    Finish,
}

impl fmt::Display for UploadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "beginning",
            Self::Chunk => "chunk",
            Self::Finish => "end",
        })
    }
}
