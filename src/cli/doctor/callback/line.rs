//! One request as WeCom sends it, and what came back.

use std::time::Duration;

use rand::RngExt;
use tokio::time::Instant;
use url::Url;

use super::party::{Party, Role};
use crate::clock::{Clock, SystemClock};

/// How long WeCom waits for an answer, connecting included.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// How long the admin console waits for an echo, and what a good answer stays below.
pub(super) const SOON: Duration = Duration::from_secs(1);

/// What is read of an answer. Ours are far smaller, and a longer one is none of ours.
const MAX_BODY: usize = 64 * 1024;

/// A way to an address, with a new connection for each request, as WeCom's are.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) client: reqwest::Client,
    pub(super) url: Url,
}

/// A request; without a body it is a check of the address.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) signature: String,
    pub(super) timestamp: String,
    pub(super) nonce: String,
    pub(super) content: RequestContent,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(super) enum RequestContent {
    /// A sealed text in the query of a `GET`.
    Echo(String),
    /// The body of a `POST`.
    Body { mime: &'static str, text: String },
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Vec<u8>,
    /// Where it wants the request to go instead.
    pub(super) leads_to: Option<Url>,
    /// From before the connection was opened to the end of the body.
    pub(super) took: Duration,
    /// When the answer began, in milliseconds since 1970.
    pub(super) at_ms: i64,
}

/// Nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Not in the time that WeCom waits.
    Late,
    /// Not HTTP, or cut off: the library's words.
    Broken(String),
}

impl Request {
    /// A sealed text, signed for a party, as of a time in seconds since 1970.
    pub(super) fn signed(
        party: &Party,
        at: i64,
        sealed: &str,
        content: impl FnOnce(&str) -> RequestContent,
    ) -> Self {
        let (timestamp, nonce) = (at.to_string(), digits());
        Self {
            signature: party.cipher.sign(&timestamp, &nonce, sealed).to_string(),
            timestamp,
            nonce,
            content: content(sealed),
        }
    }

    /// A message in the envelope that WeCom would post it in.
    pub(super) fn post(party: &Party, at: i64, message: &str) -> Self {
        let sealed = party.cipher.seal(message);
        Self::signed(party, at, &sealed, |sealed| match &party.role {
            Role::Bot => RequestContent::Body {
                mime: "application/json",
                text: serde_json::json!({ "encrypt": sealed }).to_string(),
            },
            Role::App { corp_id, agent_id } => {
                let number = agent_id.map(|id| id.to_string()).unwrap_or_default();
                RequestContent::Body {
                    mime: "text/xml",
                    text: format!(
                        "<xml><ToUserName><![CDATA[{corp_id}]]></ToUserName>\
                         <AgentID><![CDATA[{number}]]></AgentID>\
                         <Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
                    ),
                }
            }
        })
    }
}

impl Line {
    /// Sends a request; the answer is whole, or as much of it as [`MAX_BODY`] holds.
    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, NoAnswer> {
        let mut url = self.url.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("msg_signature", &request.signature)
                .append_pair("timestamp", &request.timestamp)
                .append_pair("nonce", &request.nonce);
            if let RequestContent::Echo(sealed) = &request.content {
                query.append_pair("echostr", sealed);
            }
        }
        let prepared = match &request.content {
            RequestContent::Echo(_) => self.client.get(url),
            RequestContent::Body { mime, text } => self
                .client
                .post(url)
                .header(http::header::CONTENT_TYPE, *mime)
                .body(text.clone()),
        };
        let begun = Instant::now();
        let mut response = prepared.send().await.map_err(NoAnswer::of)?;
        let at_ms = SystemClock.now_ms();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(NoAnswer::of)? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_BODY {
                break;
            }
        }
        let location = response.headers().get(http::header::LOCATION);
        let leads_to = location
            .and_then(|location| location.to_str().ok())
            .and_then(|location| self.url.join(location).ok());
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
            leads_to,
            took: begun.elapsed(),
            at_ms,
        })
    }
}

impl Answer {
    /// A header, if it is there and readable.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it is a web page, by what it says of itself or by how it begins.
    pub(super) fn is_page(&self) -> bool {
        let start = self.body.get(..512).unwrap_or(&self.body);
        let start = String::from_utf8_lossy(start).to_ascii_lowercase();
        let start = start.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
        self.claims_page() || start.starts_with("<!doctype html") || start.starts_with("<html")
    }

    /// Whether its type is a web page's.
    pub(super) fn claims_page(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
    }
}

impl NoAnswer {
    fn of(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Late;
        }
        let error = error.without_url();
        // The first causes only say that a request was made.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Broken(cause.to_string())
    }
}

/// A number that has not been there before, as WeCom's nonces and echoes look.
pub(super) fn digits() -> String {
    rand::rng()
        .random_range(1_000_000_000_000_000_000_u64..9_999_999_999_999_999_999)
        .to_string()
}
