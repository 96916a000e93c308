//! An answer as it comes in: server-sent events, each a piece of JSON.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::sync::OwnedSemaphorePermit;

use super::chunk::Chunk;
use super::endpoint::is_whole;
use super::failure::Trouble;
use crate::agent::FailureClass;
use crate::config::OpenAiBackend;

/// Largest answer in bytes as they cross the network, reasoning and frames included; a model
/// that thinks for ever ends here.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Largest answer that comes in one piece, in bytes.
const MAX_WHOLE: usize = 4 * 1024 * 1024;

/// How long an endpoint that said why it stopped may take to end its answer. Some never do.
const AFTER_FINISH: Duration = Duration::from_secs(2);

/// What ends an answer, where the endpoint says so.
const DONE: &str = "[DONE]";

/// An answer under way. Dropping it hangs up.
pub(super) struct Answer {
    pieces: BoxStream<'static, Result<Chunk, Trouble>>,
    settings: Arc<OpenAiBackend>,
    /// It said why it stopped: the count of tokens may follow, and nothing else.
    is_finished: bool,
    /// One of the requests that may run at the same time.
    _seat: OwnedSemaphorePermit,
}

/// Why no more bytes come.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooMuch,
    #[error("the connection broke")]
    Broken(#[source] reqwest::Error),
}

impl Answer {
    pub(super) fn new(
        response: reqwest::Response,
        settings: Arc<OpenAiBackend>,
        seat: OwnedSemaphorePermit,
    ) -> Self {
        let pieces = if is_whole(response.headers()) {
            whole(response, settings.clone())
        } else {
            streamed(response, settings.clone())
        };
        Self {
            pieces,
            settings,
            is_finished: false,
            _seat: seat,
        }
    }

    /// The next piece. `None`: it is over.
    pub(super) async fn next(&mut self) -> Option<Result<Chunk, Trouble>> {
        let patience = if self.is_finished {
            AFTER_FINISH.min(self.settings.idle_timeout)
        } else {
            self.settings.idle_timeout
        };
        let next = tokio::time::timeout(patience, self.pieces.next()).await;
        if self.is_finished {
            // Whatever goes wrong now: all was said.
            return next.ok().flatten().filter(Result::is_ok);
        }
        match next {
            Ok(Some(Ok(chunk))) => {
                let mut reasons = chunk.choices.iter().map(|choice| &choice.finish_reason);
                let is_reason = |reason: &String| !reason.is_empty();
                self.is_finished = reasons.any(|reason| reason.as_ref().is_some_and(is_reason));
                Some(Ok(chunk))
            }
            Ok(next) => next,
            Err(_) => {
                let seconds = patience.as_secs();
                let detail = format!("the endpoint said nothing for {seconds} s (`idleTimeoutMs`)");
                Some(Err(Trouble::lasting(FailureClass::TimedOut, detail)))
            }
        }
    }
}

fn streamed(
    response: reqwest::Response,
    settings: Arc<OpenAiBackend>,
) -> BoxStream<'static, Result<Chunk, Trouble>> {
    let events = limited(response).eventsource();
    events
        .map_err(|error| match error {
            EventStreamError::Transport(error) => lost(error),
            EventStreamError::Utf8(_) | EventStreamError::Parser(_) => {
                Trouble::lasting(FailureClass::Broken, "the answer is no stream of events")
            }
        })
        // The end where the endpoint says so; others just end.
        .try_take_while(|event| std::future::ready(Ok(event.data.trim() != DONE)))
        .try_filter_map(move |event| {
            let chunk = match event.data.trim() {
                "" => Ok(None),
                data => read(data, &settings).map(Some),
            };
            std::future::ready(chunk)
        })
        .boxed()
}

/// At most [`MAX_BYTES`] of a body.
fn limited(response: reqwest::Response) -> impl stream::Stream<Item = Result<Bytes, BodyError>> {
    let mut room = MAX_BYTES;
    response.bytes_stream().map(move |piece| {
        let piece = piece.map_err(BodyError::Broken)?;
        room = room.checked_sub(piece.len()).ok_or(BodyError::TooMuch)?;
        Ok(piece)
    })
}

fn lost(error: BodyError) -> Trouble {
    match error {
        BodyError::TooMuch => Trouble::lasting(FailureClass::Broken, error.to_string()),
        BodyError::Broken(error) => Trouble::of_transport(error),
    }
}

fn read(data: &str, settings: &OpenAiBackend) -> Result<Chunk, Trouble> {
    let chunk: Chunk = serde_json::from_str(data)
        .map_err(|_| Trouble::lasting(FailureClass::Broken, "a piece of the answer is no JSON"))?;
    match chunk.error.as_ref().filter(|error| !error.is_null()) {
        Some(error) => Err(Trouble::of_error(error, settings)),
        None => Ok(chunk),
    }
}

/// The answer of an endpoint that does not stream, as one piece.
fn whole(
    response: reqwest::Response,
    settings: Arc<OpenAiBackend>,
) -> BoxStream<'static, Result<Chunk, Trouble>> {
    stream::once(async move {
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.try_next().await.map_err(Trouble::of_transport)? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_WHOLE {
                let detail = format!("the answer is larger than {MAX_WHOLE} bytes");
                return Err(Trouble::lasting(FailureClass::Broken, detail));
            }
        }
        read(&String::from_utf8_lossy(&body), &settings).map(Chunk::whole)
    })
    .boxed()
}
