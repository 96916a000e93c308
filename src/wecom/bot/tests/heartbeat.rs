use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use super::harness::{Rig, proactive, settle};
use crate::wecom::bot::{Cause, ConnectionState, SendError};

const TICK: Duration = Duration::from_secs(30);

fn is_silent(state: &ConnectionState) -> bool {
    matches!(
        state,
        ConnectionState::Waiting {
            cause: Cause::Silent,
            ..
        }
    )
}

/// The paused clock moves in milliseconds, so that timers fire up to one late.
#[track_caller]
fn assert_about(actual: Duration, expected: Duration) {
    assert!(
        actual.abs_diff(expected) < Duration::from_millis(10),
        "{actual:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn two_unanswered_pings_end_the_link_at_the_third_tick() {
    let (rig, mut peer) = Rig::live().await;
    let started = Instant::now();
    for tick in 1..=2u32 {
        let ping = peer.recv().await;
        assert_eq!(ping["cmd"], "ping");
        assert!(ping.get("body").is_none());
        assert_about(started.elapsed(), TICK * tick);
    }
    assert_eq!(peer.closed().await, 0, "no third ping");
    assert_about(started.elapsed(), TICK * 3);
    rig.state(is_silent).await;
}

#[tokio::test(start_paused = true)]
async fn answered_pings_keep_the_link() {
    let (rig, mut peer) = Rig::live().await;
    for _ in 0..100 {
        let ping = peer.recv().await;
        peer.ack(&ping).await;
    }
    assert!(rig.client.state().borrow().is_live());
}

#[tokio::test(start_paused = true)]
async fn any_frame_is_a_sign_of_life() {
    let (rig, mut peer) = Rig::live().await;
    for round in 0..30 {
        for _ in 0..2 {
            assert_eq!(peer.recv().await["cmd"], "ping");
        }
        match round % 3 {
            0 => peer.push_text("r-1", "hello").await,
            1 => peer.send(Message::Ping("x".into())).await,
            _ => peer.say("not even JSON").await,
        }
    }
    assert!(rig.client.state().borrow().is_live());
}

#[tokio::test(start_paused = true)]
async fn a_refused_ping_is_no_sign_of_life() {
    let (rig, mut peer) = Rig::live().await;
    for _ in 0..2 {
        let ping = peer.recv().await;
        peer.refuse(&ping, 40_058, "no").await;
    }
    assert_eq!(peer.closed().await, 0);
    rig.state(is_silent).await;
}

#[tokio::test(start_paused = true)]
async fn the_interval_is_configurable() {
    let five = Duration::from_secs(5);
    let (_rig, mut peer) = Rig::live_with(|socket| socket.timing.heartbeat = five).await;
    let started = Instant::now();
    peer.closed().await;
    assert_about(started.elapsed(), five * 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_does_not_get_through_ends_the_link() {
    let (rig, mut peer) = Rig::live().await;
    let big = "x".repeat(1 << 20);
    let stuck = rig.send(proactive(&big));
    let waiting = rig.send(proactive("behind it"));
    // Frames still come in, so the heartbeat alone would find nothing wrong.
    for _ in 0..29 {
        sleep(Duration::from_secs(1)).await;
        peer.push_text("r-1", "hello").await;
    }
    assert!(rig.client.state().borrow().is_live());
    sleep(Duration::from_secs(2)).await;
    assert!(!rig.client.state().borrow().is_live());
    assert_eq!(stuck.await.unwrap(), Err(SendError::Unknown));
    assert_eq!(waiting.await.unwrap(), Err(SendError::NotConnected));
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_is_not_mistaken_for_silence() {
    let (mut rig, mut peer) = Rig::live().await;
    for n in 0..300 {
        peer.push_text(&format!("r-{n}"), "hello").await;
    }
    // Nobody takes the pushes for ten minutes; pings go on, their answers are not read.
    for _ in 0..20 {
        let ping = peer.recv().await;
        peer.ack(&ping).await;
    }
    assert!(rig.client.state().borrow().is_live());
    for n in 0..300 {
        let frame = rig.pushes.recv().await.unwrap();
        assert_eq!(frame.push.envelope().req_id.as_str(), format!("r-{n}"));
    }
    let sent = rig.send(proactive("still here"));
    let frame = peer.recv().await;
    peer.ack(&frame).await;
    assert!(sent.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_parked_push_survives_closing() {
    let (mut rig, mut peer) = Rig::live().await;
    for n in 0..257 {
        peer.push_text(&format!("r-{n}"), "hello").await;
    }
    settle().await;
    let client = rig.client.clone();
    let receive = async {
        let mut received = 0;
        while rig.pushes.recv().await.is_some() {
            received += 1;
        }
        received
    };
    let ((), received) = tokio::join!(client.close(), receive);
    assert_eq!(received, 257);
}

#[tokio::test(start_paused = true)]
async fn a_parked_push_survives_the_link() {
    let (mut rig, mut peer) = Rig::live().await;
    for n in 0..257 {
        peer.push_text(&format!("r-{n}"), "hello").await;
    }
    settle().await;
    drop(peer);
    rig.call().await;
    for n in 0..257 {
        let frame = rig.pushes.recv().await.unwrap();
        assert_eq!(frame.push.envelope().req_id.as_str(), format!("r-{n}"));
    }
}
