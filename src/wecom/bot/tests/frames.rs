use tokio_tungstenite::tungstenite::Message;

use super::harness::{Rig, logged, settle};
use crate::wecom::bot::{Content, Event, EventPush, MessagePush, Push, PushFrame};

fn text_of(frame: PushFrame) -> String {
    assert_eq!(PushFrame::parse(&frame.raw).unwrap(), frame);
    match frame.push {
        Push::Message(MessagePush {
            content: Content::Text(text),
            ..
        }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn frames_arrive_however_they_are_written() {
    let (mut rig, mut peer) = Rig::live().await;
    let frame = |content: &str| {
        format!(
            "{{\"cmd\":\"aibot_msg_callback\",\"headers\":{{\"req_id\":\"r\"}},\r\n\u{1}\
             \"body\":{{\"msgtype\":\"text\",\"text\":{{\"content\":\"{content}\"}}}}}}"
        )
    };
    peer.say(&frame("text")).await;
    peer.send(Message::binary(frame("binary 你好").into_bytes()))
        .await;
    peer.say(&frame("raw\nline\tfeed\u{2}")).await;
    let mut torn = frame("not UTF-8: ?").into_bytes();
    let at = torn.iter().position(|byte| *byte == b'?').unwrap();
    torn[at] = 0xff;
    peer.send(Message::binary(torn)).await;

    for expected in [
        "text",
        "binary 你好",
        "raw\nline\tfeed",
        "not UTF-8: \u{fffd}",
    ] {
        assert_eq!(text_of(rig.pushes.recv().await.unwrap()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_things_survive() {
    let (mut rig, mut peer) = Rig::live().await;
    peer.push_event("moon_phase").await;
    let frame = rig.pushes.recv().await.unwrap();
    assert!(matches!(
        frame.push,
        Push::Event(EventPush { event: Event::Unknown { event_type }, .. })
            if event_type == "moon_phase"
    ));
    peer.say(
        r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":{"msgtype":"hologram"}}"#,
    )
    .await;
    let frame = rig.pushes.recv().await.unwrap();
    assert!(matches!(
        frame.push,
        Push::Message(MessagePush { content: Content::Unknown { msgtype }, .. })
            if msgtype == "hologram"
    ));
}

#[tokio::test(start_paused = true)]
async fn dropped_frames_are_logged_without_their_content() {
    let log = logged(async {
        let (mut rig, mut peer) = Rig::live().await;
        for dropped in [
            r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"torn-1"},"body":{"MARKED""#,
            r#"{"cmd":"aibot_msg_callback","body":{"msgtype":"text","text":{"content":"MARKED"}}}"#,
            r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"typeless"},"body":{"x":"MARKED"}}"#,
            r#"{"cmd":"moonwalk","headers":{"req_id":"foreign"},"body":{"x":"MARKED"}}"#,
            r#"{"headers":{"req_id":"unasked"},"errcode":1,"errmsg":"MARKED"}"#,
            "",
        ] {
            peer.say(dropped).await;
        }
        peer.push_text("fine", "MARKED").await;
        let frame = rig.pushes.recv().await.unwrap();
        assert_eq!(frame.push.envelope().req_id.as_str(), "fine");
        settle().await;
    })
    .await;
    for part in [
        "dropped a frame size_bytes=74 cmd=\"aibot_msg_callback\" req_id=\"torn-1\"",
        "the frame has no req_id",
        "req_id=\"typeless\" error=the frame names no message or event type",
        "cmd=\"moonwalk\" req_id=foreign",
        "req_id=unasked",
        "size_bytes=0 error=the frame is not a JSON object",
        "account=default",
    ] {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
    assert!(!log.contains("MARKED"), "{log}");
}
