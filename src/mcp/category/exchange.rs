//! One HTTP request to a server, and what its response holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use super::address::Address;
use super::body::{Pieces, chain};
use super::failure::Failure;
use super::jsonrpc::{self, INITIALIZED, Message, Sorted};
use super::outgoing::{Outgoing, Unreadable};
use super::sse::Events;

/// HTTP requests of one account that are under way at a time, uploads included.
const MAX_REQUESTS: usize = 16;

/// How much of a refusal's body is read, in bytes.
const ERROR_BODY_LIMIT: u64 = 64 * 1024;

/// How long a message that nobody waits for may take.
const ASIDE_TIMEOUT: Duration = Duration::from_secs(2);

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Servers refuse a request that does not take both.
const JSON_OR_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The member that a request acts for. Servers trust it, so nothing but an identity may
/// put it here.
const REQUESTER: HeaderName = HeaderName::from_static("x-openclaw-wecom-userid");

/// How one account talks HTTP.
#[derive(Debug, Clone)]
pub(super) struct Line {
    client: reqwest::Client,
    user_agent: HeaderValue,
    requests: Arc<Semaphore>,
}

/// What every request of a call has in common.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    /// Where to.
    pub(super) address: Arc<Address>,
    /// For whom; checked already.
    pub(super) requester: Option<HeaderValue>,
    /// In which session.
    pub(super) session: Option<String>,
    /// In which revision, where the server wants to be told.
    pub(super) version: Option<HeaderValue>,
}

/// How much a request may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes of the response.
    pub(super) limit: u64,
    /// When its last byte must have come.
    pub(super) deadline: Instant,
}

/// The response to a request.
#[derive(Debug)]
pub(super) struct Reply {
    /// The session id that came with it.
    pub(super) session: Option<String>,
    /// The answer.
    pub(super) message: Message,
    /// The server said that its list of tools changed.
    pub(super) tools_changed: bool,
}

impl Line {
    /// A line over `client`.
    pub(super) fn new(client: reqwest::Client, user_agent: HeaderValue) -> Self {
        Self {
            client,
            user_agent,
            requests: Arc::new(Semaphore::new(MAX_REQUESTS)),
        }
    }

    /// The same line with other settings: requests under way go on counting.
    pub(super) fn rebuilt(&self, client: reqwest::Client, user_agent: HeaderValue) -> Self {
        Self {
            client,
            user_agent,
            requests: self.requests.clone(),
        }
    }

