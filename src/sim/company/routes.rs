//! The control API of the company.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::doc::{Grant, Kind, Listed, Owner, Pace};
use super::{CompanyHandle, MemberTraits, Saying};
use crate::ids::UserId;
use crate::sim::control::{Body, Failure};
use crate::sim::shared::Shared;

type World = State<Arc<Shared>>;

/// The routes; the control API's own checks stand before them.
pub(in crate::sim) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/company/time", put(set_time).get(time))
        .route("/company/reset", post(reset))
        .route("/company/members/{user}", put(set_traits))
        .route("/company/contact-limit", put(limit_contacts))
        .route("/company/messages", post(say))
        .route("/company/responses", post(respond))
        .route("/company/documents", post(add_document).get(documents))
        .route("/company/documents/{docid}/owner", put(hand_over))
        .route("/company/grant", put(set_grant))
        .route("/company/exports", put(set_pace))
}

#[derive(Deserialize)]
struct Time {
    at: Option<String>,
}

async fn set_time(State(shared): World, Body(time): Body<Time>) -> Result<Json<Value>, Failure> {
    let company = CompanyHandle::new(shared);
    company.set_time(time.at.as_deref())?;
    Ok(Json(json!({ "at": company.time() })))
}

async fn time(State(shared): World) -> Json<Value> {
    Json(json!({ "at": CompanyHandle::new(shared).time() }))
}

async fn reset(State(shared): World) -> StatusCode {
    CompanyHandle::new(shared).reset();
    StatusCode::NO_CONTENT
}

async fn set_traits(
    State(shared): World,
    Path(user): Path<UserId>,
    Body(traits): Body<MemberTraits>,
) -> Result<StatusCode, Failure> {
    CompanyHandle::new(shared).set_traits(user, traits)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct ContactLimit {
    most_visible: Option<usize>,
}

async fn limit_contacts(State(shared): World, Body(limit): Body<ContactLimit>) -> StatusCode {
    CompanyHandle::new(shared).limit_contacts(limit.most_visible);
    StatusCode::NO_CONTENT
}

async fn say(State(shared): World, Body(saying): Body<Saying>) -> Result<StatusCode, Failure> {
    CompanyHandle::new(shared).say(saying)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Reply {
    schedule_id: String,
    user: UserId,
    response_status: u8,
}

async fn respond(State(shared): World, Body(reply): Body<Reply>) -> Result<StatusCode, Failure> {
    let company = CompanyHandle::new(shared);
    company.respond(&reply.schedule_id, reply.user, reply.response_status)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct NewDocument {
    owner: Owner,
    kind: Kind,
    title: String,
}

async fn add_document(State(shared): World, Body(new): Body<NewDocument>) -> Json<Listed> {
    let company = CompanyHandle::new(shared);
    Json(company.add_document(new.owner, new.kind, &new.title))
}

async fn documents(State(shared): World) -> Json<Vec<Listed>> {
    Json(CompanyHandle::new(shared).documents())
}

#[derive(Deserialize)]
struct NewOwner {
    owner: Owner,
}

async fn hand_over(
    State(shared): World,
    Path(docid): Path<String>,
    Body(new): Body<NewOwner>,
) -> Result<StatusCode, Failure> {
    CompanyHandle::new(shared).hand_over(&docid, new.owner)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct NewGrant {
    grant: Grant,
}

async fn set_grant(State(shared): World, Body(new): Body<NewGrant>) -> StatusCode {
    CompanyHandle::new(shared).set_grant(new.grant);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct NewPace {
    pace: Pace,
}

async fn set_pace(State(shared): World, Body(new): Body<NewPace>) -> StatusCode {
    CompanyHandle::new(shared).set_export_pace(new.pace);
    StatusCode::NO_CONTENT
}
