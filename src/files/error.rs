//! Why a file can't be read or kept.

use std::io;

/// Why a file that somebody named is not read. The message says the path as it was given
/// and never where it leads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not a path at all: empty, too long, with control characters, another scheme.
    #[error("`{given}` can't be a file: {problem}")]
    Malformed {
        /// As given, cut.
        given: String,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
    /// Outside of the allowed folders, or a name that is never given out. Says the same
    /// whether the file exists or not.
    #[error("`{given}` may not be read; {allowed}")]
    NotAllowed {
        /// As given.
        given: String,
        /// Where files may lie.
        allowed: String,
    },
    /// Allowed, but not there.
    #[error("there is no file `{given}`")]
    NotFound {
        /// As given.
        given: String,
    },
    /// A folder, a pipe, a socket or a device.
    #[error("`{given}` is not a regular file")]
    NotAFile {
        /// As given.
        given: String,
    },
    /// A hard link to a file of somebody else.
    #[error("`{given}` is a hard link to a file of another user; name a copy instead")]
    TooManyLinks {
        /// As given.
        given: String,
    },
    /// Over the limit.
    #[error("`{given}` has {size} bytes, at most {limit} are allowed")]
    TooLarge {
        /// As given.
        given: String,
        /// Bytes there are, or as many as were looked at.
        size: u64,
        /// Bytes there may be.
        limit: u64,
    },
    /// The disk took too long, or failed.
    #[error("`{given}` can't be read: {source}")]
    Io {
        /// As given.
        given: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Why the store does not keep or find a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is none that this identity may see.
    #[error("there is no such file any more; ask for it again")]
    NotFound,
    /// Over the limit of one file.
    #[error("the file has {size} bytes or more, at most {limit} are kept")]
    TooLarge {
        /// Bytes there are, or as many as were written.
        size: u64,
        /// Bytes there may be.
        limit: u64,
    },
    /// The account's folder is full and nothing in it can be removed.
    #[error("the media folder has no room for {size} more bytes, its limit is {limit}")]
    Full {
        /// Bytes to add.
        size: u64,
        /// Bytes all files together may have.
        limit: u64,
    },
    /// The account is not configured.
    #[error("the account has no media folder")]
    NoFolder,
    /// The disk failed or is full.
    #[error("the media folder can't be used: {0}")]
    Io(#[from] io::Error),
}
