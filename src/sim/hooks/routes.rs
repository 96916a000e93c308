//! The control API of callbacks.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::fault::HookFault;
use super::handle::HooksHandle;
use super::hook::Hook;
use super::journal::HookCall;
use super::owner::HookOwner;
use super::seed::{NewWebhook, Webhook};
use crate::ids::BotId;
use crate::sim::control::{Body, Failure};
use crate::sim::shared::Shared;

type World = State<Arc<Shared>>;

/// The routes; the control API's own checks stand before them.
pub(in crate::sim) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/webhooks/{bot}", put(set_webhook).delete(delete_webhook))
        .route("/hooks/calls", get(calls))
        .route("/hooks/{owner}/check", post(check))
        .route(
            "/hooks/{owner}/faults",
            post(add_fault).get(faults).delete(clear_faults),
        )
}

async fn set_webhook(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(webhook): Body<NewWebhook>,
) -> Result<StatusCode, Failure> {
    let hook = Hook::new(&Webhook::from(webhook))?;
    shared.world().set_hook(&bot, Some(hook))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_webhook(
    State(shared): World,
    Path(bot): Path<BotId>,
) -> Result<StatusCode, Failure> {
    shared.world().set_hook(&bot, None)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Wanted {
    owner: Option<HookOwner>,
    kind: Option<String>,
}

async fn calls(State(shared): World, Query(wanted): Query<Wanted>) -> Json<Vec<HookCall>> {
    let fits = |call: &HookCall| {
        wanted
            .owner
            .as_ref()
            .is_none_or(|owner| call.owner == *owner)
            && wanted.kind.as_ref().is_none_or(|kind| call.kind == *kind)
    };
    let calls = HooksHandle::new(shared).calls();
    Json(calls.into_iter().filter(fits).collect())
}

async fn check(
    State(shared): World,
    Path(owner): Path<HookOwner>,
) -> Result<Json<HookCall>, Failure> {
    Ok(Json(HooksHandle::new(shared).check(owner).await?))
}

async fn add_fault(
    State(shared): World,
    Path(owner): Path<HookOwner>,
    Body(fault): Body<HookFault>,
) -> Result<Json<Vec<HookFault>>, Failure> {
    let hooks = HooksHandle::new(shared);
    hooks.fault(owner.clone(), fault)?;
    Ok(Json(hooks.faults(owner)))
}

async fn faults(State(shared): World, Path(owner): Path<HookOwner>) -> Json<Vec<HookFault>> {
    Json(HooksHandle::new(shared).faults(owner))
}

async fn clear_faults(State(shared): World, Path(owner): Path<HookOwner>) -> StatusCode {
    HooksHandle::new(shared).clear_faults(owner);
    StatusCode::NO_CONTENT
}
