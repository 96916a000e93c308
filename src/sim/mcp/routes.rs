//! The control API of the category servers.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::McpFault;
use super::handle::McpHandle;
use super::journal::McpCall;
use super::switches::McpSwitches;
use crate::catalogue;
use crate::ids::{BotId, UserId};
use crate::sim::control::{Body, Failure};
use crate::sim::shared::Shared;
use crate::sim::sim::SimError;

type World = State<Arc<Shared>>;

/// The routes; the control API's own checks stand before them.
pub(in crate::sim) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/mcp/calls", get(calls).delete(forget_calls))
        .route(
            "/mcp/{bot}/faults",
            post(add_fault).get(faults).delete(clear_faults),
        )
        .route("/mcp/{bot}/switches", put(switch).get(switches))
        .route("/mcp/{bot}/rotate", post(rotate))
        .route("/mcp/{bot}/expire", post(expire))
        .route("/mcp/{bot}/owner", put(set_owner))
}

fn handle(shared: Arc<Shared>, bot: BotId) -> McpHandle {
    McpHandle { shared, bot }
}

#[derive(Deserialize)]
struct Filter {
    bot: Option<BotId>,
    category: Option<String>,
    method: Option<String>,
}

async fn calls(State(shared): World, Query(filter): Query<Filter>) -> Json<Vec<McpCall>> {
    let world = shared.world();
    let fits = |call: &&McpCall| {
        let category = filter.category.as_ref();
        (filter.bot.is_none() || filter.bot == call.bot)
            && category.is_none_or(|category| *category == call.category)
            && (filter.method.is_none() || filter.method == call.method)
    };
    Json(world.gateway.calls().filter(fits).cloned().collect())
}

async fn forget_calls(State(shared): World) -> StatusCode {
    shared.world().gateway.forget_calls();
    StatusCode::NO_CONTENT
}

async fn add_fault(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(fault): Body<McpFault>,
) -> Result<Json<Vec<McpFault>>, Failure> {
    let handle = handle(shared, bot);
    handle.fault(fault)?;
    Ok(Json(handle.faults()))
}

async fn faults(State(shared): World, Path(bot): Path<BotId>) -> Json<Vec<McpFault>> {
    Json(handle(shared, bot).faults())
}

async fn clear_faults(State(shared): World, Path(bot): Path<BotId>) -> StatusCode {
    handle(shared, bot).clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Place {
    category: Option<String>,
}

/// What is absent stays as it is.
#[derive(Deserialize)]
struct NewSwitches {
    category: Option<String>,
    #[serde(flatten)]
    changes: Map<String, Value>,
}

async fn switch(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(asked): Body<NewSwitches>,
) -> Result<StatusCode, Failure> {
    let handle = handle(shared, bot);
    let changed = |switches: &McpSwitches| -> Result<McpSwitches, SimError> {
        let invalid = |error: serde_json::Error| SimError::Invalid(error.to_string());
        let mut all = serde_json::to_value(switches).map_err(invalid)?;
        if let Some(all) = all.as_object_mut() {
            all.extend(asked.changes.clone());
        }
        serde_json::from_value(all).map_err(invalid)
    };
    // Looked at before anything changes, so that a bad request changes nothing.
    changed(&McpSwitches::default())?;
    handle.switch(asked.category.as_deref(), |switches| {
        if let Ok(new) = changed(switches) {
            *switches = new;
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
}

async fn switches(
    State(shared): World,
    Path(bot): Path<BotId>,
) -> Result<Json<Map<String, Value>>, Failure> {
    let handle = handle(shared, bot);
    let mut all = Map::new();
    for category in catalogue::categories() {
        let switches = handle.switches(category)?;
        all.insert(category.to_owned(), json!(switches));
    }
    Ok(Json(all))
}

async fn rotate(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(place): Body<Place>,
) -> Result<StatusCode, Failure> {
    handle(shared, bot).rotate(place.category.as_deref())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn expire(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(place): Body<Place>,
) -> Result<Json<Value>, Failure> {
    let ended = handle(shared, bot).expire_sessions(place.category.as_deref())?;
    Ok(Json(json!({ "ended": ended })))
}

#[derive(Deserialize)]
struct Owner {
    user: UserId,
}

async fn set_owner(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(owner): Body<Owner>,
) -> Result<StatusCode, Failure> {
    handle(shared, bot).set_owner(owner.user)?;
    Ok(StatusCode::NO_CONTENT)
}
