//! `/api/v1/pairing`: what the command line asks about pairings.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde_json::json;

use super::guard;
use crate::channel::pairing::{ApprovalNotice, Change, PairingError, Pairings};
use crate::secret::Secret;

/// What the routes of pairing work with.
#[derive(Clone)]
pub struct PairingServices {
    /// The pairings of all accounts.
    pub pairings: Arc<Pairings>,
    /// Tells people that they were approved; `None` where nothing can be sent.
    pub notice: Option<Arc<dyn ApprovalNotice>>,
    /// What the local API asks for.
    pub token: Secret,
}

/// The routes of the local API for pairing: `GET` lists, `POST` changes.
pub fn pairing_router(services: PairingServices) -> Router {
    let routes = Router::new()
        .route("/pairing", get(list).post(change))
        .layer(middleware::from_fn_with_state(
            services.token.clone(),
            guard::check,
        ))
        .with_state(services);
    Router::new().nest("/api/v1", routes)
}

async fn list(State(services): State<PairingServices>) -> Response {
    match services.pairings.listing().await {
        Ok(listing) => Json(listing).into_response(),
        Err(error) => refused(&error.into()),
    }
}

async fn change(State(services): State<PairingServices>, Json(change): Json<Change>) -> Response {
    let notice = services.notice.as_deref();
    match services.pairings.apply(change, notice).await {
        Ok(changed) => Json(changed).into_response(),
        Err(error) => refused(&error),
    }
}

fn refused(error: &PairingError) -> Response {
    let status = match error {
        PairingError::NoSuchRequest | PairingError::NotApproved { .. } => StatusCode::NOT_FOUND,
        PairingError::Store(_) => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "pairings can't be used"
            );
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}
