//! The endpoint: a question goes out, and its answer comes back piece by piece.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::StreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::answer::Answer;
use super::failure::Trouble;
use super::message::{Declared, Message};
use crate::agent::FailureClass;
use crate::config::OpenAiBackend;
use crate::egress;

/// Largest body of an error that is read, in bytes; more of it would say nothing more.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// An endpoint and its connections.
#[derive(Debug)]
pub(super) struct Endpoint {
    settings: Arc<OpenAiBackend>,
    /// `Err`: why there is none, for the operator.
    client: Result<reqwest::Client, String>,
    seats: Arc<Semaphore>,
    /// It does not know `stream_options`.
    refuses_usage: AtomicBool,
}

/// What is asked.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Request<'a> {
    pub(super) messages: &'a [Message],
    /// Empty: the model is to answer without them.
    #[serde(skip_serializing_if = "<[Declared]>::is_empty")]
    pub(super) tools: &'a [Declared],
}

impl Endpoint {
    /// Of these settings. Nothing is connected yet.
    pub(super) fn new(settings: Arc<OpenAiBackend>) -> Self {
        let client = egress::endpoint(&settings.proxy, settings.ca_file.as_deref())
            .map_err(|error| chain(&error));
        let seats = usize::try_from(settings.concurrency).unwrap_or(usize::MAX);
        Self {
            seats: Arc::new(Semaphore::new(seats.min(Semaphore::MAX_PERMITS))),
            client,
            refuses_usage: AtomicBool::new(false),
            settings,
        }
    }

