//! The content of a fetched URL, piece by piece.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderName;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tokio::time::Instant;
use url::Url;

use super::error::{GuardError, Phase};

/// A response whose body is still to be read.
#[derive(Debug)]
pub struct Download {
    response: reqwest::Response,
    url: Url,
    limit: u64,
    read: u64,
    idle: Duration,
    deadline: Instant,
}

impl Download {
    pub(super) fn begin(
        response: reqwest::Response,
        url: Url,
        limit: u64,
        idle: Duration,
        deadline: Instant,
    ) -> Result<Self, GuardError> {
        if !response.status().is_success() {
            return Err(GuardError::Status(response.status().as_u16()));
        }
        if let Some(announced) = response.content_length().filter(|bytes| *bytes > limit) {
            return Err(GuardError::TooLarge {
                limit,
                announced: Some(announced),
            });
        }
        Ok(Self {
            response,
            url,
            limit,
            read: 0,
            idle,
            deadline,
        })
    }

    /// Where the content came from in the end. It may be signed: not for a log.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// `Content-Type` as sent, where it is ASCII.
    pub fn content_type(&self) -> Option<&str> {
        std::str::from_utf8(self.header(&CONTENT_TYPE)?).ok()
    }

    /// `Content-Disposition` as sent; not always ASCII, as it should be.
    pub fn content_disposition(&self) -> Option<&[u8]> {
        self.header(&CONTENT_DISPOSITION)
    }

    /// Bytes that the server announces; at most the limit.
    pub fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next piece, `None` at the end. A body that ends before its announced length is
    /// an error. Cancelling loses nothing.
    ///
    /// # Errors
    /// [`GuardError::TooLarge`] with the piece that goes over the limit, silence, the
    /// deadline, a connection that breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, GuardError> {
        let piece = within(self.idle, self.deadline, Phase::Body, self.response.chunk())
            .await?
            .map_err(GuardError::of)?;
        let Some(piece) = piece else { return Ok(None) };
        self.read = self.read.saturating_add(piece.len() as u64);
        if self.read > self.limit {
            return Err(GuardError::TooLarge {
                limit: self.limit,
                announced: None,
            });
        }
        Ok(Some(piece))
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        let value = self.response.headers().get(name)?;
        Some(value.as_bytes())
    }
}

/// `work`, for at most `limit` and not past `deadline`.
pub(super) async fn within<T>(
    limit: Duration,
    deadline: Instant,
    phase: Phase,
    work: impl Future<Output = T>,
) -> Result<T, GuardError> {
    let end = Instant::now() + limit;
    let (end, phase) = if deadline < end {
        (deadline, Phase::Whole)
    } else {
        (end, phase)
    };
    tokio::time::timeout_at(end, work)
        .await
        .map_err(|_| GuardError::Timeout(phase))
}
