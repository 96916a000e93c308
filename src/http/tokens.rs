//! Tokens of MCP clients, by way of the local API: the daemon knows them by heart, so it
//! makes and revokes them itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::mcp::credentials::{AddTokenError, Credentials, MintRequest, Minted};
use crate::store::StoredToken;

pub(super) fn routes(credentials: Arc<Credentials>) -> Router {
    Router::new()
        .route("/tokens", get(list).post(add))
        .route("/tokens/revoke", post(revoke))
        .with_state(credentials)
}

/// A token as it is listed: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenLine {
    /// Its name.
    pub id: String,
    /// The account it acts through.
    pub account: String,
    /// The member it acts for.
    pub user: Option<String>,
    /// Whether only reading methods are open to it.
    pub read_only: bool,
    /// Categories it may use; empty is all.
    pub categories: Vec<String>,
    /// ms since 1970.
    pub created_at_ms: i64,
    /// ms since 1970; absent lasts until it is revoked.
    pub expires_at_ms: Option<i64>,
}

/// A token just made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenReply {
    /// The token; it can't be shown again.
    pub token: String,
    /// What is kept of it.
    pub line: TokenLine,
}

/// Which token to revoke.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RevokeRequest {
    /// Its name.
    pub id: String,
}

/// What revoking did.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct RevokeReply {
    /// Whether there was one of that name.
    pub revoked: bool,
}

impl From<StoredToken> for TokenLine {
    fn from(stored: StoredToken) -> Self {
        Self {
            id: stored.id,
            account: stored.account.to_string(),
            user: stored.user.map(|user| user.to_string()),
            read_only: stored.read_only,
            categories: stored.categories,
            created_at_ms: stored.created_at_ms,
            expires_at_ms: stored.expires_at_ms,
        }
    }
}

impl From<Minted> for TokenReply {
    fn from(minted: Minted) -> Self {
        Self {
            token: minted.token.reveal().to_owned(),
            line: minted.stored.into(),
        }
    }
}

async fn list(State(credentials): State<Arc<Credentials>>) -> Json<Vec<TokenLine>> {
    Json(credentials.minted().into_iter().map(Into::into).collect())
}

async fn add(
    State(credentials): State<Arc<Credentials>>,
    Json(request): Json<MintRequest>,
) -> Response {
    match credentials.mint(request).await {
        Ok(minted) => Json(TokenReply::from(minted)).into_response(),
        Err(error) => {
            let status = match &error {
                AddTokenError::Taken(_) => StatusCode::CONFLICT,
                AddTokenError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            refused(status, &error)
        }
    }
}

async fn revoke(
    State(credentials): State<Arc<Credentials>>,
    Json(request): Json<RevokeRequest>,
) -> Response {
    match credentials.revoke(&request.id).await {
        Ok(revoked) => Json(RevokeReply { revoked }).into_response(),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

fn refused(status: StatusCode, error: &dyn std::error::Error) -> Response {
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}
