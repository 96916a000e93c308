//! Clients that send anything.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wecom::sim::{DEMO_BOT, Injection};

use super::{DEADLINE, bot, start, subscribed};

#[tokio::test]
async fn malformed_frames_are_noted_and_survived() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    for text in [
        "",
        "null",
        "{",
        "{\"cmd\":\"ping\"}",
        "\u{1}",
        r#"{"cmd":"a","headers":[]}"#,
    ] {
        client.send_raw(Message::text(text)).await;
    }
    client
        .send_raw(Message::binary(vec![0xff, 0xfe, 0x00]))
        .await;
    client
        .send_raw(Message::text(r#"{"headers":{"req_id":"r1"},"body":{}}"#))
        .await;
    let ack = client.ack("r1").await;
    assert_eq!(
        (&ack["errcode"], &ack["errmsg"]),
        (&json!(40_058), &json!("cmd is missing"))
    );
    assert_eq!(client.request("ping", json!(null)).await["errcode"], 0);
    let violations = sim.violations();
    assert_eq!(violations.len(), 8);
    assert!(violations.iter().all(|v| v.bot.as_ref() == Some(&bot())));
}

#[tokio::test]
async fn a_binary_frame_counts_like_a_text() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let ping = br#"{"cmd":"ping","headers":{"req_id":"p1"}}"#;
    client.send_raw(Message::binary(ping.to_vec())).await;
    assert_eq!(client.ack("p1").await["errcode"], 0);
    assert!(sim.violations().is_empty());
}

#[tokio::test]
async fn twenty_megabytes_pass_both_ways() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let asked = sim.inject(Injection::text(DEMO_BOT, "LiNa", "?")).unwrap();
    let huge = "x".repeat(20 << 20);
    let ack = client.stream(asked.req_id.as_str(), "s", &huge, true).await;
    assert_eq!(ack["errcode"], 45_002);
    assert_eq!(client.next().await["cmd"], "aibot_msg_callback");
    assert!(sim.inject_raw(&bot(), huge.clone()).unwrap());
    assert_eq!(client.next_raw().await.into_data().len(), huge.len());
    assert_eq!(client.request("ping", json!(null)).await["errcode"], 0);
    let kept: usize = sim
        .frames(&bot())
        .iter()
        .map(|f| f.body.to_string().len())
        .sum();
    assert!(kept < 1 << 20, "the log does not keep it: {kept}");
}

#[tokio::test]
async fn a_client_may_close_as_it_likes() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let close = CloseFrame {
        code: CloseCode::Normal,
        reason: "bye".into(),
    };
    client.send_raw(Message::Close(Some(close))).await;
    client.rest().await;
    sim.wait_connection(&bot(), DEADLINE, |info| !info.subscribed)
        .await
        .unwrap();
    assert!(sim.violations().is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_websocket_are_a_violation() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    client.send_bytes(&[0xff; 16]).await;
    client.rest().await;
    sim.wait_connection(&bot(), DEADLINE, |info| !info.subscribed)
        .await
        .unwrap();
    assert_eq!(sim.violations().len(), 1);
}
