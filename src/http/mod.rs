//! The daemon's one HTTP server: health, and the local API for the command line.
//!
//! | Path | Who | What |
//! |---|---|---|
//! | `/healthz` | anyone | 200 while the process serves |
//! | `/readyz` | anyone | 200 when every account that should be connected is; else 503 and which are not |
//! | `/api/v1/...` | holder of the daemon's token | status, resume, reload, jobs, tool calls, tokens of MCP clients |
//! | `/mcp`, `/mcp/token` | holders of a client's token | see [`crate::mcp::server`] |
//!
//! Requests under `/api` must come with a loopback `Host` and without a foreign `Origin`,
//! so that no web page can use a browser to talk to the daemon.

mod api;
mod connection;
pub mod cron;
mod guard;
mod health;
mod messages;
mod pairing;
mod tokens;
mod tools;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, middleware};

use crate::agent::openclaw::link::Link;
use crate::channel::Runtime;
use crate::config::LiveConfig;
use crate::mcp::credentials::Credentials;
use crate::mcp::server::ToolRunner;
use crate::secret::Secret;

pub use api::{DaemonRecord, ReloadReport, ResumeReply};
pub use connection::serve;
pub use cron::{CronServices, cron_router};
pub use messages::{MESSAGES_PATH, MessageRequest, MessageServices, message_router};
pub use pairing::{PairingServices, pairing_router};
pub use tokens::{RevokeReply, RevokeRequest, TokenLine, TokenReply};

/// What the handlers work with.
#[derive(Clone)]
pub struct Services {
    /// The accounts.
    pub runtime: Arc<Runtime>,
    /// Reads the configuration again.
    pub reloader: Arc<dyn Reloader>,
    /// The way to the plugin inside of OpenClaw.
    pub openclaw: Link,
    /// What the local API asks for.
    pub token: Secret,
}

/// Reads the configuration again on request.
#[async_trait]
pub trait Reloader: Send + Sync {
    /// Reads, validates and applies; the report says what changed, or why nothing did.
    async fn reload(&self) -> ReloadReport;
}

/// All routes.
pub fn router(services: Services) -> Router {
    Router::new()
        .merge(health::routes(services.clone()))
        .nest("/api/v1", api::routes(services))
}

/// What calls of tools by way of the local API work with.
#[derive(Debug, Clone)]
pub struct ToolServices {
    /// Runs them.
    pub runner: Arc<dyn ToolRunner>,
    /// Tokens of MCP clients.
    pub credentials: Arc<Credentials>,
    /// Which accounts there are.
    pub config: LiveConfig,
    /// What the local API asks for.
    pub token: Secret,
}

/// The routes of the local API for tools and tokens.
pub fn tool_router(services: ToolServices) -> Router {
    let routes = tools::routes(services.clone())
        .merge(tokens::routes(services.credentials))
        .layer(middleware::from_fn_with_state(services.token, guard::check));
    Router::new().nest("/api/v1", routes)
}
