//! `/api/v1/cron/…`: what the command line asks about jobs. One path an operation, all of
//! them `POST` with a JSON body.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router, middleware};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::guard;
use crate::cron::desk::DeskError;
use crate::cron::job::Job;
use crate::cron::mirror::MirrorError;
use crate::cron::normalise::MAX_FILE_BYTES;
use crate::cron::service::{CronService, ListRequest, RunRequest, RunsRequest, ServiceError};
use crate::secret::Secret;

/// Paths below `/api/v1`.
pub mod paths {
    /// [`CronService::list`](super::CronService::list)
    pub const LIST: &str = "/cron/list";
    /// [`CronService::get`](super::CronService::get)
    pub const GET: &str = "/cron/get";
    /// [`CronService::add`](super::CronService::add)
    pub const ADD: &str = "/cron/add";
    /// [`CronService::edit`](super::CronService::edit)
    pub const EDIT: &str = "/cron/edit";
    /// [`CronService::enable`](super::CronService::enable)
    pub const ENABLE: &str = "/cron/enable";
    /// [`CronService::remove`](super::CronService::remove)
    pub const REMOVE: &str = "/cron/remove";
    /// [`CronService::run`](super::CronService::run)
    pub const RUN: &str = "/cron/run";
    /// [`CronService::runs`](super::CronService::runs)
    pub const RUNS: &str = "/cron/runs";
    /// [`CronService::status`](super::CronService::status)
    pub const STATUS: &str = "/cron/status";
    /// [`CronService::import`](super::CronService::import)
    pub const IMPORT: &str = "/cron/import";
    /// [`CronService::import_history`](super::CronService::import_history)
    pub const HISTORY: &str = "/cron/history";
    /// [`CronService::export`](super::CronService::export)
    pub const EXPORT: &str = "/cron/export";
    /// [`CronService::reload`](super::CronService::reload)
    pub const RELOAD: &str = "/cron/reload";
}

/// Bytes of a request: a job file and its file of states, as JSON strings, in which each byte
/// takes up to two.
const MAX_BODY: usize = 4 * MAX_FILE_BYTES + 64 * 1024;

/// A job, by id, name or beginning of the id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wanted {
    /// As it was written.
    pub job: String,
}

/// A change of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EditRequest {
    /// The job.
    pub job: String,
    /// The partial job.
    pub patch: Map<String, Value>,
}

/// Whether a job shall run by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnableRequest {
    /// The job.
    pub job: String,
    /// Whether.
    pub enabled: bool,
}

/// A run by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunJobRequest {
    /// The job.
    pub job: String,
    /// Whether only if it is due.
    #[serde(default)]
    pub mode: RunRequest,
}

/// A job file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportRequest {
    /// Its text.
    pub jobs: String,
    /// The text of the file of states.
    #[serde(default)]
    pub states: Option<String>,
}

/// A part of a history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HistoryRequest {
    /// The job of lines that name none.
    #[serde(default)]
    pub job: Option<String>,
    /// The lines.
    pub lines: Vec<String>,
}

/// A job file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportReply {
    /// Its text.
    pub text: String,
}

/// What the routes of jobs work with.
#[derive(Debug, Clone)]
pub struct CronServices {
    /// The jobs.
    pub jobs: Arc<dyn CronService>,
    /// What the local API asks for.
    pub token: Secret,
}

/// The routes of the local API for jobs.
pub fn cron_router(services: CronServices) -> Router {
    let routes = Router::new()
        .route(
            paths::LIST,
            post(async |jobs: Jobs, Body(wanted): Body<ListRequest>| {
                answer(jobs.list(&wanted).await)
            }),
        )
        .route(
            paths::GET,
            post(async |jobs: Jobs, Body(wanted): Body<Wanted>| {
                answer(jobs.get(&wanted.job).await)
            }),
        )
        .route(
            paths::ADD,
            post(async |jobs: Jobs, Body(job): Body<Job>| answer(jobs.add(job).await)),
        )
        .route(
            paths::EDIT,
            post(async |jobs: Jobs, Body(edit): Body<EditRequest>| {
                answer(jobs.edit(&edit.job, &edit.patch).await)
            }),
        )
        .route(
            paths::ENABLE,
            post(async |jobs: Jobs, Body(wanted): Body<EnableRequest>| {
                answer(jobs.enable(&wanted.job, wanted.enabled).await)
            }),
        )
        .route(
            paths::REMOVE,
            post(async |jobs: Jobs, Body(wanted): Body<Wanted>| {
                answer(jobs.remove(&wanted.job).await)
            }),
        )
        .route(
            paths::RUN,
            post(async |jobs: Jobs, Body(wanted): Body<RunJobRequest>| {
                answer(jobs.run(&wanted.job, wanted.mode).await)
            }),
        )
        .route(
            paths::RUNS,
            post(async |jobs: Jobs, Body(wanted): Body<RunsRequest>| {
                answer(jobs.runs(&wanted).await)
            }),
        )
        .route(
            paths::STATUS,
            post(async |jobs: Jobs| answer(jobs.status().await)),
        )
        .route(
            paths::IMPORT,
            post(async |jobs: Jobs, Body(file): Body<ImportRequest>| {
                answer(jobs.import(&file.jobs, file.states.as_deref()).await)
            }),
        )
        .route(
            paths::HISTORY,
            post(async |jobs: Jobs, Body(part): Body<HistoryRequest>| {
                answer(jobs.import_history(part.job.as_deref(), part.lines).await)
            }),
        )
        .route(
            paths::EXPORT,
            post(async |jobs: Jobs| answer(jobs.export().await.map(|text| ExportReply { text }))),
        )
        .route(
            paths::RELOAD,
            post(async |jobs: Jobs| answer(jobs.reload().await)),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(services.token, guard::check))
        .with_state(services.jobs);
    Router::new().nest("/api/v1", routes)
}

type Jobs = State<Arc<dyn CronService>>;

/// A JSON body. What is none is refused in the form of all refusals.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(refusal) => {
                let error = json!({ "error": refusal.body_text() });
                Err((refusal.status(), Json(error)).into_response())
            }
        }
    }
}

fn answer(result: Result<impl Serialize, ServiceError>) -> Response {
    let error = match result {
        Ok(answer) => return Json(answer).into_response(),
        Err(error) => error,
    };
    let status = status_of(&error);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, "the jobs can't be used");
    }
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}

fn status_of(error: &ServiceError) -> StatusCode {
    let desk = match error {
        ServiceError::Desk(desk) | ServiceError::Mirror(MirrorError::Desk(desk)) => desk,
        ServiceError::Mirror(MirrorError::Source(_) | MirrorError::States(_)) => {
            return StatusCode::BAD_REQUEST;
        }
        ServiceError::Mirror(MirrorError::Broken { .. } | MirrorError::QuarantineFull { .. }) => {
            return StatusCode::CONFLICT;
        }
        ServiceError::Mirror(_) => return StatusCode::INTERNAL_SERVER_ERROR,
        // Of a service that asks another one.
        ServiceError::Refused { .. } | ServiceError::Unreachable(_) => {
            return StatusCode::BAD_GATEWAY;
        }
    };
    match desk {
        DeskError::NotFound { .. } => StatusCode::NOT_FOUND,
        DeskError::Invalid(_) | DeskError::Patch { .. } | DeskError::Schedule(_) => {
            StatusCode::BAD_REQUEST
        }
        DeskError::Ambiguous { .. }
        | DeskError::Exists { .. }
        | DeskError::TooMany { .. }
        | DeskError::Contended { .. } => StatusCode::CONFLICT,
        DeskError::Stored(_) | DeskError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
