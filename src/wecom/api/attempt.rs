//! One HTTP request, and what is certain when it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::error::ApiError;
use super::multipart::Form;
use crate::secret::Secret;

/// Of an answer so much is read; those of the API are far smaller.
const MAX_ANSWER: usize = 1 << 20;
/// Who we are.
const PRODUCT: &str = concat!("wecom/", env!("CARGO_PKG_VERSION"));

/// The way to the API.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) base: Url,
}

/// What is asked for.
#[derive(Clone)]
pub(super) struct Request<'a> {
    /// Path below `cgi-bin`, which also names it in errors and logs.
    pub(super) call: &'static str,
    /// Besides the token.
    pub(super) query: &'a [(&'a str, &'a str)],
    /// `GET` without one, else `POST`.
    pub(super) payload: Payload,
}

/// What a request carries.
#[derive(Clone)]
pub(super) enum Payload {
    Nothing,
    Json(Bytes),
    Form(Form),
}

impl Payload {
    /// A value has a form in JSON.
    pub(super) fn json(value: &Value) -> Self {
        Self::Json(value.to_string().into())
    }
}

/// What the connection has done with a body.
#[derive(Clone, Default)]
struct Progress {
    /// It began to send: the request may have been read.
    begun: Arc<AtomicBool>,
    /// The file could not be read further.
    unreadable: Arc<AtomicBool>,
}

impl Transport {
    /// Host of the API, for people.
    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Makes the request and yields the response at its headers.
    pub(super) async fn open(
        &self,
        request: &Request<'_>,
        token: Option<&Secret>,
        until: Instant,
    ) -> Result<reqwest::Response, ApiError> {
        let url = self.address(request, token);
        let progress = Progress::default();
        let builder = match &request.payload {
            Payload::Nothing => self.http.get(url),
            Payload::Json(json) => {
                let json = json.clone();
                let length = json.len() as u64;
                let body = stream::iter([Ok(json)]).boxed();
                self.post(url, "application/json", length, body, &progress)
            }
            Payload::Form(form) => {
                let content_type = form.content_type();
                let length = form.length();
                let body = form.clone().stream().boxed();
                self.post(url, &content_type, length, body, &progress)
            }
        };
        let sending = builder.header(USER_AGENT, PRODUCT).send();
        match timeout_at(until, sending).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.failed(&cause(error), &progress)),
            Err(_) => Err(self.failed("no answer in time", &progress)),
        }
    }

    /// Makes the request and reads its answer, which has to be HTTP 200.
    pub(super) async fn ask(
        &self,
        request: &Request<'_>,
        token: Option<&Secret>,
        until: Instant,
    ) -> Result<Vec<u8>, ApiError> {
        let mut response = self.open(request, token, until).await?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(ApiError::Http { status });
        }
        let mut body = Vec::new();
        loop {
            let piece = match timeout_at(until, response.chunk()).await {
                Ok(Ok(piece)) => piece,
                Ok(Err(error)) => return Err(no_answer(&cause(error))),
                Err(_) => return Err(no_answer("the answer did not end in time")),
            };
            let Some(piece) = piece else { return Ok(body) };
            if body.len().saturating_add(piece.len()) > MAX_ANSWER {
                return Err(ApiError::NotAnAnswer);
            }
            body.extend_from_slice(&piece);
        }
    }

    fn post(
        &self,
        url: Url,
        content_type: &str,
        length: u64,
        body: BoxStream<'static, std::io::Result<Bytes>>,
        progress: &Progress,
    ) -> reqwest::RequestBuilder {
        let progress = progress.clone();
        let watched = body.inspect(move |piece| {
            progress.begun.store(true, Ordering::Relaxed);
            if piece.is_err() {
                progress.unreadable.store(true, Ordering::Relaxed);
            }
        });
        self.http
            .post(url)
            .header(CONTENT_TYPE, content_type)
            // With it the body is sent as it is, not in chunks, which WeCom does not take.
            .header(CONTENT_LENGTH, length)
            .body(reqwest::Body::wrap_stream(watched))
    }

    fn address(&self, request: &Request<'_>, token: Option<&Secret>) -> Url {
        let mut url = self.base.clone();
        let base = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{base}/cgi-bin/{}", request.call));
        url.set_query(None);
        let token = token.map(|token| ("access_token", token.reveal()));
        let query = token.into_iter().chain(request.query.iter().copied());
        let pairs: Vec<_> = query.collect();
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        url
    }

    fn failed(&self, cause: &str, progress: &Progress) -> ApiError {
        if progress.unreadable.load(Ordering::Relaxed) {
            return ApiError::Unreadable(cause.to_owned());
        }
        // A request without a body has no effect, so that the difference does not matter.
        if progress.begun.load(Ordering::Relaxed) {
            return no_answer(cause);
        }
        ApiError::Unreachable {
            host: self.host().to_owned(),
            cause: cause.to_owned(),
        }
    }
}

pub(super) fn no_answer(cause: &str) -> ApiError {
    ApiError::NoAnswer {
        cause: cause.to_owned(),
    }
}

/// The innermost cause says most. The address, which holds secrets, is taken out before.
pub(super) fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
