//! Health for orchestrators: alive, and ready.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Services;
use crate::channel::AccountState;

pub(super) fn routes(services: Services) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(services)
}

/// Whether the daemon answers messages, account by account. No names, no errors: this is
/// open to anyone who reaches the port.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    waiting: Vec<Waiting>,
}

#[derive(Debug, Serialize)]
struct Waiting {
    account: String,
    state: AccountState,
}

async fn ready(State(services): State<Services>) -> (StatusCode, Json<Readiness>) {
    let waiting: Vec<Waiting> = services
        .runtime
        .status()
        .await
        .into_iter()
        .filter(|account| account.state.is_down())
        .map(|account| Waiting {
            account: account.account_id,
            state: account.state,
        })
        .collect();
    let ready = waiting.is_empty();
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(Readiness { ready, waiting }))
}
