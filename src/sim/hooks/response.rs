//! `response_url`: an answer to a message that comes later, by itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::shared::Shared;

/// The query of an address.
#[derive(Debug, Deserialize)]
pub(in crate::sim) struct Coded {
    #[serde(default)]
    response_code: String,
}

/// Takes an answer. Whether it was good is told by `errcode` alone.
pub(in crate::sim) async fn respond(
    State(shared): State<Arc<Shared>>,
    Query(coded): Query<Coded>,
    body: Bytes,
) -> Json<Value> {
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let now_ms = shared.now();
    let posted = shared.world().respond(&coded.response_code, &body, now_ms);
    Json(match posted {
        Ok(()) => json!({ "errcode": 0, "errmsg": "ok" }),
        Err(refusal) => json!({ "errcode": refusal.code, "errmsg": refusal.text }),
    })
}
