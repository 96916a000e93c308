//! Callbacks of agent apps: encrypted XML in, the word `success` out.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::body;
use super::desk::{NotOpened, open};
use super::path::Which;
use super::refusal::Refusal;
use super::routes::{Callee, now, plain};
use crate::wecom::callback::{AppCallback, CallbackQuery, EnvelopeError, QueryError, sealed_xml};

/// What WeCom wants to read: its answer comes by the API.
const SUCCESS: &str = "success";

/// Answers one request to an agent app's address.
pub(super) async fn serve(
    callee: &Callee,
    which: &Which,
    request: Request,
) -> Result<Response, Refusal> {
    let config = callee.config.get();
    let candidates = callee
        .desk
        .apps()
        .candidates(which, &config.default_account);
    if candidates.is_empty() {
        let nobody = "no agent app has this address";
        let status = StatusCode::NOT_FOUND;
        return Err(Refusal::new(status, "agent_not_configured", nobody));
    }
    let query = CallbackQuery::parse(request.uri().query().unwrap_or_default());
    let query = query.map_err(bad_query)?;
    if request.method() == Method::GET {
        let echo = query.echo().map_err(bad_query)?;
        let opened =
            open(candidates, &query, echo, None, |_| None).map_err(|error| not_opened(&error))?;
        tracing::info!(account = %opened.address.account, "WeCom checked the address of an app");
        return Ok(plain(opened.message));
    }
    let (parts, stream) = request.into_parts();
    let body = body::read(&callee.bodies, &parts.headers, stream).await?;
    let sealed = sealed_xml(&body).map_err(bad_envelope)?;
    let fresh = Some(now(callee));
    let opened =
        open(candidates, &query, &sealed, fresh, app_of).map_err(|error| not_opened(&error))?;
    let callback = AppCallback::parse(&opened.message);
    let callback = callback.map_err(|error| Refusal::bad("invalid_xml", error))?;
    let calls = opened.address.calls;
    match calls.receive(callback, opened.message).await {
        Ok(()) => Ok(plain(SUCCESS)),
        // Nothing is accepted that may be lost; WeCom may call again.
        Err(error) => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_recorded",
            error,
        )),
    }
}

/// Which app a callback is for.
fn app_of(message: &str) -> Option<String> {
    let callback = AppCallback::parse(message).ok()?;
    Some(callback.agent_id?.to_string())
}

fn bad_query(error: QueryError) -> Refusal {
    match error {
        QueryError::Missing(_) => Refusal::bad("missing_parameters", error),
        QueryError::Signature => not_opened(&NotOpened::NotFound),
        _ => Refusal::bad("invalid_parameters", error),
    }
}

fn bad_envelope(error: EnvelopeError) -> Refusal {
    Refusal::bad("missing_encrypt", error)
}

fn not_opened(error: &NotOpened) -> Refusal {
    let unauthorised = |word| Refusal::new(StatusCode::UNAUTHORIZED, word, error);
    match error {
        NotOpened::NotFound => unauthorised("account_not_found")
            .saying("Agent callback account_not_found: signature verification failed."),
        NotOpened::Conflict(_) => unauthorised("account_conflict")
            .saying("Agent callback account_conflict: several accounts fit the signature."),
        NotOpened::Stale { .. } => Refusal::new(StatusCode::FORBIDDEN, "stale_timestamp", error),
        NotOpened::Sealed(reason) => Refusal::bad("decrypt_failed", reason),
    }
}
