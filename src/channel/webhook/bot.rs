//! Callbacks of bots: encrypted JSON both ways.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::desk::NotOpened;
use super::entrance::{Admitted, Manner, admit};
use super::path::Which;
use super::refusal::Refusal;
use super::routes::{Callee, plain};
use crate::wecom::callback::{EnvelopeError, QueryError, reply_json, sealed_json};

const MANNER: Manner = Manner {
    sealed: sealed_json,
    identity: bot_of,
    bad_query,
    bad_envelope,
    not_opened: not_found,
    check_failed: |error| match error {
        NotOpened::Sealed(reason) => Refusal::new(StatusCode::FORBIDDEN, "decrypt_failed", reason),
        error => not_found(error),
    },
};

/// Answers one request to a bot's address.
pub(super) async fn serve(
    callee: &Callee,
    which: &Which,
    request: Request,
) -> Result<Response, Refusal> {
    let config = callee.config.get();
    let bots = callee.desk.bots();
    let candidates = bots.candidates(which, &config.default_account);
    if candidates.is_empty() {
        let nobody = "no webhook bot has this address";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "not_found", nobody));
    }
    let (opened, query) = match admit(callee, &MANNER, candidates, request).await? {
        Admitted::Check(opened) => return Ok(plain(opened.message)),
        Admitted::Callback(opened, query) => (opened, query),
    };
    let Ok(Value::Object(callback)) = serde_json::from_str(&opened.message) else {
        // As for a text that does not open: it says nothing about what is inside.
        return Err(Refusal::bad("decrypt_failed", "no JSON object is inside"));
    };
    let reply = opened.address.calls.receive(callback).await;
    let cipher = &opened.address.cipher;
    let body = reply_json(cipher, &query.timestamp, &query.nonce, &reply);
    Ok(plain(body))
}

/// Which bot a callback is for.
fn bot_of(message: &str) -> Option<String> {
    let callback: Value = serde_json::from_str(message).ok()?;
    Some(callback.get("aibotid")?.as_str()?.to_owned())
}

fn bad_query(error: QueryError) -> Refusal {
    match error {
        QueryError::Missing(_) => Refusal::bad("missing required query parameters", error),
        QueryError::Signature => not_found(&NotOpened::NotFound),
        _ => Refusal::bad("invalid_parameters", error),
    }
}

fn bad_envelope(error: EnvelopeError) -> Refusal {
    match error {
        EnvelopeError::Empty => Refusal::bad("empty payload", error),
        EnvelopeError::NoSealedText => Refusal::bad("missing encrypt field", error),
        _ => Refusal::bad("invalid JSON body", error),
    }
}

fn not_found(error: &NotOpened) -> Refusal {
    let forbidden = |word| Refusal::new(StatusCode::FORBIDDEN, word, error);
    match error {
        NotOpened::NotFound => forbidden("account_not_found")
            .saying("Bot callback account not found: signature verification failed."),
        NotOpened::Conflict(_) => forbidden("account_conflict")
            .saying("Bot callback account conflict: multiple accounts matched signature."),
        NotOpened::Stale { .. } => forbidden("stale_timestamp"),
        NotOpened::Sealed(reason) => Refusal::bad("decrypt_failed", reason),
    }
}
