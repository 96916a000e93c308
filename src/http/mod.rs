//! The daemon's one HTTP server: health, and the local API for the command line.
//!
//! | Path | Who | What |
//! |---|---|---|
//! | `/healthz` | anyone | 200 while the process serves |
//! | `/readyz` | anyone | 200 when every account that should be connected is; else 503 and which are not |
//! | `/api/v1/...` | holder of the daemon's token | status, resume, reload |
//!
//! Requests under `/api` must come with a loopback `Host` and without a foreign `Origin`,
//! so that no web page can use a browser to talk to the daemon.

mod api;
mod guard;
mod health;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::channel::Runtime;
use crate::secret::Secret;

pub use api::{ReloadReport, ResumeReply};

/// What the handlers work with.
#[derive(Clone)]
pub struct Services {
    /// The accounts.
    pub runtime: Arc<Runtime>,
    /// Reads the configuration again.
    pub reloader: Arc<dyn Reloader>,
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

/// Serves until `stop` is cancelled, then finishes the requests at hand.
pub async fn serve(listener: TcpListener, services: Services, stop: CancellationToken) {
    let served = axum::serve(listener, router(services))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the HTTP server failed");
    }
}
