//! The API over HTTP, and what goes wrong on the way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value};

use super::call::{Asked, Outcome};
use super::fault::{ApiFault, ApiFaultKind};
use super::journal::ApiCall;
use super::media::MemberFile;
use super::refusal::{self, Refusal};
use crate::ids::UserId;
use crate::sim::shared::Shared;

/// One request to the API.
pub(in crate::sim) async fn serve(
    State(shared): State<Arc<Shared>>,
    Path(call): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| {
        let value = headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let seq = {
        let at = shared.now();
        let noted = ApiCall {
            seq: 0,
            at,
            call: call.clone(),
            agent_id: None,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            user_agent: text(header::USER_AGENT),
            errcode: None,
        };
        shared.apps().begin(noted, body.len())
    };
    let mut fault = shared.apps().faults.take(&call);
    while let Some(ApiFault {
        fault: ApiFaultKind::Delay(ms),
        ..
    }) = &fault
    {
        tokio::time::sleep(Duration::from_millis(*ms)).await;
        fault = shared.apps().faults.take(&call);
    }
    let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let is_done = fault.as_ref().is_none_or(|fault| fault.applied);
    let (agent_id, outcome) = if is_done && call == RESPONSE {
        let code = query.get("response_code").map_or("", String::as_str);
        (None, respond(&shared, code, &body))
    } else if is_done {
        let people: Vec<UserId> = {
            let world = shared.world();
            world.users().map(|(id, _)| id.clone()).collect()
        };
        let asked = Asked {
            call: &call,
            query: &query,
            content_type: &content_type,
            body: &body,
            now_ms: shared.now(),
        };
        let (answered, news) = {
            let mut apps = shared.apps();
            let answered = asked.answer(&mut apps, &people);
            (answered, std::mem::take(&mut apps.news))
        };
        let mut world = shared.world();
        for news in news {
            world.app_news(news, asked.now_ms);
        }
        answered
    } else {
        (None, Outcome::Unknown)
    };
    let (response, errcode) = match fault {
        Some(fault) => spoilt(fault.fault),
        None => true_answer(outcome),
    };
    shared.apps().end(seq, agent_id, errcode);
    response
}

/// An answer to a message of a bot that comes later, by itself.
fn respond(shared: &Shared, code: &str, body: &Bytes) -> Outcome {
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    let now_ms = shared.now();
    let posted = shared.world().respond(code, &body, now_ms);
    let posted = posted.map(|()| Map::new());
    Outcome::Answer(posted.map_err(|refusal| Refusal::new(refusal.code, &refusal.text)))
}

fn true_answer(outcome: Outcome) -> (Response, Option<i64>) {
    match outcome {
        Outcome::Answer(answered) => {
            let body = refusal::body(answered);
            let errcode = body.get("errcode").and_then(Value::as_i64);
            (Json(body).into_response(), errcode)
        }
        Outcome::File(file) => (with_file(file), None),
        Outcome::Unknown => (StatusCode::NOT_FOUND.into_response(), None),
    }
}

fn spoilt(fault: ApiFaultKind) -> (Response, Option<i64>) {
    match fault {
        ApiFaultKind::Error { errcode, errmsg } => {
            true_answer(Outcome::Answer(Err(Refusal::new(errcode, &errmsg))))
        }
        ApiFaultKind::Http { status, body } => {
            let status = StatusCode::from_u16(status);
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ((status, body).into_response(), None)
        }
        ApiFaultKind::Drop | ApiFaultKind::Delay(_) => (cut(), None),
    }
}

/// A connection that is cut: the server gives up at a body that fails before anything was
/// written.
fn cut() -> Response {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
    Body::from_stream(stream::iter([Err::<Bytes, _>(broken)])).into_response()
}

fn with_file(file: MemberFile) -> Response {
    let mut response = Body::from(file.data).into_response();
    let headers = response.headers_mut();
    let disposition = file
        .name
        .map(|name| format!("attachment; filename=\"{name}\""));
    for (name, value) in [
        (header::CONTENT_TYPE, Some(file.content_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ] {
        let value = value.map(|value| HeaderValue::from_bytes(value.as_bytes()));
        if let Some(Ok(value)) = value {
            headers.insert(name, value);
        }
    }
    // One that is a page must not run as one of this origin.
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox"),
    );
    response
}

/// The call behind `response_url`, which needs no token.
const RESPONSE: &str = "aibot/response";
