//! `POST /api/v1/tools/call`: a tool call of the operator on this machine.
//!
//! The answer comes in lines ([`crate::mcp::server::wire`]), so that steps are told while
//! the call runs. Whoever closes the connection cancels the call.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval};

use super::ToolServices;
use crate::identity::{self, Identity};
use crate::interceptors::{Progress, Step};
use crate::mcp::server::wire::{Answered, CALL_PATH, CallRequest, Line, WireReply};
use crate::mcp::tool::{CallContext, Confirm, Confirmed, Question, ToolReply};

/// Steps that may wait to be written; those beyond it are not told.
const WAITING: usize = 64;

/// An empty line at least so often, which also notices a reader that is gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// Bytes of a request: a page passed as text, and some.
const MAX_BODY: usize = 16 * 1024 * 1024;

pub(super) fn routes(services: ToolServices) -> Router {
    Router::new()
        .route(CALL_PATH, post(call))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
        .with_state(services)
}

async fn call(State(services): State<ToolServices>, Json(request): Json<CallRequest>) -> Response {
    let whose = match whose(&services, &request) {
        Ok(whose) => whose,
        Err(message) => return refused(&message),
    };
    let person = Arc::new(Person {
        answered: request.answered.clone(),
        asked: Mutex::default(),
    });
    let (tell, steps) = mpsc::channel(WAITING);
    let context = CallContext {
        // Full: the reader is slower than the call.
        progress: Progress::to(move |step| drop(tell.try_send(step))),
        confirm: person.clone(),
        raw: request.raw && request.session.is_none(),
        ..whose
    };
    let runner = services.runner.clone();
    let arguments = request.arguments;
    let running = Running {
        call: Some(Box::pin(
            async move { runner.run(arguments, context).await },
        )),
        steps,
        person,
        life: tokio::time::interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE),
    };
    let lines = stream::unfold(running, |mut running| async move {
        let line = running.next().await?;
        Some((Ok::<Bytes, Infallible>(line), running))
    });
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response()
}

/// For whom the call acts, and within which bounds. `Err`: why it can't be made.
fn whose(services: &ToolServices, request: &CallRequest) -> Result<CallContext, String> {
    if let Some(token) = &request.session {
        let credential = services.credentials.sessions().of_own(token);
        let credential = credential.ok_or("the agent's session has ended")?;
        return Ok(CallContext {
            delivery: credential.delivery(),
            files: credential.files().clone(),
            scope: credential.scope().clone(),
            ..CallContext::new(credential.identity().clone())
        });
    }
    let config = services.config.get();
    let account = match &request.account {
        None => config.default_account.clone(),
        Some(name) => config
            .account(name)
            .map_err(|error| error.to_string())?
            .id
            .clone(),
    };
    let user = request.user.clone();
    if user
        .as_ref()
        .is_some_and(|user| !identity::fits_header(user))
    {
        return Err("the member's id must be 1 to 64 visible ASCII characters".to_owned());
    }
    Ok(CallContext {
        delivery: request.delivery.into(),
        files: Arc::new(request.files()),
        ..CallContext::new(Arc::new(Identity::of_operator(account, user)))
    })
}

fn refused(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": message }))).into_response()
}

/// A call under way, and what of it is still to be written.
struct Running {
    /// `None` once its reply is written.
    call: Option<BoxFuture<'static, ToolReply>>,
    steps: mpsc::Receiver<Step>,
    person: Arc<Person>,
    life: Interval,
}

impl Running {
    async fn next(&mut self) -> Option<Bytes> {
        let call = self.call.as_mut()?;
        let line = tokio::select! {
            biased;
            Some(step) = self.steps.recv() => Line::Progress(step.into()),
            reply = call => {
                self.call = None;
                Line::Reply(WireReply::new(reply, self.person.asked().take()))
            }
            _ = self.life.tick() => return Some(Bytes::from_static(b"\n")),
        };
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        Some(text.into())
    }
}

/// The person at the other end: known by an answer that came with the call.
#[derive(Debug)]
struct Person {
    answered: Option<Answered>,
    asked: Mutex<Option<Question>>,
}

impl Person {
    fn asked(&self) -> std::sync::MutexGuard<'_, Option<Question>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Confirm for Person {
    async fn ask(&self, question: Question) -> Confirmed {
        let answer = self
            .answered
            .as_ref()
            .filter(|answered| Question::from(answered.question.clone()) == question);
        let Some(answered) = answer else {
            *self.asked() = Some(question);
            return Confirmed::Later;
        };
        match answered.allowed {
            Some(true) => Confirmed::Yes,
            Some(false) => Confirmed::No,
            None => Confirmed::Unavailable,
        }
    }
}
