//! The way of a request until it is opened, the same for bots and apps.

use axum::extract::Request;
use axum::http::Method;

use super::body;
use super::desk::{Address, NotOpened, Opened, open};
use super::refusal::Refusal;
use super::routes::{Callee, now};
use crate::wecom::callback::{CallbackQuery, EnvelopeError, QueryError};

/// What differs between the two: the form of a body, and the words of refusals.
pub(super) struct Manner {
    /// The sealed text of a body.
    pub(super) sealed: fn(&[u8]) -> Result<String, EnvelopeError>,
    /// Who is meant, for accounts that share token and key.
    pub(super) identity: fn(&str) -> Option<String>,
    pub(super) bad_query: fn(QueryError) -> Refusal,
    pub(super) bad_envelope: fn(EnvelopeError) -> Refusal,
    pub(super) not_opened: fn(&NotOpened) -> Refusal,
    /// As `not_opened`, of the check of an address.
    pub(super) check_failed: fn(&NotOpened) -> Refusal,
}

/// A request that somebody made who knows token and key.
pub(super) enum Admitted<C: ?Sized> {
    /// The check of an address: the message is the answer.
    Check(Opened<C>),
    /// A callback, and the query that its answer refers to.
    Callback(Opened<C>, CallbackQuery),
}

/// Lets a request in, or says why not.
pub(super) async fn admit<C: ?Sized>(
    callee: &Callee,
    manner: &Manner,
    candidates: Vec<Address<C>>,
    request: Request,
) -> Result<Admitted<C>, Refusal> {
    let query = CallbackQuery::parse(request.uri().query().unwrap_or_default());
    let query = query.map_err(manner.bad_query)?;
    if request.method() == Method::GET {
        let echo = query.echo().map_err(manner.bad_query)?;
        let opened = open(candidates, &query, echo, None, |_| None);
        let opened = opened.map_err(|error| (manner.check_failed)(&error))?;
        tracing::info!(account = %opened.address.account, "WeCom checked an address");
        return Ok(Admitted::Check(opened));
    }
    let (parts, stream) = request.into_parts();
    let body = body::read(&callee.bodies, &parts.headers, stream).await?;
    let sealed = (manner.sealed)(&body).map_err(manner.bad_envelope)?;
    let fresh = Some(now(callee));
    let opened = open(candidates, &query, &sealed, fresh, manner.identity);
    let opened = opened.map_err(|error| (manner.not_opened)(&error))?;
    Ok(Admitted::Callback(opened, query))
}
