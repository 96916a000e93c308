//! `POST /mcp/token`: a trusted host asks for a token of the person it speaks for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rmcp::ServerHandler;
use serde_json::json;

use super::body;
use super::endpoint::Endpoint;
use super::refusal::Refusal;
use crate::mcp::credentials::{DelegationAnswer, DelegationError, DelegationRequest};

/// Serves `/mcp/token`.
pub(super) async fn serve<H: ServerHandler>(
    State(endpoint): State<Arc<Endpoint<H>>>,
    request: Request,
) -> Response {
    answer(&endpoint, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn answer<H: ServerHandler>(
    endpoint: &Endpoint<H>,
    request: Request,
) -> Result<Response, Refusal> {
    let config = endpoint.config.get();
    endpoint.check_way_in(request.headers(), &config)?;
    let host = endpoint.authenticate(request.headers(), &config)?;
    let _in_flight = endpoint.limits.enter(&host).map_err(Refusal::TooMany)?;
    let message = body::read(request.into_body())
        .await
        .map_err(Refusal::Body)?;
    let asked: DelegationRequest = match serde_json::from_slice(&message.bytes) {
        Ok(asked) => asked,
        Err(error) => return Ok(refused(StatusCode::BAD_REQUEST, &error.to_string())),
    };
    Ok(match endpoint.credentials.delegate(&host, &asked) {
        Ok(delegated) => Json(DelegationAnswer {
            token: delegated.token.reveal(),
            expires_in_s: delegated.life.as_secs(),
        })
        .into_response(),
        Err(error) => {
            let status = match error {
                DelegationError::NotAllowed | DelegationError::Account(_) => StatusCode::FORBIDDEN,
                DelegationError::Full(_) => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            refused(status, &error.to_string())
        }
    })
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
