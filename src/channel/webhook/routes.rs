//! HTTP in, HTTP out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::desk::Desk;
use super::path::{Whom, whom};
use super::refusal::Refusal;
use super::{app, bot};
use crate::clock::SharedClock;
use crate::config::LiveConfig;

/// What WeCom's own reference answers with, although the body may be JSON.
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Bodies that are read at the same time, of at most 1 MiB each and for at most 5 s. WeCom's own
/// are a few kilobytes, and there at once.
const MAX_BODIES: usize = 128;

/// Who is at the other end of a connection; a server that knows it puts it into requests.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// What the handlers work with.
#[derive(Debug, Clone)]
pub(super) struct Callee {
    /// Whoever calls has to say it before it is known who calls: so many bodies are taken at a
    /// time.
    pub(super) bodies: Arc<Semaphore>,
    pub(super) desk: Arc<Desk>,
    pub(super) config: LiveConfig,
    pub(super) clock: SharedClock,
}

/// The routes of all callbacks.
pub(in crate::channel) fn router(
    desk: Arc<Desk>,
    config: LiveConfig,
    clock: SharedClock,
) -> Router {
    let callee = Callee {
        bodies: Arc::new(Semaphore::new(MAX_BODIES)),
        desk,
        config,
        clock,
    };
    Router::new()
        .route("/wecom", any(call))
        .route("/wecom/", any(call))
        .route("/wecom/{*rest}", any(call))
        .route("/plugins/wecom/{*rest}", any(call))
        .with_state(callee)
}

/// A body as WeCom takes it.
pub(super) fn plain(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, PLAIN);
    response
}

/// The second that it is now.
pub(super) fn now(callee: &Callee) -> i64 {
    callee.clock.now_ms() / 1_000
}

async fn call(State(callee): State<Callee>, request: Request) -> Response {
    let id = format!("{:08x}", rand::random::<u32>());
    let path: String = request.uri().path().chars().take(120).collect();
    let span = tracing::info_span!("callback", id, path, method = %request.method());
    serve(callee, request).instrument(span).await
}

async fn serve(callee: Callee, request: Request) -> Response {
    let seen = Seen::of(&callee, &request);
    let served = match whom(request.uri().path()) {
        Whom::Nobody => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "no address of ours",
        )),
        _ if ![Method::GET, Method::POST].contains(request.method()) => Err(Refusal::method()),
        Whom::Bot(which) => bot::serve(&callee, &which, request).await,
        Whom::App(which) => app::serve(&callee, &which, request).await,
    };
    match served {
        Ok(response) => {
            tracing::debug!(?seen, "a callback was answered");
            response
        }
        Err(refusal) => {
            // One line each, without anything that somebody made up.
            tracing::warn!(
                status = refusal.status().as_u16(),
                reason = refusal.reason,
                ?seen,
                "a callback was refused"
            );
            refusal.into_response()
        }
    }
}

/// What the log says of a request: who, how much, and which parameters were there.
#[derive(Debug)]
#[expect(
    dead_code,
    reason = "read by the derived Debug, which is what it is for"
)]
struct Seen {
    from: Option<String>,
    bytes: Option<u64>,
    parameters: Vec<&'static str>,
}

impl Seen {
    fn of(callee: &Callee, request: &Request) -> Self {
        let length = request.headers().get(CONTENT_LENGTH);
        let query = request.uri().query().unwrap_or_default();
        let names = [
            "msg_signature",
            "msgsignature",
            "signature",
            "timestamp",
            "nonce",
            "echostr",
        ];
        let is_there = |name: &&str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split('=').next());
            pairs.any(|found| found == *name)
        };
        Self {
            from: from(callee, request),
            bytes: length.and_then(|length| length.to_str().ok()?.parse().ok()),
            parameters: names.into_iter().filter(is_there).collect(),
        }
    }
}

/// Who calls: the other end, or whom a trusted proxy names.
fn from(callee: &Callee, request: &Request) -> Option<String> {
    let Peer(peer) = request.extensions().get::<Peer>()?;
    let config = callee.config.get();
    let proxies = &config.gateway.trusted_proxies;
    let is_proxy = proxies.iter().any(|range| range.contains(peer.ip()));
    let named = request.headers().get("x-forwarded-for");
    let named = named.and_then(|named| named.to_str().ok()?.rsplit(',').next());
    let named = named.and_then(|named| named.trim().parse::<std::net::IpAddr>().ok());
    match named.filter(|_| is_proxy) {
        Some(named) => Some(named.to_string()),
        None => Some(peer.ip().to_string()),
    }
}
