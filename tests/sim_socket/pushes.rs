//! What people write and do, as a bot gets it.

use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, EntryKind, Injection, PartyKind, SimChat, SimError};

use super::{bot, direct, start, subscribed};

#[tokio::test]
async fn a_direct_text_is_pushed_and_written_down() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let quote = json!({ "msgtype": "text", "text": { "content": "old" } });
    let injection = Injection::text(DEMO_BOT, "LiNa", "你好").with_quote(quote.clone());
    let injected = sim.inject(injection).unwrap();
    assert!(injected.delivered);
    let mut push = client.next().await;
    assert!(push["body"]["create_time"].take().is_i64());
    assert_eq!(
        push,
        json!({ "cmd": "aibot_msg_callback", "headers": { "req_id": injected.req_id }, "body": {
            "msgid": injected.msgid, "create_time": null, "aibotid": DEMO_BOT,
            "chattype": "single", "from": { "userid": "LiNa" }, "msgtype": "text",
            "text": { "content": "你好" }, "quote": quote } })
    );
    let transcript = sim.transcript(&direct("LiNa"));
    let [entry] = transcript.as_slice() else {
        panic!("one entry: {transcript:?}");
    };
    assert_eq!(
        (entry.kind, entry.text(), entry.finished),
        (EntryKind::Text, "你好", true)
    );
    assert_eq!(
        (entry.from.kind, entry.from.id.as_str()),
        (PartyKind::User, "LiNa")
    );
    assert_eq!(entry.msgid.as_ref(), Some(&injected.msgid));
    assert_eq!(entry.quote, Some(quote));
}

#[tokio::test]
async fn a_group_text_has_its_chat() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let group = "wrDEMOProject01";
    let injection = Injection::text(DEMO_BOT, "zhangwei", "@小助手 hi").in_group(group);
    sim.inject(injection).unwrap();
    let push = client.next().await;
    assert_eq!(push["body"]["chatid"], group);
    assert_eq!(push["body"]["chattype"], "group");
    assert_eq!(push["body"]["text"]["content"], "@小助手 hi");
    assert_eq!(sim.transcript(&SimChat::group(DEMO_BOT, group)).len(), 1);
    assert!(sim.transcript(&direct("zhangwei")).is_empty());
}

#[tokio::test]
async fn every_type_of_message_is_written_down() {
    let sim = start().await;
    let media = json!({ "url": "https://cos.example/x?sign=a", "aeskey": "k" });
    let items = json!({ "msg_item": [{ "msgtype": "text", "text": { "content": "look" } }] });
    let cases = [
        ("image", media.clone(), EntryKind::Image),
        (
            "voice",
            json!({ "content": "nine o'clock" }),
            EntryKind::Voice,
        ),
        ("file", media.clone(), EntryKind::File),
        ("video", media, EntryKind::Video),
        ("mixed", items, EntryKind::Mixed),
        ("from_tomorrow", json!({ "x": 1 }), EntryKind::Event),
    ];
    for (msgtype, content, _) in &cases {
        let injection = Injection::message(DEMO_BOT, "LiNa", msgtype, content.clone());
        assert!(
            !sim.inject(injection).unwrap().delivered,
            "nobody is connected"
        );
    }
    let kinds: Vec<_> = sim
        .transcript(&direct("LiNa"))
        .iter()
        .map(|e| e.kind)
        .collect();
    assert_eq!(kinds, cases.map(|(_, _, kind)| kind));
}

#[tokio::test]
async fn events_have_their_envelopes() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let injections = [
        Injection::event(DEMO_BOT, "LiNa", "enter_chat"),
        Injection::event(DEMO_BOT, "LiNa", "feedback_event").with_detail(json!({ "type": 1 })),
        Injection::service_event(DEMO_BOT, "enter_check_update"),
    ];
    for injection in injections {
        sim.inject(injection).unwrap();
    }
    let bodies: Vec<Value> = [
        client.next().await,
        client.next().await,
        client.next().await,
    ]
    .map(|push| push["body"].clone())
    .to_vec();
    assert!(bodies.iter().all(|body| body["msgtype"] == "event"));
    assert_eq!(bodies[0]["event"], json!({ "eventtype": "enter_chat" }));
    assert_eq!(bodies[1]["event"]["feedback_event"], json!({ "type": 1 }));
    assert!(bodies[2].get("from").is_none());
    let kinds: Vec<_> = sim
        .transcript(&direct("LiNa"))
        .iter()
        .map(|e| e.kind)
        .collect();
    assert_eq!(kinds, [EntryKind::Event, EntryKind::Event]);
}

#[tokio::test]
async fn repeats_come_as_they_are_or_under_a_new_req_id() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let first = sim
        .inject(Injection::text(DEMO_BOT, "LiNa", "once"))
        .unwrap();
    assert!(sim.redeliver(&first.msgid).unwrap());
    assert_eq!(client.next().await, client.next().await, "frame for frame");
    let again = Injection::text(DEMO_BOT, "LiNa", "once").with_msgid(first.msgid.clone());
    let again = sim.inject(again).unwrap();
    assert_eq!(again.msgid, first.msgid);
    assert_ne!(again.req_id, first.req_id);
    assert_eq!(
        client.next().await["headers"]["req_id"],
        json!(again.req_id)
    );
    assert_eq!(sim.transcript(&direct("LiNa")).len(), 1, "it was said once");
    assert!(matches!(
        sim.redeliver(&"no".into()),
        Err(SimError::Unknown { .. })
    ));
}

#[tokio::test]
async fn a_push_can_be_broken_on_purpose() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let broken = Injection::text(DEMO_BOT, "LiNa", "x")
        .without("from")
        .without("msgid")
        .with_req_id("ping_1");
    sim.inject(broken).unwrap();
    let push = client.next().await;
    assert_eq!(push["headers"]["req_id"], "ping_1");
    assert!(push["body"].get("from").is_none() && push["body"].get("msgid").is_none());
    assert!(sim.inject_raw(&bot(), "{ not json").unwrap());
    assert_eq!(
        client.next_raw().await.into_text().unwrap().as_str(),
        "{ not json"
    );
    assert!(sim.inject_raw(&bot(), vec![0xff, 0x00]).unwrap());
    assert_eq!(client.next_raw().await.into_data().as_ref(), [0xff, 0x00]);
}

#[tokio::test]
async fn only_those_who_exist_can_write() {
    let sim = start().await;
    let text = |bot: &str, user: &str| Injection::text(bot, user, "x");
    let cases = [
        text("aibNOBODY", "LiNa"),
        text(DEMO_BOT, "lina"),
        text(DEMO_BOT, "LiNa").in_group("wrNOWHERE"),
        text(DEMO_BOT, "liuyang").in_group("wrDEMOProject01"),
    ];
    for injection in cases {
        assert!(sim.inject(&injection).is_err(), "{injection:?}");
    }
}

#[tokio::test]
async fn ten_thousand_pushes_arrive_in_order() {
    const COUNT: usize = 10_000;
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    for n in 0..COUNT {
        let injection = Injection::text(DEMO_BOT, "LiNa", &n.to_string());
        assert!(sim.inject(injection).unwrap().delivered, "{n}");
    }
    for n in 0..COUNT {
        assert_eq!(
            client.next().await["body"]["text"]["content"],
            n.to_string()
        );
    }
    let kept = sim.transcript(&direct("LiNa"));
    assert!(kept.len() < 1_000, "memory is bounded: {}", kept.len());
    assert_eq!(kept.last().unwrap().text(), "9999");
}
