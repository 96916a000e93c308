//! Why something is not fetched.

use std::error::Error;

use super::names::NotAllowed;

/// Why nothing, or not all, was fetched. No text of it holds more of the URL than its host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// The URL, or the one that a redirect names, is none.
    #[error("the address is not a URL")]
    Malformed,
    /// Neither `https` nor an allowed `http`.
    #[error("the scheme `{0}` is not allowed; use https, or see media.allowHttp")]
    Scheme(String),
    /// A name and a password stand before the host.
    #[error("the address holds user info, which is not allowed")]
    UserInfo,
    /// The host, or the address that it resolves to, is not on the open Internet.
    #[error(
        "the host `{host}` may not be reached; intranet hosts are listed in media.allowedHosts"
    )]
    Refused {
        /// As in the URL.
        host: String,
    },
    /// More of them than are followed.
    #[error("there are too many redirects")]
    TooManyRedirects,
    /// The server answered with something else than success.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// It took too long.
    #[error("{0} took too long")]
    Timeout(Phase),
    /// There are more bytes than may be.
    #[error("the content has more than {limit} bytes")]
    TooLarge {
        /// Bytes that were allowed.
        limit: u64,
        /// Bytes as announced; `None` where they were counted.
        announced: Option<u64>,
    },
    /// No connection, or one that broke before the end.
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
}

/// The part of a request that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Resolving the name and reaching the server.
    Connect,
    /// Waiting for the headers.
    Headers,
    /// Waiting for more of the body.
    Body,
    /// All of it: the caller's deadline has come.
    Whole,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "reaching the server",
            Self::Headers => "the server's answer",
            Self::Body => "the next part of the content",
            Self::Whole => "the whole request",
        })
    }
}

impl GuardError {
    /// Whether the same request may succeed a moment later: 429, 5xx, connections that
    /// fail or break, time-outs other than the caller's own deadline.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Status(status) => *status == 429 || (500..600).contains(status),
            Self::Timeout(phase) => *phase != Phase::Whole,
            Self::Connection(_) => true,
            Self::Malformed
            | Self::Scheme(_)
            | Self::UserInfo
            | Self::Refused { .. }
            | Self::TooManyRedirects
            | Self::TooLarge { .. } => false,
        }
    }

    /// What the HTTP library's error means; the URL is taken out of it.
    pub(super) fn of(error: reqwest::Error) -> Self {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<NotAllowed>() {
                return Self::Refused {
                    host: refused.host.clone(),
                };
            }
            cause = inner.source();
        }
        if error.is_timeout() {
            Self::Timeout(Phase::Connect)
        } else {
            Self::Connection(error.without_url())
        }
    }
}
