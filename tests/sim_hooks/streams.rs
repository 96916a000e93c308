//! Streams: asked for until they are complete, or their time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use wecom::clock::ManualClock;
use wecom::sim::{DEMO_BOT, Entry, EntryKind, HookCall, HookFault, HookFaultKind, SimOptions};

use super::receiver::Receiver;
use super::{DEADLINE, answer_in, direct, pace, reasons, start, start_with};

fn frame(finish: bool, content: &str) -> Value {
    json!({ "msgtype": "stream", "stream": { "id": "s", "finish": finish, "content": content } })
}

/// Answers with a stream that grows by a letter and is complete with the fifth.
async fn growing() -> Arc<Receiver> {
    Receiver::start(|got| {
        let text = &"abcde"[..=got.before.min(4)];
        got.seal(&frame(text.len() == 5, text))
    })
    .await
}

#[tokio::test]
async fn a_stream_is_asked_for_until_it_is_complete() {
    let receiver = growing().await;
    let sim = start(&receiver).await;
    let said = sim.member(DEMO_BOT, "LiNa").say("spell").unwrap();
    let entry = answer_in(&sim, &direct("LiNa")).await;
    assert_eq!(
        (entry.kind, entry.text(), entry.revisions),
        (EntryKind::Stream, "abcde", 5)
    );
    assert_eq!(entry.stream_id, Some("s".into()));

    let polls = sim.hooks().calls_of("stream");
    assert_eq!(polls.len(), 4);
    let frames: Vec<Value> = receiver
        .got()
        .iter()
        .filter_map(super::receiver::Got::frame)
        .collect();
    let mut msgids: Vec<&str> = frames
        .iter()
        .map(|frame| frame["msgid"].as_str().unwrap())
        .collect();
    for poll in &frames[1..] {
        let expected = json!({ "msgid": poll["msgid"], "aibotid": DEMO_BOT, "chattype": "single",
            "from": { "userid": "LiNa" }, "msgtype": "stream", "stream": { "id": "s" } });
        assert_eq!(*poll, expected);
    }
    assert_eq!(msgids[0], said.msgid.as_str());
    msgids.sort_unstable();
    msgids.dedup();
    assert_eq!(msgids.len(), 5, "each has an id of its own");
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn a_poll_is_answered_with_its_stream() {
    for (spoilt, reason) in [
        (json!({}), "a poll must be answered with its stream"),
        (
            json!({ "msgtype": "stream", "stream": { "id": "other", "finish": true, "content": "x" } }),
            "stream.id is not that of the poll",
        ),
        (
            json!({ "msgtype": "text", "text": { "content": "x" } }),
            "invalid message type",
        ),
    ] {
        let receiver = Receiver::start(move |got| match got.before {
            0 => got.seal(&frame(false, "a")),
            1 => got.seal(&spoilt),
            _ => got.seal(&frame(true, "end")),
        })
        .await;
        let sim = start(&receiver).await;
        sim.member(DEMO_BOT, "LiNa").say("hi").unwrap();
        assert_eq!(answer_in(&sim, &direct("LiNa")).await.text(), "end");
        assert_eq!(reasons(&sim), [reason]);
    }
}

#[tokio::test]
async fn after_its_window_nobody_asks_for_a_stream() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let receiver = Receiver::start(move |got| {
        counted.fetch_add(1, Ordering::SeqCst);
        got.seal(&frame(false, "still at it"))
    })
    .await;
    let clock = ManualClock::at(1_760_000_000_000);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    let sim = start_with(&receiver, options, pace()).await;
    sim.member(DEMO_BOT, "LiNa").say("hi").unwrap();
    let polled = |call: &HookCall| call.kind == "stream" && call.done && call.seq > 5;
    sim.wait_hook_call(DEADLINE, polled).await.unwrap();
    clock.advance(360_001);
    let count = |name: &str| {
        let calls = sim.hooks().calls_of("stream").into_iter();
        calls
            .filter(|call| call.user.as_ref().is_some_and(|user| user.as_str() == name))
            .count()
    };
    // Another member's stream is asked for all the same: twenty of its polls are time enough
    // for one of the other.
    let before = count("LiNa");
    sim.member(DEMO_BOT, "zhangwei").say("hi").unwrap();
    let last = sim.hooks().calls().last().unwrap().seq;
    let much_later = |call: &HookCall| {
        let is_other = call.user == Some("zhangwei".into());
        is_other && call.kind == "stream" && call.done && call.seq > last + 20
    };
    sim.wait_hook_call(DEADLINE, much_later).await.unwrap();
    assert!(count("LiNa") <= before + 1);
    let shown = sim.transcript(&direct("LiNa"));
    assert!(
        shown
            .iter()
            .any(|entry| entry.kind == EntryKind::Stream && !entry.finished)
    );
    assert!(asked.load(Ordering::SeqCst) > 20);
}

#[tokio::test]
async fn polls_can_be_slow_or_missing() {
    let receiver = Receiver::start(|got| {
        let is_poll = got.frame().unwrap()["msgtype"] == "stream";
        got.seal(&frame(is_poll, "text"))
    })
    .await;
    let sim = start(&receiver).await;
    let bot = wecom::ids::BotId::from(DEMO_BOT);
    let slow = HookFault::new(HookFaultKind::SlowPoll(300));
    sim.hooks().fault(bot.clone(), slow).unwrap();
    sim.member(DEMO_BOT, "LiNa").say("slowly").unwrap();
    let entry = answer_in(&sim, &direct("LiNa")).await;
    assert!(entry.updated_at - entry.at >= 290, "{entry:?}");
    sim.hooks()
        .fault(bot, HookFault::new(HookFaultKind::NoPoll))
        .unwrap();
    sim.member(DEMO_BOT, "zhangwei").say("never").unwrap();
    let is_stream = |entry: &Entry| entry.kind == EntryKind::Stream;
    sim.wait_for(&direct("zhangwei"), DEADLINE, is_stream)
        .await
        .unwrap();
    sim.member(DEMO_BOT, "wangfang").say("again").unwrap();
    answer_in(&sim, &direct("wangfang")).await;
    let polls = sim.hooks().calls_of("stream");
    let users: Vec<_> = polls.iter().filter_map(|call| call.user.clone()).collect();
    assert_eq!(users, ["LiNa".into(), "wangfang".into()]);
}

#[tokio::test]
async fn a_group_is_polled_in_the_name_of_whoever_wrote() {
    let receiver = growing().await;
    let sim = start(&receiver).await;
    let group = sim.member(DEMO_BOT, "LiNa").in_group("wrDEMOProject01");
    group.say("@小助手 spell").unwrap();
    let chat = wecom::sim::SimChat::group(DEMO_BOT, "wrDEMOProject01");
    assert_eq!(answer_in(&sim, &chat).await.text(), "abcde");
    let poll = receiver.got()[1].frame().unwrap();
    assert_eq!(poll["chatid"], "wrDEMOProject01");
    assert_eq!(
        (&poll["chattype"], &poll["from"]["userid"]),
        (&json!("group"), &json!("LiNa"))
    );
}
