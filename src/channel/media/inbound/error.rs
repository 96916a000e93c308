//! Why an attachment is missing.

use std::io;

use super::cipher::{DecryptError, KeyError};
use crate::agent::AttachmentKind;
use crate::egress::guard::GuardError;
use crate::files::StoreError;
use crate::wecom::api::ApiError;

/// Why an attachment is not there. Texts of it hold neither the address nor the file's name:
/// they are for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// It is larger than `media.maxBytes`. The whole message is not for the agent then.
    #[error("the attachment ({kind:?}) has more than {limit} bytes (media.maxBytes)")]
    TooLarge {
        /// What it was sent as.
        kind: AttachmentKind,
        /// Its name for people, or one made of the kind.
        name: String,
        /// Bytes that are allowed.
        limit: u64,
        /// Bytes of ciphertext that the server announced; `None` where it said nothing.
        announced: Option<u64>,
    },
    /// It could not be had, or not be read. The turn goes on without it.
    #[error("the attachment ({kind:?}) could not be fetched")]
    Unreadable {
        /// What it was sent as.
        kind: AttachmentKind,
        /// For the log.
        #[source]
        cause: Cause,
    },
}

impl FetchError {
    /// What the attachment was sent as.
    pub fn kind(&self) -> AttachmentKind {
        match self {
            Self::TooLarge { kind, .. } | Self::Unreadable { kind, .. } => *kind,
        }
    }
}

/// Why an attachment could not be had or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] GuardError),
    /// Its address is no longer valid: five minutes have passed since the push, perhaps
    /// with attempts that failed.
    #[error("the address has expired")]
    Expired,
    /// It lies with WeCom under an id, and there are no credentials to ask for it with.
    #[error("there is no address, only an id")]
    NoAddress,
    /// WeCom did not hand it out.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The content does not fit the key.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// It came without a key, and is nothing that is known: most likely ciphertext.
    #[error("there is no key, and the content is of no known type")]
    NotRecognised,
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Cause {
    /// Whether another attempt may help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_retryable())
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Store(error.into())
    }
}
