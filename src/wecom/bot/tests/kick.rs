use std::time::Duration;

use tokio::time::Instant;

use super::harness::{NOW_MS, Rig, assert_near, proactive, reply, settle};
use crate::config::Reclaim;
use crate::wecom::bot::{ConnectionState, SendError};

fn is_kicked(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Kicked { .. })
}

#[tokio::test(start_paused = true)]
async fn a_kick_parks_the_bot_until_resumed() {
    let (mut rig, mut peer) = Rig::live().await;
    let written = rig.send(reply("r-1", "written"));
    peer.recv().await;
    let queued = rig.send(reply("r-1", "queued"));
    settle().await;

    peer.push_event("disconnected_event").await;
    assert_eq!(peer.closed().await, 0);
    assert_eq!(written.await.unwrap(), Err(SendError::Unknown));
    assert_eq!(queued.await.unwrap(), Err(SendError::NotConnected));
    match rig.state(is_kicked).await {
        ConnectionState::Kicked { at_ms, reclaim_in } => {
            assert_eq!((at_ms, reclaim_in), (NOW_MS, None));
        }
        other => panic!("{other:?}"),
    }
    assert!(rig.client.state().borrow().is_parked());
    assert!(rig.pushes.try_recv().is_err(), "a kick is no push");
    assert_eq!(
        rig.client.send(proactive("while parked")).await,
        Err(SendError::NotConnected)
    );
    assert!(rig.stays_away().await);

    rig.client.resume();
    rig.subscribed().await;
}

#[tokio::test(start_paused = true)]
async fn a_kicked_bot_can_be_closed() {
    let (rig, mut peer) = Rig::live().await;
    peer.push_event("disconnected_event").await;
    rig.state(is_kicked).await;
    rig.client.close().await;
    assert_eq!(rig.client.state().borrow().name(), "closed");
}

#[tokio::test(start_paused = true)]
async fn reclaiming_grows_with_every_kick() {
    let reclaim = Reclaim {
        initial_delay: Duration::from_mins(1),
        max_delay: Duration::from_secs(200),
    };
    let (mut rig, mut peer) = Rig::live_with(|socket| socket.reclaim = Some(reclaim)).await;
    for delay in [60.0, 120.0, 200.0, 200.0] {
        peer.push_event("disconnected_event").await;
        let kicked = Instant::now();
        rig.state(is_kicked).await;
        assert!(!rig.client.state().borrow().is_parked());
        peer = rig.subscribed().await;
        assert_near(kicked.elapsed(), delay);
    }
    // Kept for long enough, the bot starts over with the first delay.
    for _ in 0..10 {
        let ping = peer.recv().await;
        peer.ack(&ping).await;
    }
    peer.push_event("disconnected_event").await;
    let kicked = Instant::now();
    rig.subscribed().await;
    assert_near(kicked.elapsed(), 60.0);
}
