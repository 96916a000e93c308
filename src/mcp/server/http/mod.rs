//! Streamable HTTP: `/mcp` for messages, `/mcp/token` for trusted hosts.
//!
//! What a request passes, in this order (see [`Endpoint::admit`]): is the endpoint served
//! here at all, may this `Host` and `Origin` come in, whose token is it, is the body one
//! message within its limits, is the session this owner's, is there room and rate left.
//! Only then does the protocol see it, with the credential among the request's extensions
//! and without the `Authorization` header.

mod body;
mod cors;
mod delegate;
mod endpoint;
mod limits;
mod origin;
mod refusal;
mod sessions;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, post};
use rmcp::ServerHandler;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Server, ServerParts};
use crate::mcp::credentials::Credentials;
use crate::task;
use endpoint::Endpoint;
use limits::Limits;
use sessions::Sessions;

/// What the endpoint is made of.
#[derive(Debug)]
pub struct HttpParts {
    /// What is served.
    pub server: ServerParts,
    /// Who may use it.
    pub credentials: Arc<Credentials>,
    /// The address that the listener is bound to.
    pub bind: IpAddr,
    /// Ends every session and open stream.
    pub stop: CancellationToken,
    /// Owns the endpoint's tasks.
    pub tracker: TaskTracker,
}

/// The routes `/mcp` and `/mcp/token`.
pub fn http_service(parts: HttpParts) -> Router {
    http_service_of(parts, |server| server)
}

/// As [`http_service`], with a handler of one's own round the server.
pub fn http_service_of<H: ServerHandler>(
    parts: HttpParts,
    wrap: impl Fn(Server) -> H + Send + Sync + 'static,
) -> Router {
    let HttpParts {
        server,
        credentials,
        bind,
        stop,
        tracker,
    } = parts;
    let config = server.config.clone();
    let server = Server::over_http(server);
    let sessions = Sessions::new();
    task::spawn(
        &tracker,
        "mcp sessions",
        sessions.clone().sweep(stop.clone()),
    );
    // `Host`, `Origin` and the body's size were looked at before a request gets there.
    let transport = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_max_request_body_bytes(body::MAX_BYTES)
        .with_cancellation_token(stop);
    let protocol = StreamableHttpService::new(
        move || Ok(wrap(server.for_connection())),
        sessions.engine().clone(),
        transport,
    );
    let endpoint = Arc::new(Endpoint {
        config,
        credentials,
        bind,
        limits: Limits::default(),
        sessions,
        protocol,
    });
    Router::new()
        .route("/mcp", any(endpoint::serve::<H>))
        .route("/mcp/token", post(delegate::serve::<H>))
        .with_state(endpoint)
}
