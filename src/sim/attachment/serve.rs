//! The addresses as HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::fault::DownloadFaultKind;
use super::links::Granted;
use super::pour::Pour;
use crate::sim::shared::Shared;

/// The query of an address.
#[derive(Debug, Deserialize)]
pub(in crate::sim) struct Signed {
    /// What makes it valid.
    #[serde(default)]
    sign: String,
}

/// Serves a file to whoever has its address.
pub(in crate::sim) async fn download(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Query(signed): Query<Signed>,
) -> Response {
    let now_ms = shared.now();
    let granted = shared.world().links.ask(&id, &signed.sign, now_ms);
    let granted = match granted {
        Ok(granted) => granted,
        Err(status) => {
            let text = "the address is unknown, its sign is wrong, or it has expired";
            return (status_of(status), text).into_response();
        }
    };
    for fault in &granted.faults {
        if let DownloadFaultKind::Delay(ms) = fault {
            tokio::select! {
                () = shared.stop.cancelled() => break,
                () = tokio::time::sleep(Duration::from_millis(*ms)) => {}
            }
        }
    }
    replaced(&granted).unwrap_or_else(|| body(&shared, &granted))
}

/// The answer of a fault in the place of the file.
fn replaced(granted: &Granted) -> Option<Response> {
    granted.faults.iter().find_map(|fault| match fault {
        DownloadFaultKind::Status(status) => Some(status_of(*status).into_response()),
        DownloadFaultKind::Redirect(to) => {
            let to = if to.is_empty() { &granted.url } else { to };
            let location = HeaderValue::from_str(to).ok()?;
            Some((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
        }
        _ => None,
    })
}

fn body(shared: &Shared, granted: &Granted) -> Response {
    let stored = shared.world().media().get(&granted.media).cloned();
    let Some(stored) = stored else {
        let text = "the file was pushed out by newer ones";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let pour = Pour::new(stored.data, granted.key, &granted.faults);
    let announced = pour.announced();
    let mut response = Body::from_stream(pour.stream(shared.stop.clone())).into_response();
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        // An unencrypted one must not run as a page of this origin.
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(length) = announced {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    let disposition = granted.disposition.as_deref().map(str::as_bytes);
    if let Some(Ok(value)) = disposition.map(HeaderValue::from_bytes) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