    /// Asks. Waits for its turn, and then for the beginning of the answer.
    ///
    /// # Errors
    /// What the endpoint says in the place of an answer, or that it says nothing.
    pub(super) async fn ask(&self, request: Request<'_>) -> Result<Answer, Trouble> {
        let settings = &*self.settings;
        let client = (self.client.as_ref())
            .map_err(|error| Trouble::lasting(FailureClass::Broken, error.clone()))?;
        let address = settings.endpoint.clone().ok_or_else(|| {
            Trouble::lasting(
                FailureClass::Refused,
                "`baseUrl` of the `backend` is no address",
            )
        })?;
        let seat = self
            .seats
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Trouble::lasting(FailureClass::Broken, "the endpoint was closed"))?;
        let sending = client
            .post(address)
            .headers(self.headers())
            .json(&self.body(request))
            .send();
        let response = tokio::time::timeout(settings.idle_timeout, sending)
            .await
            .map_err(|_| self.silent())?
            .map_err(Trouble::of_transport)?;
        let status = response.status();
        if !status.is_success() {
            let retry_after = retry_after(response.headers());
            let body = error_body(response, settings.idle_timeout).await;
            return Err(Trouble::of_status(status, retry_after, &body, settings));
        }
        Ok(Answer::new(response, self.settings.clone(), seat))
    }

    /// It does not know `stream_options`; it is not asked for it again.
    pub(super) fn leave_usage_out(&self) -> bool {
        !self.refuses_usage.swap(true, Ordering::Relaxed)
    }

    fn silent(&self) -> Trouble {
        let seconds = self.settings.idle_timeout.as_secs();
        let detail = format!("the endpoint said nothing for {seconds} s (`idleTimeoutMs`)");
        Trouble::lasting(FailureClass::TimedOut, detail)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        // What is no header was reported with the configuration.
        let secret = |text: &str| {
            let mut value = HeaderValue::from_str(text).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        for (name, value) in &self.settings.headers {
            if let (Ok(name), Some(value)) =
                (HeaderName::try_from(name.as_str()), secret(value.reveal()))
            {
                headers.insert(name, value);
            }
        }
        let key = self.settings.api_key.as_ref();
        if let Some(value) = key.and_then(|key| secret(&format!("Bearer {}", key.reveal()))) {
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    fn body(&self, request: Request<'_>) -> Map<String, Value> {
        let settings = &*self.settings;
        let mut body = Map::new();
        body.insert("model".to_owned(), settings.model.clone().into());
        if let Ok(Value::Object(request)) = serde_json::to_value(request) {
            body.extend(request);
        }
        body.insert("stream".to_owned(), true.into());
        if !self.refuses_usage.load(Ordering::Relaxed) {
            let options = json!({ "include_usage": true });
            body.insert("stream_options".to_owned(), options);
        }
        if let Some(temperature) = settings.temperature {
            body.insert("temperature".to_owned(), temperature.into());
        }
        if let Some(max_tokens) = settings.max_tokens {
            body.insert("max_tokens".to_owned(), max_tokens.into());
        }
        for (name, value) in &settings.extra_body {
            if value.is_null() {
                body.shift_remove(name);
            } else {
                body.insert(name.clone(), value.clone());
            }
        }
        body
    }
}

/// How long the endpoint wants to be left alone. Dates are not read: clocks differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let millis = HeaderName::from_static("retry-after-ms");
    let seconds = number(&millis)
        .map(|millis| millis / 1_000.0)
        .or_else(|| number(&RETRY_AFTER))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The beginning of an error's body; empty where none comes in time.
async fn error_body(response: reqwest::Response, patience: Duration) -> String {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    let reading = async {
        while let Some(Ok(piece)) = pieces.next().await {
            let room = MAX_ERROR_BODY.saturating_sub(body.len());
            body.extend(piece.iter().take(room));
            if body.len() >= MAX_ERROR_BODY {
                return;
            }
        }
    };
    // What came until then is enough.
    tokio::time::timeout(patience, reading).await.ok();
    String::from_utf8_lossy(&body).into_owned()
}

/// Whether an answer is one piece of JSON: the endpoint does not stream.
pub(super) fn is_whole(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::openai::tests::settings;

    fn body(settings: OpenAiBackend) -> Value {
        let endpoint = Endpoint::new(Arc::new(settings));
        let request = Request {
            messages: &[Message::user("hi")],
            tools: &[],
        };
        Value::Object(endpoint.body(request))
    }

    #[test]
    fn a_request_holds_what_is_set_and_nothing_else() {
        let plain = settings("http://127.0.0.1/v1");
        assert_eq!(
            body(plain.clone()),
            json!({
                "model": "m",
                "messages": [{ "role": "user", "content": "hi" }],
                "stream": true,
                "stream_options": { "include_usage": true },
            })
        );
        let extra =
            json!({ "stream_options": null, "max_tokens": null, "max_completion_tokens": 9 });
        let rich = OpenAiBackend {
            temperature: Some(0.5),
            max_tokens: Some(7),
            extra_body: extra.as_object().unwrap().clone(),
            ..plain
        };
        assert_eq!(
            body(rich),
            json!({
                "model": "m",
                "messages": [{ "role": "user", "content": "hi" }],
                "stream": true,
                "temperature": 0.5,
                "max_completion_tokens": 9,
            })
        );
    }

    #[test]
    fn an_endpoint_is_asked_for_usage_until_it_refuses() {
        let endpoint = Endpoint::new(Arc::new(settings("http://127.0.0.1/v1")));
        assert!(endpoint.leave_usage_out());
        assert!(!endpoint.leave_usage_out());
        let request = Request {
            messages: &[],
            tools: &[],
        };
        assert!(!endpoint.body(request).contains_key("stream_options"));
    }

    #[test]
    fn the_key_goes_along_and_shows_nowhere() {
        let mut settings = settings("http://127.0.0.1/v1");
        settings.api_key = Some("sk-canary".into());
        settings
            .headers
            .insert("X-Team".to_owned(), "canary-2".into());
        let endpoint = Endpoint::new(Arc::new(settings));
        let headers = endpoint.headers();
        assert_eq!(headers["authorization"], "Bearer sk-canary");
        assert_eq!(headers["x-team"], "canary-2");
        assert!(!format!("{headers:?} {endpoint:?}").contains("canary"));
    }

    #[test]
    fn pauses_are_read_as_seconds_or_milliseconds() {
        let of = |name: &'static str, value: &'static str| {
            let value = HeaderValue::from_static(value);
            retry_after(&HeaderMap::from_iter([(
                HeaderName::from_static(name),
                value,
            )]))
        };
        assert_eq!(of("retry-after", "2"), Some(Duration::from_secs(2)));
        assert_eq!(
            of("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(of("retry-after", "-1"), None);
        assert_eq!(of("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
