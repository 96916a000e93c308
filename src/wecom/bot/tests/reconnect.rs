use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::harness::{Call, Rig, assert_near, logged, proactive};
use crate::wecom::bot::{Cause, ConnectStep, ConnectionState, ErrorCode, SendError};

fn is_auth_failed(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::AuthFailed { .. })
}

#[tokio::test(start_paused = true)]
async fn six_wrong_secrets_then_parked_until_resumed() {
    let mut rig = Rig::start();
    let mut last = rig.refused(853_000).await.at;
    for delay in [1.0, 2.0, 4.0, 8.0, 16.0] {
        let call = rig.refused(853_000).await;
        assert_near(call.at - last, delay);
        last = call.at;
    }
    match rig.state(is_auth_failed).await {
        ConnectionState::AuthFailed {
            code,
            message,
            attempts,
        } => {
            assert_eq!(code, ErrorCode::new(853_000));
            assert_eq!(message, "invalid bot_id or secret");
            assert_eq!(attempts, 6);
        }
        other => panic!("{other:?}"),
    }
    assert!(rig.stays_away().await);

    rig.client.resume();
    rig.subscribed().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscribe_without_answer_is_a_network_failure() {
    let mut rig = Rig::start();
    let call = rig.call().await;
    let started = call.at;
    let mut peer = call.accept().await;
    assert_eq!(peer.recv().await["cmd"], "aibot_subscribe");
    assert_eq!(
        peer.closed().await,
        0,
        "nothing follows a subscribe without answer"
    );
    let timed_out = Instant::now();
    assert_eq!(timed_out - started, Duration::from_secs(10));
    let waiting = |state: &ConnectionState| {
        matches!(
            state,
            ConnectionState::Waiting {
                attempt: 1,
                cause: Cause::SubscribeTimeout,
                ..
            }
        )
    };
    rig.state(waiting).await;
    let again = rig.call().await.at;
    assert_near(again - timed_out, 1.0);
}

#[tokio::test(start_paused = true)]
async fn ten_reconnects_then_slow_rounds_for_ever() {
    let mut rig = Rig::start();
    let mut last = rig.call().await.fail(ConnectStep::Tcp);
    for rest in [60.0, 120.0, 240.0, 300.0, 300.0] {
        for delay in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0, 30.0] {
            let at = rig.call().await.fail(ConnectStep::Tcp);
            assert_near(at - last, delay);
            last = at;
        }
        rig.state(|state| matches!(state, ConnectionState::Resting { .. }))
            .await;
        let at = rig.call().await.fail(ConnectStep::Tcp);
        assert_near(at - last, rest);
        last = at;
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_forgets_the_failures() {
    let mut rig = Rig::start();
    for _ in 0..5 {
        rig.call().await.fail(ConnectStep::Resolve);
    }
    rig.refused(853_000).await;
    drop(rig.subscribed().await);
    let lost = Instant::now();
    let refused = rig.refused(853_000).await.at;
    assert_near(refused - lost, 1.0);
    let again = rig.call().await.at;
    assert_near(again - refused, 1.0);
}

#[tokio::test(start_paused = true)]
async fn failures_are_classified_one_by_one() {
    let mut rig = Rig::start();
    let mut last = rig.refused(853_000).await.at;
    // A name that does not resolve after a refusal is the network's first failure.
    for (step, delay) in [
        (Some(ConnectStep::Resolve), 1.0),
        (None, 1.0),
        (Some(ConnectStep::Resolve), 2.0),
        (None, 2.0),
        (Some(ConnectStep::Tls), 4.0),
        (None, 4.0),
        (None, 8.0),
        (None, 16.0),
    ] {
        let at = match step {
            Some(step) => rig.call().await.fail(step),
            None => rig.refused(853_000).await.at,
        };
        assert_near(at - last, delay);
        last = at;
    }
    rig.state(is_auth_failed).await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_refusal_waits_half_a_minute() {
    let mut rig = Rig::start();
    let mut last = rig.refused(45_009).await.at;
    for _ in 0..3 {
        let at = rig.refused(999_999).await.at;
        assert!(at - last >= Duration::from_secs(30));
        assert_near(at - last, 30.0);
        last = at;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_subscribes_twice_within_a_second() {
    let mut rig = Rig::start();
    drop(rig.subscribed().await);
    let mut last = Instant::now();
    for _ in 0..20 {
        rig.state(|state| matches!(state, ConnectionState::Waiting { .. }))
            .await;
        rig.client.resume();
        drop(rig.subscribed().await);
        assert!(last.elapsed() >= Duration::from_secs(1));
        last = Instant::now();
    }
}

#[tokio::test(start_paused = true)]
async fn resuming_cuts_a_rest_short() {
    let mut rig = Rig::start_with(|socket| socket.timing.max_reconnects = Some(0));
    let failed = rig.call().await.fail(ConnectStep::Tcp);
    rig.state(|state| matches!(state, ConnectionState::Resting { rounds: 1, .. }))
        .await;
    rig.client.resume();
    assert_eq!(rig.call().await.at, failed);
}

#[tokio::test(start_paused = true)]
async fn resuming_a_live_bot_means_nothing_later() {
    let (mut rig, peer) = Rig::live().await;
    rig.client.resume();
    sleep(Duration::from_secs(5)).await;
    drop(peer);
    let lost = Instant::now();
    assert_near(rig.call().await.at - lost, 1.0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_subscribe_is_acknowledged() {
    let mut rig = Rig::start();
    let call: Call = rig.call().await;
    let dialling = rig.client.send(proactive("too early")).await;
    assert_eq!(dialling, Err(SendError::NotConnected));

    let mut peer = call.accept().await;
    let subscribe = peer.recv().await;
    let subscribing = rig.client.send(proactive("too early")).await;
    assert_eq!(subscribing, Err(SendError::NotConnected));
    assert!(peer.hears_nothing_for(9).await);

    peer.ack(&subscribe).await;
    rig.state(ConnectionState::is_live).await;
    let sent = rig.send(proactive("in time"));
    let frame = peer.recv().await;
    peer.ack(&frame).await;
    assert!(sent.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_subscribe_has_the_documented_fields() {
    for (version, fields) in [(Some("2026.4.29"), 4), (Some(""), 3), (None, 3)] {
        let mut rig = Rig::start_with(|socket| socket.compat_version = version.map(str::to_owned));
        let subscribe = rig.call().await.accept().await.recv().await;
        let body = &subscribe["body"];
        assert_eq!(body["bot_id"], "aibTEST");
        assert_eq!(body["secret"], "s3cr3t-value");
        assert_eq!(body["scene"], 1);
        let expected = version.filter(|version| !version.is_empty());
        assert_eq!(body["plug_version"].as_str(), expected);
        assert_eq!(body.as_object().unwrap().len(), fields);
        let req_id = subscribe["headers"]["req_id"].as_str().unwrap();
        assert!(
            req_id.starts_with("aibot_subscribe_1767225600000_"),
            "{req_id}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn closing_is_polite_and_final() {
    let (mut rig, mut peer) = Rig::live().await;
    let sent = rig.send(proactive("on its way"));
    let frame = peer.recv().await;
    let client = rig.client.clone();
    let ((), ()) = tokio::join!(client.close(), async {
        // The acknowledgement overtakes the end of the connection.
        peer.ack(&frame).await;
        assert_eq!(peer.closed().await, 0);
    });
    assert!(sent.await.unwrap().is_ok());
    assert_eq!(
        rig.client.send(proactive("too late")).await,
        Err(SendError::NotConnected)
    );
    rig.client.resume();
    assert!(rig.client.state().borrow().name() == "closed");
    assert!(!rig.cancel.is_cancelled(), "the owner's token is not ours");
    rig.tracker.close();
    rig.tracker.wait().await;
    assert!(rig.pushes.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_does_not_hold_up_closing() {
    let (rig, _peer) = Rig::live().await;
    let before = Instant::now();
    rig.cancel.cancel();
    rig.tracker.close();
    rig.tracker.wait().await;
    assert_eq!(before.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn losing_the_receiver_closes() {
    let (rig, mut peer) = Rig::live().await;
    drop(rig.pushes);
    peer.closed().await;
    rig.tracker.close();
    rig.tracker.wait().await;
}

#[tokio::test(start_paused = true)]
async fn state_changes_are_logged_with_their_cause() {
    let log = logged(async {
        let mut rig = Rig::start();
        rig.call().await.fail(ConnectStep::Resolve);
        drop(rig.subscribed().await);
        rig.call().await;
    })
    .await;
    for part in [
        "account=default",
        "bot_id=aibTEST",
        "old=\"connecting\" new=\"waiting\" attempt=1",
        "cannot connect: resolve: scripted",
        "new=\"live\"",
        "old=\"live\" new=\"waiting\"",
        "WeCom closed the connection",
    ] {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
    assert!(!log.contains("s3cr3t-value"), "{log}");
}
