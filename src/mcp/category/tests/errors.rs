//! What is tried again and what is forgotten: one row a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::Response;
use futures_util::future::join_all;
use serde_json::json;

use super::rig::*;
use crate::interceptors::{CategoryServers, ErrorKind, Renewal};

/// What one call came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// `None` is success.
    kind: Option<ErrorKind>,
    maybe_executed: bool,
    calls: usize,
    handshakes: usize,
    addresses: usize,
}

/// Makes one call of a server whose first `failures` calls fail like `fail`, then another
/// call that works, and tells what the first came to and what the second had to fetch.
async fn outcome(
    fail: impl Fn(&Seen) -> Response + Send + Sync + 'static,
    failures: usize,
    safe: bool,
) -> (Outcome, [usize; 2]) {
    let works = Arc::new(AtomicBool::new(false));
    let healed = works.clone();
    let (rig, mock, bots) = start(move |seen| {
        let fails = seen.rpc() == "tools/call" && seen.nth < failures;
        if fails && !healed.load(Ordering::Relaxed) {
            fail(seen)
        } else {
            stateless(seen)
        }
    })
    .await;
    let first = hurrying(async {
        if safe {
            rig.read().await
        } else {
            rig.write().await
        }
    })
    .await;
    let counts = || [mock.count("initialize"), bots.asked()];
    let [handshakes, addresses] = counts();
    let outcome = Outcome {
        kind: first.as_ref().err().map(|error| error.kind),
        maybe_executed: first.is_err_and(|error| error.maybe_executed),
        calls: mock.count("tools/call"),
        handshakes,
        addresses,
    };
    works.store(true, Ordering::Relaxed);
    rig.read().await.unwrap();
    let after = counts();
    (outcome, [after[0] - handshakes, after[1] - addresses])
}

