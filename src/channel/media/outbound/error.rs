//! Why a reference does not become media.

use super::remote::FetchError;
use crate::files::FileError;

/// Why what a reference names could not be loaded. The causes are for the log; what people
/// read is made by [`closing_notes`](super::closing_notes) and never has a local path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// Outside of the folders that files may be sent from, or a name that is never given
    /// out. The same whether or not there is such a file.
    #[error("the file may not be sent: {0}")]
    PathNotAllowed(#[source] FileError),
    /// Allowed, but not there.
    #[error("there is no such file")]
    NotFound,
    /// A folder, a pipe, a socket or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Over the limit.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// Bytes, where they are known: a download is given up at the limit.
        size: Option<u64>,
        /// Bytes it may have.
        limit: u64,
    },
    /// It has no bytes.
    #[error("it is empty")]
    Empty,
    /// The server, the network or the disk failed; another try may help.
    #[error("it could not be fetched: {0}")]
    FetchFailed(#[source] FetchError),
    /// Nothing that media is named by.
    #[error("it is no reference to media: {0}")]
    InvalidReference(&'static str),
}

impl MediaError {
    /// The class, as results and logs name it.
    pub fn class(&self) -> &'static str {
        match self {
            Self::PathNotAllowed(_) => "path-not-allowed",
            Self::NotFound => "not-found",
            Self::NotAFile => "not-a-file",
            Self::TooLarge { .. } => "too-large",
            Self::Empty => "empty",
            Self::FetchFailed(_) => "fetch-failed",
            Self::InvalidReference(_) => "invalid-reference",
        }
    }

    /// The error for the operator, who named it: with the setting that would allow it.
    pub(in crate::channel) fn for_operator(&self) -> String {
        match self {
            Self::PathNotAllowed(_) => {
                format!("{self}; folders can be allowed with `mediaLocalRoots`")
            }
            _ => self.to_string(),
        }
    }

    /// Whether the reference led to nothing, so that another spelling of it may.
    pub(super) fn is_unresolved(&self) -> bool {
        matches!(
            self,
            Self::NotFound | Self::NotAFile | Self::PathNotAllowed(_) | Self::FetchFailed(_)
        )
    }
}

impl From<FileError> for MediaError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Malformed { problem, .. } => Self::InvalidReference(problem),
            FileError::NotFound { .. } => Self::NotFound,
            FileError::NotAFile { .. } => Self::NotAFile,
            FileError::TooLarge { size, limit, .. } => Self::TooLarge {
                size: Some(size),
                limit,
            },
            FileError::Io { source, .. } => Self::FetchFailed(FetchError::Disk(source)),
            not_allowed => Self::PathNotAllowed(not_allowed),
        }
    }
}
