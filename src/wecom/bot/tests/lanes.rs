use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::harness::{Rig, proactive, reply, settle, stream};
use crate::wecom::bot::{Command, SendError, StreamUpdate, UploadId};

#[tokio::test(start_paused = true)]
async fn a_lane_keeps_its_order_one_frame_at_a_time() {
    let (rig, mut peer) = Rig::live().await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(rig.send(reply("r-1", &n.to_string())));
        settle().await;
    }
    for (n, sent) in sent.into_iter().enumerate() {
        assert_eq!(peer.recv_text().await, n.to_string());
        assert!(peer.hears_nothing_for(1).await, "one at a time");
        peer.ack_id("r-1").await;
        let ack = sent.await.unwrap().unwrap();
        assert_eq!(ack.req_id.as_str(), "r-1");
    }
}

#[tokio::test(start_paused = true)]
async fn lanes_do_not_wait_for_each_other() {
    let (rig, mut peer) = Rig::live().await;
    let sent = ["a", "b", "c"].map(|req_id| rig.send(reply(req_id, req_id)));
    let mut frames = Vec::new();
    for _ in 0..3 {
        frames.push(peer.recv().await);
    }
    for frame in frames.iter().rev() {
        peer.ack(frame).await;
    }
    for sent in sent {
        assert!(sent.await.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn the_501st_waiting_frame_is_refused() {
    let (rig, mut peer) = Rig::live().await;
    let mut sent = Vec::new();
    for n in 0..501 {
        sent.push(rig.send(reply("r-1", &n.to_string())));
        settle().await;
    }
    let refused = rig.client.send(reply("r-1", "one too many")).await;
    assert_eq!(refused, Err(SendError::QueueFull));
    // A caller who goes makes room.
    sent.pop().unwrap().abort();
    settle().await;
    sent.push(rig.send(reply("r-1", "500")));
    settle().await;
    for (n, sent) in sent.into_iter().enumerate() {
        assert_eq!(peer.recv_text().await, n.to_string());
        peer.ack_id("r-1").await;
        assert!(sent.await.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn intermediate_frames_are_skipped_and_final_ones_are_not() {
    let (rig, mut peer) = Rig::live().await;
    let first = rig.update("r-1", "a");
    assert_eq!(peer.recv_text().await, "a");
    let skipped = rig.update("r-1", "ab").await.unwrap();
    assert_eq!(skipped, Ok(StreamUpdate::Skipped));
    let last = rig.send(stream("r-1", "abc", true));
    settle().await;
    let late = rig.update("r-1", "abcd").await.unwrap();
    assert_eq!(late, Ok(StreamUpdate::Skipped), "one is in line");

    peer.ack_id("r-1").await;
    assert!(matches!(
        first.await.unwrap(),
        Ok(StreamUpdate::Acked(ack)) if ack.req_id.as_str() == "r-1"
    ));
    let frame = peer.recv().await;
    assert_eq!(frame["body"]["stream"]["content"], "abc");
    assert_eq!(frame["body"]["stream"]["finish"], true);
    peer.ack_id("r-1").await;
    assert!(last.await.unwrap().is_ok());
    assert!(peer.hears_nothing_for(20).await);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_caller_takes_its_unwritten_frame_back() {
    let (rig, mut peer) = Rig::live().await;
    let first = rig.send(reply("r-1", "first"));
    assert_eq!(peer.recv_text().await, "first");
    let dropped = rig.send(reply("r-1", "dropped"));
    let kept = rig.send(reply("r-1", "kept"));
    settle().await;
    dropped.abort();
    settle().await;
    peer.ack_id("r-1").await;
    assert!(first.await.unwrap().is_ok());
    assert_eq!(peer.recv_text().await, "kept");
    peer.ack_id("r-1").await;
    assert!(kept.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_settles_every_frame() {
    let (mut rig, mut peer) = Rig::live().await;
    let written = rig.send(reply("r-1", "written"));
    peer.recv().await;
    let queued = [
        rig.send(reply("r-1", "queued")),
        rig.send(stream("r-1", "final", true)),
    ];
    let other = rig.send(proactive("other lane"));
    peer.recv().await;
    drop(peer);
    assert_eq!(written.await.unwrap(), Err(SendError::Unknown));
    assert_eq!(other.await.unwrap(), Err(SendError::Unknown));
    for queued in queued {
        assert_eq!(queued.await.unwrap(), Err(SendError::NotConnected));
    }
    let mut peer = rig.subscribed().await;
    assert!(peer.hears_nothing_for(20).await, "nothing is sent again");
}

#[tokio::test(start_paused = true)]
async fn every_command_has_its_own_time() {
    let (rig, mut peer) = Rig::live().await;
    let upload_id = || UploadId::new("UP1");
    let cases = [
        (reply("r-1", "reply"), 5),
        (stream("r-2", "so far", false), 5),
        (proactive("message"), 10),
        (
            Command::UploadFinish {
                upload_id: upload_id(),
            },
            10,
        ),
        (
            Command::McpConfig {
                biz_type: "doc".to_owned(),
            },
            15,
        ),
        (
            Command::UploadChunk {
                upload_id: upload_id(),
                index: 0,
                data: vec![0; 16].into(),
            },
            30,
        ),
    ];
    for (command, seconds) in cases {
        let name = command.name();
        let sent = rig.send(command);
        let started = Instant::now();
        let writing = async {
            while peer.recv().await["cmd"] != name {}
            sleep(Duration::from_secs(29)).await;
            // Keeps the link alive while nothing is acknowledged.
            peer.push_text("r-9", "life").await;
        };
        let ((), outcome) = tokio::join!(writing, async {
            let outcome = sent.await.unwrap();
            (outcome, started.elapsed().as_secs())
        });
        assert_eq!(outcome, (Err(SendError::Unknown), seconds), "{name}");
    }
}
