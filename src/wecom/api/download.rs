//! What WeCom keeps, piece by piece.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderName;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tokio::time::{Instant, timeout_at};

use super::answer::error_in;
use super::attempt::{cause, no_answer};
use super::error::{ApiError, ApiRefusal};
use crate::secret::Secret;

/// The call, in errors.
pub(super) const CALL: &str = "media/get";
/// So much of a body without a file name is looked at: an error is shorter.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Headers that some gateways of WeCom announce errors in.
const ERROR_CODE: HeaderName = HeaderName::from_static("error-code");
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("error-msg");

/// A file of WeCom's whose content is still to be read.
pub struct ApiDownload {
    response: reqwest::Response,
    /// What was read to see whether it is an error.
    looked_at: Option<Bytes>,
    limit: u64,
    read: u64,
    idle: Duration,
    deadline: Instant,
}

impl ApiDownload {
    /// Tells a file from an error: WeCom answers both with HTTP 200, and files may be JSON.
    /// `hidden` is kept out of the error.
    pub(super) async fn begin(
        response: reqwest::Response,
        hidden: &[Option<&Secret>],
        limit: u64,
        idle: Duration,
        deadline: Instant,
    ) -> Result<Self, ApiError> {
        if let Some(error) = announced_error(&response, hidden) {
            return Err(error);
        }
        let status = response.status();
        if !status.is_success() {
            let status = status.as_u16();
            return Err(ApiError::Http { status });
        }
        let mut download = Self {
            response,
            looked_at: None,
            limit,
            read: 0,
            idle,
            deadline,
        };
        if download.content_disposition().is_none() {
            download.look(hidden).await?;
        }
        if download.announced().is_some_and(|bytes| bytes > limit) {
            return Err(ApiError::TooLarge { limit });
        }
        Ok(download)
    }

    /// `Content-Disposition` as sent, which has the file's name; not always ASCII.
    pub fn content_disposition(&self) -> Option<&[u8]> {
        self.header(&CONTENT_DISPOSITION)
    }

    /// `Content-Type` as sent, where it is ASCII.
    pub fn content_type(&self) -> Option<&str> {
        std::str::from_utf8(self.header(&CONTENT_TYPE)?).ok()
    }

    /// Bytes that the server announces; at most the limit.
    pub fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next piece, `None` at the end. Cancelling loses nothing that was not yielded.
    ///
    /// # Errors
    /// [`ApiError::TooLarge`] with the piece that goes over the limit, silence, the deadline,
    /// a connection that breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let piece = match self.looked_at.take() {
            Some(piece) => piece,
            None => match self.receive().await? {
                Some(piece) => piece,
                None => return Ok(None),
            },
        };
        self.read = self.read.saturating_add(piece.len() as u64);
        if self.read > self.limit {
            return Err(ApiError::TooLarge { limit: self.limit });
        }
        Ok(Some(piece))
    }

    /// Reads on until it is certain that this is no error.
    async fn look(&mut self, hidden: &[Option<&Secret>]) -> Result<(), ApiError> {
        let mut seen = BytesMut::new();
        while let Some(piece) = self.receive().await? {
            seen.extend_from_slice(&piece);
            if seen.len() > MAX_ERROR_BYTES {
                break;
            }
        }
        if seen.len() <= MAX_ERROR_BYTES
            && let Some(error) = error_in(&seen, CALL, hidden)
        {
            return Err(error);
        }
        self.looked_at = (!seen.is_empty()).then(|| seen.freeze());
        Ok(())
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, ApiError> {
        let until = self.deadline.min(Instant::now() + self.idle);
        match timeout_at(until, self.response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(error)) => Err(no_answer(&cause(error))),
            Err(_) => Err(no_answer("nothing more came in time")),
        }
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        let value = self.response.headers().get(name)?;
        Some(value.as_bytes())
    }
}

impl fmt::Debug for ApiDownload {
    /// Without the response, whose address holds the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiDownload")
            .field("limit", &self.limit)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

fn announced_error(response: &reqwest::Response, hidden: &[Option<&Secret>]) -> Option<ApiError> {
    let text = |name| response.headers().get(name)?.to_str().ok();
    let code: i64 = text(ERROR_CODE)?.trim().parse().ok()?;
    let message = text(ERROR_MESSAGE).unwrap_or_default();
    (code != 0).then(|| ApiRefusal::new(code, message, CALL, hidden).into())
}
