//! The seam to HTTP: who fetches what a URL names.

use std::fmt;
use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use url::Url;

/// Fetches what somebody outside has named. An implementation guards against addresses of
/// the own network on every hop, follows at most three redirects, and limits how long a
/// connection and a silence may take; the whole is limited by whoever reads.
#[async_trait]
pub trait RemoteFetch: Send + Sync + fmt::Debug {
    /// Asks for `url` and returns once the headers of a success are there.
    ///
    /// # Errors
    /// [`FetchError`]; nothing of the body was read.
    async fn fetch(&self, url: &Url) -> Result<Fetched, FetchError>;
}

/// A successful answer whose body is still to be read.
pub struct Fetched {
    /// Where the last redirect led.
    pub url: Url,
    /// `Content-Type` without parameters.
    pub content_type: Option<String>,
    /// The name that `Content-Disposition` gives, decoded.
    pub file_name: Option<String>,
    /// `Content-Length`.
    pub length: Option<u64>,
    /// The bytes. Dropping it ends the request.
    pub body: BoxStream<'static, Result<Bytes, FetchError>>,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("host", &self.url.host_str())
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Why nothing was fetched. Names hosts, never whole addresses: they may hold keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address is not one that may be asked.
    #[error("the address is not allowed: {0}")]
    Refused(String),
    /// The server answered with something else than success.
    #[error("the server answered {0}")]
    Status(u16),
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// The connection could not be made, or broke.
    #[error("the connection failed: {0}")]
    Network(String),
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Io(#[from] io::Error),
}
