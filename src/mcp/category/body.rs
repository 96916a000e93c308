//! Reading a response's body, never more of it than allowed and never for longer.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;

/// How long a server may be silent between two pieces of a body.
const INACTIVITY: Duration = Duration::from_secs(30);

/// The least that a buffer grows by, in bytes.
const STEP: usize = 64 * 1024;

/// Reads pieces of a body.
#[derive(Debug)]
pub(super) struct Pieces {
    response: Response,
    limit: u64,
    read: u64,
    deadline: Instant,
}

impl Pieces {
    /// Of `response`, at most `limit` bytes and until `deadline`.
    ///
    /// # Errors
    /// It says by itself that it is larger.
    pub(super) fn of(response: Response, limit: u64, deadline: Instant) -> Result<Self, Failure> {
        match response.content_length() {
            Some(size) if size > limit => Err(Failure::TooLarge { size, limit }),
            _ => Ok(Self {
                response,
                limit,
                read: 0,
                deadline,
            }),
        }
    }

    /// The next piece; `None` is the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let until = self.deadline.min(Instant::now() + INACTIVITY);
        let piece = match timeout_at(until, self.response.chunk()).await {
            Err(_) => return Err(Failure::TimedOut),
            Ok(Err(error)) => return Err(Failure::Broken(chain(error))),
            Ok(Ok(None)) => return Ok(None),
            Ok(Ok(Some(piece))) => piece,
        };
        self.read = self.read.saturating_add(piece.len() as u64);
        if self.read > self.limit {
            return Err(Failure::TooLarge {
                size: self.read,
                limit: self.limit,
            });
        }
        Ok(Some(piece))
    }

    /// All of it, in one buffer that is reserved where the size is known.
    pub(super) async fn collect(mut self) -> Result<Vec<u8>, Failure> {
        let announced = self.response.content_length().unwrap_or_default();
        let mut body = Vec::new();
        body.reserve_exact(usize::try_from(announced.min(self.limit)).unwrap_or_default());
        while let Some(piece) = self.next().await? {
            make_room(&mut body, piece.len());
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

/// Makes room for `more` bytes. It grows by a quarter, not to the double: bodies can be as
/// large as half of what a call may use.
pub(super) fn make_room(buffer: &mut Vec<u8>, more: usize) {
    if buffer.capacity() - buffer.len() < more {
        buffer.reserve_exact(more.max(buffer.len() / 4).max(STEP.min(more * 4)));
    }
}

/// An error of the HTTP client and its causes, without the URL, which holds a key.
pub(super) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
