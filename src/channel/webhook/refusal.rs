//! What a caller is told who is not served.

use axum::http::header::{ALLOW, CONNECTION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What is wrong with a request: a status, a word for programs, and what only the log is told.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    message: Option<&'static str>,
    /// For the log: no keys, no contents.
    pub(super) reason: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: &'static str, reason: impl ToString) -> Self {
        Self {
            status,
            error,
            message: None,
            reason: reason.to_string(),
        }
    }

    /// With a sentence for people beside the word.
    pub(super) fn saying(self, message: &'static str) -> Self {
        Self {
            message: Some(message),
            ..self
        }
    }

    pub(super) fn bad(error: &'static str, reason: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, reason)
    }

    pub(super) fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "payload_too_large", "the body has more than 1 MiB")
    }

    pub(super) fn method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method_not_allowed", "neither GET nor POST")
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let (Some(message), Some(fields)) = (self.message, body.as_object_mut()) {
            fields.insert("message".to_owned(), message.into());
        }
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
        }
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
