//! `POST /api/v1/messages`: a message that the operator on this machine sends.
//!
//! What can't be tried is answered at once with status 400. Otherwise the answer is one
//! JSON object, a [`DeliveryReport`](crate::channel::outbound::DeliveryReport) or, for a
//! dry run, a [`Resolved`](crate::channel::outbound::Resolved). Until it is there, empty
//! lines say that the daemon still works on it. Whoever closes the connection gives up.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router, middleware};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, Interval};

use super::guard;
use crate::channel::outbound::{Origin, Planner, RequestVia, SendError, SendRequest};
use crate::files::FileGrant;
use crate::secret::Secret;

/// The path below the local API.
pub const MESSAGES_PATH: &str = "/messages";

/// An empty line at least so often, which also notices a reader that is gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// Bytes of a request: far more text than WeCom takes in 20 messages.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// A message to send.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageRequest {
    /// The account; the default one where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whom it is for.
    pub target: String,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Addresses or paths of media.
    pub media: Vec<String>,
    /// Ways that are allowed.
    pub via: RequestVia,
    /// Where relative paths start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<PathBuf>,
    /// Folders that media may lie in.
    pub roots: Vec<PathBuf>,
    /// Only say what would be sent.
    pub dry_run: bool,
}

/// What the handlers work with.
#[derive(Debug, Clone)]
pub struct MessageServices {
    /// Sends them.
    pub planner: Arc<Planner>,
    /// What the local API asks for.
    pub token: Secret,
}

/// The route of the local API for messages.
pub fn message_router(services: MessageServices) -> Router {
    let guard = middleware::from_fn_with_state(services.token.clone(), guard::check);
    let routes = Router::new()
        .route(MESSAGES_PATH, post(send))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
        .layer(guard)
        .with_state(services);
    Router::new().nest("/api/v1", routes)
}

impl From<MessageRequest> for SendRequest {
    fn from(request: MessageRequest) -> Self {
        Self {
            account: request.account,
            target: request.target,
            text: request.text,
            media: request.media,
            via: request.via,
            origin: Origin::Interactive,
            agent_id: None,
            grant: FileGrant {
                workspace: request.workspace,
                roots: request.roots,
            },
        }
    }
}

async fn send(
    State(services): State<MessageServices>,
    Json(request): Json<MessageRequest>,
) -> Response {
    let is_dry_run = request.dry_run;
    let request = SendRequest::from(request);
    let planner = services.planner;
    match planner.resolve(&request).await {
        Err(error) => return refused(&error),
        Ok(resolved) if is_dry_run => return Json(resolved).into_response(),
        Ok(_) => {}
    }
    let running = Running {
        sending: Some(Box::pin(async move {
            let answer = match planner.send(&request).await {
                Ok(report) => serde_json::to_vec(&report),
                // It could be tried a moment ago: the configuration has changed since.
                Err(error) => serde_json::to_vec(&explained(&error)),
            };
            answer.unwrap_or_default()
        })),
        life: tokio::time::interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE),
    };
    let body = stream::unfold(running, |mut running| async move {
        let piece = running.next().await?;
        Some((Ok::<Bytes, Infallible>(piece), running))
    });
    (
        [(header::CONTENT_TYPE, "application/json")],
        Body::from_stream(body),
    )
        .into_response()
}

fn refused(error: &SendError) -> Response {
    (StatusCode::BAD_REQUEST, Json(explained(error))).into_response()
}

fn explained(error: &SendError) -> serde_json::Value {
    json!({ "code": error.code(), "error": error.to_string() })
}

/// A message on its way.
struct Running {
    /// `None` once its report is written.
    sending: Option<BoxFuture<'static, Vec<u8>>>,
    life: Interval,
}

impl Running {
    async fn next(&mut self) -> Option<Bytes> {
        let sending = self.sending.as_mut()?;
        tokio::select! {
            biased;
            report = sending => {
                self.sending = None;
                Some(report.into())
            }
            _ = self.life.tick() => Some(Bytes::from_static(b"\n")),
        }
    }
}
