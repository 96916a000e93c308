//! What became of one reference.

use std::time::Duration;

use url::Url;

use super::error::MediaError;
use super::kind::{Note, Rejection};
use crate::ids::ReqId;
use crate::wecom::bot::{SendError, UploadError, UploadKind};

/// What became of one reference.
#[derive(Debug)]
pub struct MediaOutcome {
    /// Its name for people: no path.
    pub name: String,
    /// Its address, if people may be shown it.
    pub url: Option<Url>,
    /// Whether it is in the chat.
    pub delivery: MediaDelivery,
}

/// Whether something is in the chat.
#[derive(Debug)]
pub enum MediaDelivery {
    /// It is.
    Delivered(SentMedia),
    /// It was sent, and WeCom did not confirm it: it may be.
    Unknown(SentMedia),
    /// It is not.
    Failed(MediaFailure),
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMedia {
    /// As what.
    pub kind: UploadKind,
    /// Why not as what it is.
    pub note: Option<Note>,
    /// The message's id; `None` where WeCom confirmed nothing.
    pub message_id: Option<ReqId>,
}

/// Why something was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaFailure {
    /// It could not be loaded.
    #[error("{class}: {0}", class = .0.class())]
    Load(#[from] MediaError),
    /// WeCom would not take it.
    #[error("rejected: {0}")]
    Rejected(#[from] Rejection),
    /// It could not be uploaded.
    #[error("upload: {0}")]
    Upload(#[from] UploadError),
    /// The message with it could not be sent.
    #[error("message: {0}")]
    Send(#[from] SendError),
    /// The conversation's budget of messages is used up for longer than is waited.
    #[error("the conversation's budget of messages is used up for {0:?}")]
    Budget(Duration),
}

impl MediaOutcome {
    /// What was sent, confirmed or not.
    pub fn sent(&self) -> Option<&SentMedia> {
        match &self.delivery {
            MediaDelivery::Delivered(sent) | MediaDelivery::Unknown(sent) => Some(sent),
            MediaDelivery::Failed(_) => None,
        }
    }

    /// Why nothing was sent.
    pub fn failure(&self) -> Option<&MediaFailure> {
        match &self.delivery {
            MediaDelivery::Failed(failure) => Some(failure),
            MediaDelivery::Delivered(_) | MediaDelivery::Unknown(_) => None,
        }
    }

    /// Why it went out as a file instead of what it is.
    pub fn note(&self) -> Option<&Note> {
        self.sent()?.note.as_ref()
    }
}
