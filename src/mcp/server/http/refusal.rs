//! Requests that are turned away before the protocol sees them.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::body::BadBody;
use super::limits::TooMany;
use super::origin::Foreign;

/// Why, and with it what is answered. Nothing here says more than a stranger may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The listener is open to others and the endpoint is not.
    NotServed,
    /// `Host` or `Origin`.
    Foreign(Foreign),
    /// No token, or none that is valid.
    Unauthorized,
    /// The body is no message.
    Body(BadBody),
    /// No session of that id, for this credential.
    UnknownSession,
    /// Rate or requests at once.
    TooMany(TooMany),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotServed => (
                StatusCode::NOT_FOUND,
                "The MCP endpoint is served on loopback only: set channels.wecom.mcp.http.public.",
            )
                .into_response(),
            Self::Foreign(Foreign::Host) => {
                (StatusCode::FORBIDDEN, "This Host is not allowed.").into_response()
            }
            Self::Foreign(Foreign::Origin) => {
                (StatusCode::FORBIDDEN, "This Origin is not allowed.").into_response()
            }
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                [(header::WWW_AUTHENTICATE, r#"Bearer realm="wecom""#)],
            )
                .into_response(),
            Self::Body(BadBody::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::Body(BadBody::Slow) => StatusCode::REQUEST_TIMEOUT.into_response(),
            Self::Body(BadBody::NotJson) => {
                protocol_error(rmcp::model::ErrorCode::PARSE_ERROR, "The body is not JSON.")
            }
            Self::Body(BadBody::NotOne) => protocol_error(
                rmcp::model::ErrorCode::INVALID_REQUEST,
                "The body must be one JSON-RPC message.",
            ),
            Self::UnknownSession => {
                (StatusCode::NOT_FOUND, "There is no such session.").into_response()
            }
            Self::TooMany(TooMany(wait)) => {
                // Whole seconds, and never one too early.
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                (
                    StatusCode::TOO_MANY_REQUESTS,
                    [(header::RETRY_AFTER, seconds.to_string())],
                )
                    .into_response()
            }
        }
    }
}

fn protocol_error(code: rmcp::model::ErrorCode, message: &str) -> Response {
    let error = json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": { "code": code.0, "message": message },
    });
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}
