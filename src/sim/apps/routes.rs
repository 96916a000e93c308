//! The control API of apps.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::fault::ApiFault;
use super::handle::AppsHandle;
use super::journal::{ApiCall, AppEntry, AppUpload};
use crate::ids::{ChatId, UserId};
use crate::sim::control::{Body, Failure};
use crate::sim::newcomer::NewApp;
use crate::sim::shared::Shared;

type World = State<Arc<Shared>>;

/// The routes; the control API's own checks stand before them.
pub(in crate::sim) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/apps", post(add))
        .route("/apps/messages", get(messages))
        .route("/apps/uploads", get(uploads))
        .route("/apps/calls", get(calls))
        .route(
            "/apps/faults",
            post(add_fault).get(faults).delete(clear_faults),
        )
        .route("/apps/tokens", delete(expire_tokens).put(set_token_life))
        .route("/apps/parties/{id}", put(set_party))
        .route("/apps/tags/{id}", put(set_tag))
        .route("/apps/chats/{id}", put(set_chat))
        .merge(super::acting::router())
}

async fn add(State(shared): World, Body(new): Body<NewApp>) -> Result<StatusCode, Failure> {
    AppsHandle::new(shared).add(new.into())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn messages(State(shared): World) -> Json<Vec<AppEntry>> {
    Json(AppsHandle::new(shared).messages())
}

async fn uploads(State(shared): World) -> Json<Vec<AppUpload>> {
    Json(AppsHandle::new(shared).uploads())
}

async fn calls(State(shared): World) -> Json<Vec<ApiCall>> {
    Json(AppsHandle::new(shared).calls())
}

async fn add_fault(
    State(shared): World,
    Body(fault): Body<ApiFault>,
) -> Result<Json<Vec<ApiFault>>, Failure> {
    let apps = AppsHandle::new(shared);
    apps.fault(fault)?;
    Ok(Json(apps.faults()))
}

async fn faults(State(shared): World) -> Json<Vec<ApiFault>> {
    Json(AppsHandle::new(shared).faults())
}

async fn clear_faults(State(shared): World) -> StatusCode {
    AppsHandle::new(shared).clear_faults();
    StatusCode::NO_CONTENT
}

async fn expire_tokens(State(shared): World) -> StatusCode {
    AppsHandle::new(shared).expire_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct TokenLife {
    seconds: u64,
}

async fn set_token_life(State(shared): World, Body(life): Body<TokenLife>) -> StatusCode {
    AppsHandle::new(shared).set_token_life(life.seconds);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct NewGroup {
    name: String,
    members: Vec<UserId>,
}

async fn set_party(
    State(shared): World,
    Path(id): Path<u32>,
    Body(party): Body<NewGroup>,
) -> StatusCode {
    AppsHandle::new(shared).set_party(id, &party.name, &party.members);
    StatusCode::NO_CONTENT
}

async fn set_tag(
    State(shared): World,
    Path(id): Path<u32>,
    Body(tag): Body<NewGroup>,
) -> StatusCode {
    AppsHandle::new(shared).set_tag(id, &tag.name, &tag.members);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct NewChat {
    agent_id: u64,
    members: Vec<UserId>,
}

async fn set_chat(
    State(shared): World,
    Path(id): Path<ChatId>,
    Body(chat): Body<NewChat>,
) -> StatusCode {
    AppsHandle::new(shared).set_chat(id, chat.agent_id, &chat.members);
    StatusCode::NO_CONTENT
}