#[tokio::test(start_paused = true)]
async fn every_failure_has_its_row() {
    use ErrorKind::{Authorization, Network, Protocol, RateLimited};
    let always = 99;
    // Status, calls made of a safe and of another method, handshakes and addresses in all,
    // kind, whether it may have run; then what the next call fetches.
    let rows = [
        (500, [3, 1], [1, 1], Network, true, [0, 0]),
        (503, [3, 1], [1, 1], Network, true, [0, 0]),
        (429, [2, 2], [1, 1], RateLimited, false, [0, 0]),
        (400, [1, 1], [1, 1], Protocol, false, [0, 0]),
        (406, [1, 1], [1, 1], Protocol, false, [0, 0]),
        (415, [1, 1], [1, 1], Protocol, false, [0, 0]),
        (302, [1, 1], [1, 1], Protocol, false, [0, 0]),
        (401, [1, 1], [1, 2], Authorization, false, [1, 0]),
        (403, [1, 1], [1, 2], Authorization, false, [1, 0]),
        (404, [1, 1], [1, 2], Network, false, [1, 0]),
        (410, [1, 1], [1, 2], Network, false, [1, 0]),
    ];
    for (code, calls, [handshakes, addresses], kind, maybe_executed, after) in rows {
        for (safe, calls) in [true, false].into_iter().zip(calls) {
            let came = outcome(move |_| status(code), always, safe).await;
            let expected = Outcome {
                kind: Some(kind),
                maybe_executed,
                calls,
                handshakes,
                addresses,
            };
            assert_eq!(came, (expected, after), "HTTP {code}, safe: {safe}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_protocol_have_their_rows() {
    use ErrorKind::{Authorization, InvalidArgs, Network, Protocol, UnknownMethod};
    let rows = [
        (-32001, [2, 1], [2, 1], [2, 1], Network, true, [1, 0]),
        (-32002, [1, 1], [1, 1], [2, 2], Network, false, [1, 0]),
        (-32003, [1, 1], [1, 1], [2, 2], Authorization, false, [1, 0]),
        (-32600, [1, 1], [1, 1], [1, 1], Protocol, false, [0, 0]),
        (-32601, [1, 1], [1, 1], [1, 1], UnknownMethod, false, [0, 0]),
        (-32602, [1, 1], [1, 1], [1, 1], InvalidArgs, false, [0, 0]),
        (-32603, [1, 1], [1, 1], [1, 1], Protocol, true, [0, 0]),
    ];
    for (code, calls, handshakes, addresses, kind, maybe_executed, after) in rows {
        for (n, safe) in [true, false].into_iter().enumerate() {
            let (came, then) = outcome(move |seen| rpc_error(seen, code, "no"), 99, safe).await;
            let expected = Outcome {
                kind: Some(kind),
                maybe_executed,
                calls: calls[n],
                handshakes: handshakes[n],
                addresses: addresses[n],
            };
            assert_eq!(came, expected, "{code}, safe: {safe}");
            if code != -32001 {
                assert_eq!(then, after, "{code}, safe: {safe}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_works_is_a_success() {
    for (failures, code, calls) in [(2, 500, 3), (1, 429, 2)] {
        let (came, _) = outcome(move |_| status(code), failures, true).await;
        assert_eq!((came.kind, came.calls), (None, calls), "{code}");
    }
    let (came, _) = outcome(|seen| rpc_error(seen, -32001, "down"), 1, true).await;
    assert_eq!((came.kind, came.calls, came.addresses), (None, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_long_retry_after_is_reported_not_waited_for() {
    let (rig, mock, _) = start(|seen| match seen.rpc() {
        "tools/call" => with_header(status(429), "retry-after", "60"),
        _ => stateless(seen),
    })
    .await;
    let error = rig.read().await.unwrap_err();
    assert_eq!(
        (error.kind, error.retryable),
        (ErrorKind::RateLimited, true)
    );
    assert_eq!(error.retry_after_s, Some(60));
    assert_eq!(mock.count("tools/call"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_the_error_in_its_body() {
    let (rig, _, _) = start(|seen| match seen.rpc() {
        "tools/call" => {
            let mut said = rpc_error(seen, -32600, "Not Acceptable");
            *said.status_mut() = http::StatusCode::NOT_ACCEPTABLE;
            said
        }
        _ => stateless(seen),
    })
    .await;
    let error = rig.read().await.unwrap_err();
    assert!(error.message.contains("Not Acceptable"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn another_address_is_worth_another_try() {
    for code in [401, 404] {
        let old = Mock::start(at_once(move |seen| match seen.rpc() {
            "tools/call" => status(code),
            _ => stateless(seen),
        }))
        .await;
        let new = Mock::start(at_once(stateless)).await;
        let bots = FakeBots::saying([at(&old.url()), at(&new.url())]);
        let rig = Rig::new(&bots);
        rig.write().await.unwrap();
        assert_eq!((old.count("tools/call"), new.count("tools/call")), (1, 1));
        assert_eq!((new.count("initialize"), bots.asked()), (1, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_is_tried_twice() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/todo?apikey={KEY}", gone.local_addr().unwrap());
    drop(gone);
    let bots = FakeBots::saying([at(&url)]);
    let rig = Rig::new(&bots);
    let before = tokio::time::Instant::now();
    let error = hurrying(rig.write()).await.unwrap_err();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Network, true));
    assert!(!error.maybe_executed);
    assert!(before.elapsed().as_millis() >= 400);
}

#[tokio::test(start_paused = true)]
async fn many_refusals_ask_for_the_address_once() {
    let (rig, mock, bots) = start(stateless).await;
    let generation = rig.read().await.unwrap().generation;
    let account = "default".into();
    let renew = || rig.servers.renew(&account, "todo", generation);
    let renewals = join_all((0..10).map(|_| renew())).await;
    assert_eq!(renewals, [Renewal::Unchanged; 10]);
    assert_eq!(bots.asked(), 2);
    // And not again within ten seconds.
    assert_eq!(renew().await, Renewal::Unchanged);
    assert_eq!(bots.asked(), 2);
    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    assert_eq!(renew().await, Renewal::Unchanged);
    assert_eq!(bots.asked(), 3);
    rig.read().await.unwrap();
    assert_eq!(mock.count("initialize"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unauthorised_bot_is_named_as_the_reason() {
    let (_, mock, _) = start(|seen| match seen.rpc() {
        "tools/call" if seen.nth == 0 => business(seen, &json!({"errcode": 850_002})),
        "tools/call" => status(403),
        _ => stateless(seen),
    })
    .await;
    let bots = FakeBots::saying([Ok(json!({"url": mock.url(), "is_authed": false}))]);
    let rig = Rig::new(&bots);
    let call = call(None, "get_things");
    let answer = rig.servers.call(&call).await.unwrap();
    assert_eq!(answer.head().unwrap().errcode, 850_002);
    assert!(call.notes.all()[0].contains("not authorised"));
    let error = rig.read().await.unwrap_err();
    assert!(error.message.contains("was not authorised"), "{error}");
}