    /// Sends a request and reads until its answer is there. `left` is set as soon as the
    /// request may reach the server.
    pub(super) async fn ask(
        &self,
        heading: &Heading,
        id: &str,
        body: &Outgoing,
        bounds: Bounds,
        left: &AtomicBool,
    ) -> Result<Reply, Failure> {
        let Ok(permit) = timeout_at(bounds.deadline, self.requests.acquire()).await else {
            return Err(Failure::Unreachable("too many requests wait".to_owned()));
        };
        // The semaphore is never closed.
        let _permit = permit.map_err(|_| Failure::Stopping)?;
        left.store(true, Ordering::Relaxed);
        let response = self.send(heading, body, bounds.deadline).await;
        if matches!(response, Err(Failure::Unreachable(_) | Failure::File(_))) {
            left.store(false, Ordering::Relaxed);
        }
        let response = response?;
        let session = header(&response, &SESSION_ID);
        let response = accepted(response, bounds).await?;
        if matches!(
            response.status(),
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT
        ) {
            return Err(Failure::Malformed("has no body"));
        }
        let is_stream = header(&response, &CONTENT_TYPE)
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("text/event-stream"));
        let pieces = Pieces::of(response, bounds.limit, bounds.deadline)?;
        let (outcome, tools_changed) = if is_stream {
            self.read_events(heading, id, pieces).await?
        } else {
            let body = pieces.collect().await?;
            if body.trim_ascii().is_empty() {
                return Err(Failure::Malformed("has no body"));
            }
            let sorted = jsonrpc::sort(body, id)?;
            self.answer_aside(heading, sorted.replies).await;
            (sorted.outcome, sorted.tools_changed)
        };
        let outcome = outcome.ok_or(Failure::Malformed("does not answer the request"))?;
        Ok(Reply {
            session,
            message: outcome.map_err(Failure::Rpc)?,
            tools_changed,
        })
    }

    /// Tells the server that the session is open. What it says to that does not matter,
    /// as long as it is no refusal.
    pub(super) async fn confirm(&self, heading: &Heading, bounds: Bounds) -> Result<(), Failure> {
        let Ok(permit) = timeout_at(bounds.deadline, self.requests.acquire()).await else {
            return Err(Failure::Unreachable("too many requests wait".to_owned()));
        };
        let _permit = permit.map_err(|_| Failure::Stopping)?;
        let body = Outgoing::Text(INITIALIZED.into());
        let response = self.send(heading, &body, bounds.deadline).await?;
        accepted(response, bounds).await.map(drop)
    }

    /// Tells the server that a session is over; best effort.
    pub(super) async fn close(&self, heading: &Heading) {
        let request = self
            .client
            .delete(heading.address.url.clone())
            .headers(self.headers(heading))
            .send();
        match timeout(ASIDE_TIMEOUT, request).await {
            Ok(Ok(response)) => {
                tracing::debug!(status = response.status().as_u16(), "closed a session");
            }
            Ok(Err(error)) => tracing::debug!(error = chain(error), "a session was not closed"),
            Err(_) => tracing::debug!("a session was not closed in time"),
        }
    }

    async fn read_events(
        &self,
        heading: &Heading,
        id: &str,
        mut pieces: Pieces,
    ) -> Result<(Option<Result<Message, super::failure::RpcError>>, bool), Failure> {
        let mut events = Events::default();
        let mut tools_changed = false;
        let mut complete: Vec<Vec<u8>> = Vec::new();
        while let Some(piece) = pieces.next().await? {
            events.push(&piece, |data| complete.push(data));
            for event in complete.drain(..) {
                let Ok(Sorted {
                    outcome,
                    replies,
                    tools_changed: changed,
                }) = jsonrpc::sort(event, id)
                else {
                    tracing::debug!("an event that is not JSON-RPC was dropped");
                    continue;
                };
                tools_changed |= changed;
                if outcome.is_some() {
                    return Ok((outcome, tools_changed));
                }
                self.answer_aside(heading, replies).await;
            }
        }
        let cut_off = events.finish();
        let outcome = cut_off
            .and_then(|event| jsonrpc::sort(event, id).ok())
            .and_then(|sorted| sorted.outcome);
        outcome
            .map(|outcome| (Some(outcome), tools_changed))
            .ok_or(Failure::Malformed("ended before the request was answered"))
    }

    /// Answers what the server asked in between. It is part of a request, so it takes no
    /// place of its own among those under way.
    async fn answer_aside(&self, heading: &Heading, replies: Vec<String>) {
        for reply in replies {
            let body = Outgoing::Text(reply.into());
            let deadline = Instant::now() + ASIDE_TIMEOUT;
            if let Err(error) = self.send(heading, &body, deadline).await {
                tracing::debug!(%error, "a question of the server was not answered");
            }
        }
    }

    async fn send(
        &self,
        heading: &Heading,
        body: &Outgoing,
        deadline: Instant,
    ) -> Result<Response, Failure> {
        let mut headers = self.headers(heading);
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(ACCEPT, JSON_OR_EVENTS);
        headers.insert(CONTENT_LENGTH, body.length().into());
        let request = self
            .client
            .post(heading.address.url.clone())
            .headers(headers)
            .body(body.body())
            .send();
        match timeout_at(deadline, request).await {
            Err(_) => Err(Failure::TimedOut),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_connect() => Err(Failure::Unreachable(chain(error))),
            Ok(Err(error)) => Err(match unreadable(&error) {
                Some(why) => Failure::File(why),
                None => Failure::Broken(chain(error)),
            }),
        }
    }

    /// Headers of the configuration come first, so that none of them replaces one of ours.
    fn headers(&self, heading: &Heading) -> HeaderMap {
        let mut headers: HeaderMap = heading.address.headers.iter().cloned().collect();
        headers.remove(REQUESTER);
        headers.insert(USER_AGENT, self.user_agent.clone());
        let session = heading.session.as_deref().map(HeaderValue::try_from);
        for (name, value) in [
            (SESSION_ID, session.and_then(Result::ok)),
            (PROTOCOL_VERSION, heading.version.clone()),
            (REQUESTER, heading.requester.clone()),
        ] {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// Passes a success on; of a refusal, reads what there is to know.
async fn accepted(response: Response, bounds: Bounds) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after = header(&response, &RETRY_AFTER)
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs);
    let limit = ERROR_BODY_LIMIT.min(bounds.limit);
    let body = match Pieces::of(response, limit, bounds.deadline) {
        Ok(pieces) => pieces.collect().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    Err(Failure::Status {
        status: status.as_u16(),
        retry_after,
        rpc: jsonrpc::error_in(&body),
    })
}

fn header(response: &Response, name: &HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

/// Why the file of a request's body could not be read, if that is what went wrong.
fn unreadable(error: &reqwest::Error) -> Option<String> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(unreadable) = error.downcast_ref::<Unreadable>() {
            return Some(unreadable.to_string());
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && let Some(inner) = io.get_ref()
            && let Some(unreadable) = inner.downcast_ref::<Unreadable>()
        {
            return Some(unreadable.to_string());
        }
        cause = error.source();
    }
    None
}
