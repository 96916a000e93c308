//! Servers that take their time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, advance};

use super::rig::*;
use crate::interceptors::{CategoryServers, ErrorKind};

/// A server whose calls never end in a way of their own.
async fn slow(body: impl Fn() -> Option<Body> + Send + Sync + 'static) -> (Rig, Mock) {
    let mock = Mock::start(move |seen| {
        let body = (seen.rpc() == "tools/call").then(&body);
        async move {
            match body {
                None => stateless(&seen),
                Some(None) => std::future::pending().await,
                Some(Some(body)) => Response::new(body),
            }
        }
        .boxed()
    })
    .await;
    let rig = Rig::new(&FakeBots::saying([at(&mock.url())]));
    (rig, mock)
}

#[tokio::test(start_paused = true)]
async fn headers_that_do_not_come_end_a_call_at_its_time_out() {
    let (rig, mock) = slow(|| None).await;
    let begun = Instant::now();
    let clock = async {
        until(|| mock.count("tools/call") == 1).await;
        advance(Duration::from_secs(30)).await;
    };
    let (ended, ()) = tokio::join!(rig.write(), clock);
    let error = ended.unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Timeout, true)
    );
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(
        mock.count("tools/call"),
        1,
        "what may have run is not repeated"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_body_ends_a_long_call_after_thirty_seconds() {
    let body = || {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        Some(Body::from_stream(first.chain(stream::pending())))
    };
    let (rig, mock) = slow(body).await;
    let mut call = call(None, "unheard_of");
    call.raise_timeout(Duration::from_secs(120));
    let begun = Instant::now();
    let clock = async {
        until(|| mock.count("tools/call") == 1).await;
        settle().await;
        hurrying(std::future::pending::<()>()).await;
    };
    let error = tokio::select! {
        ended = rig.servers.call(&call) => ended.unwrap_err(),
        () = clock => unreachable!(),
    };
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Timeout, true)
    );
    assert!(
        (30..40).contains(&begun.elapsed().as_secs()),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_ends_at_the_total() {
    let drip = || {
        Some(Body::from_stream(stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
        })))
    };
    let (rig, _mock) = slow(drip).await;
    let begun = Instant::now();
    let error = hurrying(rig.write()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Timeout, true)
    );
    assert!(
        (30..35).contains(&begun.elapsed().as_secs()),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn the_whole_call_has_one_deadline() {
    // A handshake that hangs is not the call's: nothing was sent yet.
    let mock = Mock::start(|_| std::future::pending().boxed()).await;
    let rig = Rig::new(&FakeBots::saying([at(&mock.url())]));
    let begun = Instant::now();
    let error = hurrying(rig.write()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Timeout, false)
    );
    assert!(
        (75..80).contains(&begun.elapsed().as_secs()),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(mock.count("tools/call"), 0);
}
