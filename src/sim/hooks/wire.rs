//! Requests to an address, as the service makes them.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use tokio::time::Instant;

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// The way out: no proxy, no redirects, and connections that are kept a while.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Wire(reqwest::Client);

impl Wire {
    /// A way out that trusts public certificates.
    pub(in crate::sim) fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        let roots: rustls::RootCertStore = roots.collect();
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self(client))
    }

    /// Posts a body; why there is no answer is said in a few words.
    pub(super) async fn post(
        &self,
        url: &str,
        content_type: &'static str,
        body: String,
        within: Duration,
    ) -> Result<Answer, String> {
        let request = self.0.post(url).header(CONTENT_TYPE, content_type);
        answer(request.body(body), within).await
    }

    /// Asks for an address.
    pub(super) async fn get(&self, url: &str, within: Duration) -> Result<Answer, String> {
        answer(self.0.get(url), within).await
    }
}

/// Whoever drops the answer's future drops its connection.
async fn answer(request: reqwest::RequestBuilder, within: Duration) -> Result<Answer, String> {
    let answering = async {
        let mut response = request.send().await.map_err(|error| reason(&error))?;
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|error| reason(&error))? {
            body.extend_from_slice(&piece);
            if body.len() > BODY_MAX {
                return Err(format!("the answer has more than {BODY_MAX} bytes"));
            }
        }
        Ok(Answer {
            status: response.status().as_u16(),
            body: body.freeze(),
        })
    };
    match tokio::time::timeout_at(Instant::now() + within, answering).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {within:?}")),
    }
}

/// The innermost cause, which says most; without the address, whose query is signed.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if cause.is::<reqwest::Error>() {
        return if error.is_builder() {
            "the address is none".to_owned()
        } else {
            "the request failed".to_owned()
        };
    }
    cause.to_string()
}

/// Bytes of an answer: ten pictures of 10 MiB, sealed, in base64 twice.
const BODY_MAX: usize = 192 * 1_024 * 1_024;
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);
