//! The body of a callback, of a limited size and within a limited time.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::Semaphore;

use super::refusal::Refusal;

/// Most bytes: the largest message of WeCom's is far below it.
const MAX_BYTES: usize = 1024 * 1024;

/// How long a body may take: WeCom itself waits 5 s for the answer to it.
const TIME: Duration = Duration::from_secs(5);

/// Reads a body, when there is a place for it.
pub(super) async fn read(
    places: &Semaphore,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, Refusal> {
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BYTES as u64) {
        return Err(Refusal::too_large());
    }
    let gathering = async {
        // The semaphore is never closed.
        let _place = places.acquire().await;
        gather(body).await
    };
    match tokio::time::timeout(TIME, gathering).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_timeout",
            "the body took more than 5 s",
        )),
    }
}

async fn gather(body: Body) -> Result<Bytes, Refusal> {
    let mut pieces = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let broken = |_| Refusal::bad("body_broken", "the body ended before its end");
        let piece = piece.map_err(broken)?;
        if whole.len() + piece.len() > MAX_BYTES {
            return Err(Refusal::too_large());
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}
