use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::harness::{Rig, proactive, reply, settle, stream};
use crate::wecom::bot::{
    Command, ConnectStep, ConnectionState, ErrorCode, Refusal, SendError, StreamUpdate,
};

fn refusal(code: i64, message: &str) -> SendError {
    SendError::Refused(Refusal {
        code: ErrorCode::new(code),
        message: message.to_owned(),
    })
}

#[tokio::test(start_paused = true)]
async fn ids_are_matched_whole() {
    let (rig, mut peer) = Rig::live().await;
    // Ids that WeCom chose, and that begin like ours.
    for req_id in ["ping", "ping_1_00000000", "aibot_subscribe_1_00000000"] {
        let sent = rig.send(reply(req_id, "hello"));
        let frame = peer.recv().await;
        assert_eq!(frame["headers"]["req_id"], req_id);
        peer.refuse(&frame, 93_006, "invalid chatid").await;
        let outcome = sent.await.unwrap();
        assert_eq!(outcome, Err(refusal(93_006, "invalid chatid")));
        assert!(rig.client.state().borrow().is_live());
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_acknowledgement_arrives() {
    let (rig, mut peer) = Rig::live().await;
    let sent = rig.send(Command::McpConfig {
        biz_type: "doc".to_owned(),
    });
    let frame = peer.recv().await;
    let ack = json!({"headers": frame["headers"], "errcode": 0, "errmsg": "ok",
        "body": {"url": "https://mcp.example/?apikey=MARKED"}, "more": {"unknown": 1}});
    peer.say(&ack.to_string()).await;
    let ack = sent.await.unwrap().unwrap();
    assert_eq!(
        ack.body,
        Some(json!({"url": "https://mcp.example/?apikey=MARKED"}))
    );
    assert!(!format!("{ack:?}").contains("MARKED"));
}

#[tokio::test(start_paused = true)]
async fn an_error_goes_to_its_caller_and_the_lane_goes_on() {
    let (rig, mut peer) = Rig::live().await;
    let first = rig.send(stream("r-1", "a", false));
    settle().await;
    let second = rig.send(stream("r-1", "ab", false));
    let frame = peer.recv().await;
    peer.refuse(&frame, 846_608, "expired").await;
    assert_eq!(first.await.unwrap(), Err(refusal(846_608, "expired")));
    let frame = peer.recv().await;
    peer.ack(&frame).await;
    assert!(second.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_late_acknowledgement_belongs_to_the_frame_that_timed_out() {
    let (rig, mut peer) = Rig::live().await;
    let first = rig.send(reply("r-1", "first"));
    let frame = peer.recv().await;
    assert_eq!(first.await.unwrap(), Err(SendError::Unknown));
    let second = rig.send(reply("r-1", "second"));
    peer.recv().await;
    peer.refuse(&frame, 846_608, "expired").await;
    settle().await;
    assert!(!second.is_finished(), "the error was the first frame's");
    peer.ack(&frame).await;
    assert!(second.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_makes_the_next_one_unknown_but_not_the_one_after() {
    let (rig, mut peer) = Rig::live().await;
    let first = rig.send(reply("r-1", "first"));
    peer.recv().await;
    assert_eq!(first.await.unwrap(), Err(SendError::Unknown));
    let second = rig.send(reply("r-1", "second"));
    peer.recv().await;
    peer.ack_id("r-1").await;
    let asked = Instant::now();
    assert_eq!(second.await.unwrap(), Err(SendError::Unknown));
    assert_eq!(asked.elapsed().as_secs(), 5);
    sleep(Duration::from_secs(11)).await;
    let third = rig.send(reply("r-1", "third"));
    peer.recv().await;
    peer.ack_id("r-1").await;
    assert!(third.await.unwrap().is_ok(), "the tombstones are gone");
}

#[tokio::test(start_paused = true)]
async fn a_final_frame_takes_a_late_acknowledgement() {
    let (rig, mut peer) = Rig::live().await;
    let last = rig.send(stream("r-1", "answer", true));
    peer.recv().await;
    sleep(Duration::from_secs(6)).await;
    // Its lane went on after 5 s.
    let next = rig.send(reply("r-1", "next"));
    peer.recv().await;
    assert!(!last.is_finished());
    peer.ack_id("r-1").await;
    assert!(last.await.unwrap().is_ok());
    peer.ack_id("r-1").await;
    assert!(next.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_final_frame_without_acknowledgement_is_unknown_after_15_s() {
    let (rig, mut peer) = Rig::live().await;
    let started = Instant::now();
    let last = rig.send(stream("r-1", "answer", true));
    peer.recv().await;
    assert_eq!(last.await.unwrap(), Err(SendError::Unknown));
    assert_eq!(started.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_lost_subscription_is_renewed_and_the_frame_repeated_once() {
    let (mut rig, mut peer) = Rig::live().await;
    let sent = rig.send(reply("r-1", "hello"));
    let queued = rig.send(reply("r-1", "queued"));
    let frame = peer.recv().await;
    peer.refuse(&frame, 846_609, "aibot websocket not subscribed")
        .await;
    assert_eq!(queued.await.unwrap(), Err(SendError::NotConnected));
    peer.closed().await;

    let mut peer = rig.subscribed().await;
    assert_eq!(peer.recv_text().await, "hello");
    peer.ack_id("r-1").await;
    assert!(sent.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_of_the_repeated_frame_is_final() {
    let (mut rig, mut peer) = Rig::live().await;
    let sent = rig.send(reply("r-1", "hello"));
    let frame = peer.recv().await;
    peer.refuse(&frame, 846_609, "aibot websocket not subscribed")
        .await;
    let mut peer = rig.subscribed().await;
    let frame = peer.recv().await;
    peer.refuse(&frame, 846_609, "aibot websocket not subscribed")
        .await;
    match sent.await.unwrap() {
        Err(SendError::Refused(refusal)) => assert!(refusal.is_not_subscribed()),
        other => panic!("{other:?}"),
    }
    assert!(rig.client.state().borrow().is_live());
}

#[tokio::test(start_paused = true)]
async fn a_frame_is_not_repeated_when_the_next_connection_fails() {
    let (mut rig, mut peer) = Rig::live().await;
    let sent = rig.send(reply("r-1", "hello"));
    let frame = peer.recv().await;
    peer.refuse(&frame, 846_609, "aibot websocket not subscribed")
        .await;
    rig.call().await.fail(ConnectStep::Tcp);
    assert_eq!(sent.await.unwrap(), Err(SendError::NotConnected));
    let mut peer = rig.subscribed().await;
    assert!(peer.hears_nothing_for(20).await);
}

#[tokio::test(start_paused = true)]
async fn an_unsupported_mcp_category_is_not_a_lost_subscription() {
    let (rig, mut peer) = Rig::live().await;
    let sent = rig.send(Command::McpConfig {
        biz_type: "mail".to_owned(),
    });
    let frame = peer.recv().await;
    peer.refuse(&frame, 846_609, "unsupported mcp biz type")
        .await;
    match sent.await.unwrap() {
        Err(SendError::Refused(refusal)) => {
            assert!(refusal.is_category_unavailable() && !refusal.is_not_subscribed());
        }
        other => panic!("{other:?}"),
    }
    assert!(rig.client.state().borrow().is_live());
}

#[tokio::test(start_paused = true)]
async fn an_update_waits_for_its_own_acknowledgement_only() {
    let (rig, mut peer) = Rig::live().await;
    let first = rig.update("r-1", "a");
    peer.recv().await;
    assert_eq!(first.await.unwrap(), Err(SendError::Unknown));
    // The lane is free again, though the first acknowledgement may still come.
    let second = rig.update("r-1", "ab");
    assert_eq!(peer.recv_text().await, "ab");
    peer.ack_id("r-1").await;
    peer.ack_id("r-1").await;
    assert!(matches!(second.await.unwrap(), Ok(StreamUpdate::Acked(_))));
}

#[tokio::test(start_paused = true)]
async fn unasked_answers_are_dropped() {
    let (rig, mut peer) = Rig::live().await;
    peer.ack_id("never-heard-of").await;
    peer.say(r#"{"cmd":"moonwalk","headers":{"req_id":"r"},"body":{}}"#)
        .await;
    let sent = rig.send(proactive("hello"));
    let frame = peer.recv().await;
    peer.ack(&frame).await;
    assert!(sent.await.unwrap().is_ok());
    rig.state(ConnectionState::is_live).await;
}
