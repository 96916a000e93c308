//! Callbacks of agent apps: encrypted XML in, the word `success` out.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

use super::desk::NotOpened;
use super::entrance::{Admitted, Manner, admit};
use super::path::Which;
use super::refusal::Refusal;
use super::routes::{Callee, plain};
use crate::wecom::callback::{AppCallback, QueryError, sealed_xml};

/// What WeCom wants to read: its answer comes by the API.
const SUCCESS: &str = "success";

const MANNER: Manner = Manner {
    sealed: sealed_xml,
    identity: app_of,
    bad_query,
    bad_envelope: |error| Refusal::bad("missing_encrypt", error),
    not_opened,
    check_failed: not_opened,
};

/// Answers one request to an agent app's address.
pub(super) async fn serve(
    callee: &Callee,
    which: &Which,
    request: Request,
) -> Result<Response, Refusal> {
    let config = callee.config.get();
    let apps = callee.desk.apps();
    let candidates = apps.candidates(which, &config.default_account);
    if candidates.is_empty() {
        let nobody = "no agent app has this address";
        let status = StatusCode::NOT_FOUND;
        return Err(Refusal::new(status, "agent_not_configured", nobody));
    }
    let opened = match admit(callee, &MANNER, candidates, request).await? {
        Admitted::Check(opened) => return Ok(plain(opened.message)),
        Admitted::Callback(opened, _) => opened,
    };
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
