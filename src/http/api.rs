//! The local API: what the command line asks of the running daemon.

use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};

use super::{Services, guard};
use crate::agent::openclaw::link::LinkStatus;
use crate::channel::{AccountStatus, ResumeError};
use crate::ids::AccountId;

pub(super) fn routes(services: Services) -> Router {
    let started = Instant::now();
    Router::new()
        .route("/status", get(status))
        .route("/daemon", get(async move || daemon(started)))
        .route("/openclaw", get(openclaw))
        .route("/accounts/{id}/resume", post(resume))
        .route("/reload", post(reload))
        .layer(middleware::from_fn_with_state(
            services.token.clone(),
            guard::check,
        ))
        .with_state(services)
}

async fn status(State(services): State<Services>) -> Json<Vec<AccountStatus>> {
    Json(services.runtime.status().await)
}

async fn openclaw(State(services): State<Services>) -> Json<LinkStatus> {
    Json(services.openclaw.status())
}

/// The daemon itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonRecord {
    /// Version of the program that runs, which need not be the one that asks.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// Milliseconds since it began to serve.
    pub uptime_ms: u64,
}

fn daemon(started: Instant) -> Json<DaemonRecord> {
    Json(DaemonRecord {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        uptime_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// The answer to a resume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeReply {
    /// Why it could not be done; absent when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

async fn resume(State(services): State<Services>, Path(id): Path<String>) -> Response {
    match services.runtime.resume(&AccountId::new(id)).await {
        Ok(()) => Json(ResumeReply { error: None }).into_response(),
        Err(error) => {
            let code = match error {
                ResumeError::Unknown { .. } => StatusCode::NOT_FOUND,
                ResumeError::NotRunning(_) => StatusCode::CONFLICT,
            };
            (
                code,
                Json(ResumeReply {
                    error: Some(error.to_string()),
                }),
            )
                .into_response()
        }
    }
}

/// What reading the configuration again did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadReport {
    /// Whether the new configuration is in use.
    pub applied: bool,
    /// Accounts as they were.
    pub unchanged: Vec<String>,
    /// Accounts with new settings and the same connection.
    pub updated: Vec<String>,
    /// Accounts whose connection was replaced.
    pub reconnected: Vec<String>,
    /// Accounts that run now.
    pub started: Vec<String>,
    /// Accounts that no longer run.
    pub stopped: Vec<String>,
    /// Keys whose new value needs a restart.
    pub needs_restart: Vec<String>,
    /// Why nothing, or not everything, was applied.
    pub problems: Vec<String>,
    /// What an edit of the job file did, or why it is not read; empty where it was not edited.
    #[serde(default)]
    pub jobs: Vec<String>,
}

async fn reload(State(services): State<Services>) -> Json<ReloadReport> {
    Json(services.reloader.reload().await)
}
