//! Every rule on answers, each broken once.

use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, EntryKind};

use super::receiver::{How, Receiver};
use super::{answer_in, app, direct, done, reasons, start};

fn card() -> Value {
    json!({ "card_type": "text_notice", "main_title": { "title": "Done" },
        "card_action": { "type": 1, "url": "https://example.com" } })
}

fn stream(content: &str) -> Value {
    json!({ "msgtype": "stream", "stream": { "id": "s", "finish": true, "content": content } })
}

/// What the simulator has to say of an answer to a text.
async fn verdict(
    answer: impl Fn(&super::receiver::Got) -> How + Send + Sync + 'static,
) -> Vec<String> {
    let receiver = Receiver::start(answer).await;
    let sim = start(&receiver).await;
    sim.member(DEMO_BOT, "LiNa").say("hi").unwrap();
    let call = done(&sim, "text").await;
    let reasons = reasons(&sim);
    assert_eq!(call.problem.is_some(), !reasons.is_empty());
    for violation in sim.violations() {
        assert_eq!(
            (violation.call, violation.bot),
            (Some(call.seq), Some(DEMO_BOT.into()))
        );
    }
    let shown = sim.transcript(&direct("LiNa"));
    let has_answer = shown.iter().any(wecom::sim::Entry::is_from_bot);
    assert!(!has_answer || reasons.is_empty(), "{shown:?}");
    reasons
}

#[tokio::test]
async fn an_envelope_is_right_in_all_its_parts() {
    assert_eq!(
        verdict(|got| got.seal(&stream("ok"))).await,
        Vec::<String>::new()
    );
    for (part, value, reason) in [
        (
            "encrypt",
            json!("AAAA"),
            "the answer's msgsignature is wrong",
        ),
        ("encrypt", Value::Null, "the answer has no text `encrypt`"),
        (
            "msgsignature",
            json!("0000"),
            "the answer's msgsignature is wrong",
        ),
        (
            "msgsignature",
            Value::Null,
            "the answer has no text `msgsignature`",
        ),
        (
            "timestamp",
            json!(1_760_000_000),
            "the answer has no text `timestamp`",
        ),
        (
            "timestamp",
            json!("now"),
            "the answer's timestamp is no time in seconds",
        ),
        (
            "timestamp",
            json!("1760000000"),
            "the answer's msgsignature is wrong",
        ),
        (
            "nonce",
            json!("0"),
            "the answer's nonce is not the callback's",
        ),
    ] {
        let spoilt = value.clone();
        let found = verdict(move |got| {
            let mut envelope = got.envelope(&stream("ok"));
            envelope[part] = spoilt.clone();
            How::text(&envelope.to_string())
        });
        assert_eq!(found.await, [reason], "{part} {value}");
    }
}

#[tokio::test]
async fn an_answer_is_a_good_one_with_a_good_status() {
    for status in [201, 204, 302, 400, 403, 500] {
        let found = verdict(move |got| match got.seal(&stream("ok")) {
            How::Answer(_, body) => How::Answer(status, body),
            other => other,
        });
        assert_eq!(found.await, [format!("the answer's status is {status}")]);
    }
    let plain = verdict(|_| How::text("success")).await;
    assert!(plain[0].starts_with("the answer is no JSON"), "{plain:?}");
    let open = verdict(|_| How::text(&stream("ok").to_string())).await;
    assert_eq!(open, ["the answer has no text `encrypt`"]);
    let list = verdict(|got| got.seal(&json!([]))).await;
    assert_eq!(list, ["what the answer seals is no JSON object"]);
}

#[tokio::test]
async fn a_message_is_answered_with_what_may_answer_it() {
    let long = "x".repeat(20_481);
    let text = json!({ "msgtype": "text", "text": { "content": "hi" } });
    let markdown = json!({ "msgtype": "markdown", "markdown": { "content": "hi" } });
    let mut open_picture = stream("x");
    open_picture["stream"]["finish"] = json!(false);
    open_picture["stream"]["msg_item"] = json!([]);
    let mut no_finish = stream("x");
    no_finish["stream"]
        .as_object_mut()
        .unwrap()
        .remove("finish");
    let mut no_card = stream("x");
    no_card["msgtype"] = json!("stream_with_template_card");
    for (body, reason) in [
        (text, "invalid message type"),
        (markdown, "invalid message type"),
        (
            stream(&long),
            "stream.content has 20481 bytes, the limit is 20480",
        ),
        (open_picture, "stream.msg_item comes with finish only"),
        (no_finish, "stream.finish is missing"),
        (no_card, "body.template_card is missing"),
    ] {
        let found = verdict(move |got| got.seal(&body)).await;
        assert_eq!(found, [reason]);
    }
    let empty = verdict(|got| got.seal(&json!({}))).await;
    assert_eq!(empty, Vec::<String>::new());
    let whole = verdict(|got| got.seal(&stream(&"x".repeat(20_480)))).await;
    assert_eq!(whole, Vec::<String>::new());
}

#[tokio::test]
async fn events_have_their_own_answers() {
    for (kind, body, is_good) in [
        ("enter_chat", json!({}), true),
        (
            "enter_chat",
            json!({ "msgtype": "template_card", "template_card": card() }),
            true,
        ),
        ("enter_chat", stream("x"), false),
        ("feedback_event", json!({}), true),
        (
            "feedback_event",
            json!({ "msgtype": "text", "text": { "content": "x" } }),
            false,
        ),
        ("template_card_event", json!({}), true),
        ("template_card_event", stream("x"), false),
        (
            "template_card_event",
            json!({ "response_type": "update_template_card",
            "template_card": card() }),
            false,
        ),
    ] {
        let answer = body.clone();
        let receiver = Receiver::start(move |got| got.seal(&answer)).await;
        let sim = start(&receiver).await;
        let detail = json!({ "task_id": "t", "event_key": "k", "id": "f", "type": 1 });
        let event = wecom::sim::Injection::event(DEMO_BOT, "LiNa", kind).with_detail(detail);
        sim.inject(event).unwrap();
        done(&sim, kind).await;
        assert_eq!(
            reasons(&sim).is_empty(),
            is_good,
            "{kind} {body} {:?}",
            reasons(&sim)
        );
    }
}

#[tokio::test]
async fn a_message_has_one_card() {
    let receiver = Receiver::start(|got| {
        let is_last = got.before > 1;
        let mut body = stream(if is_last { "end" } else { "more" });
        body["stream"]["finish"] = json!(is_last);
        body["msgtype"] = json!("stream_with_template_card");
        body["template_card"] = card();
        got.seal(&body)
    })
    .await;
    let sim = start(&receiver).await;
    sim.member(DEMO_BOT, "LiNa").say("hi").unwrap();
    let is_end = |entry: &wecom::sim::Entry| entry.text() == "end" && entry.finished;
    sim.wait_for(&direct("LiNa"), super::DEADLINE, is_end)
        .await
        .unwrap();
    let shown = sim.transcript(&direct("LiNa"));
    let cards = shown
        .iter()
        .filter(|entry| entry.kind == EntryKind::TemplateCard);
    assert_eq!(cards.count(), 1);
    sim.wait_hook_call(super::DEADLINE, |call| call.done && call.seq == 3)
        .await
        .unwrap();
    let reason = "a message is answered with one card";
    assert_eq!(reasons(&sim), [reason, reason]);
}

#[tokio::test]
async fn a_picture_comes_with_the_end() {
    let png = b"\x89PNG\r\n\x1a\npicture";
    let receiver = Receiver::start(move |got| {
        let digest = "4d9dc8b5bd1fb6d6d3c1b6b1b5f1a2a0";
        let md5 = if got.plain.contains("wrong") {
            digest.to_owned()
        } else {
            md5_of(png)
        };
        let mut body = stream("look");
        body["stream"]["msg_item"] = json!([{ "msgtype": "image",
            "image": { "base64": base64_of(png), "md5": md5 } }]);
        got.seal(&body)
    })
    .await;
    let sim = start(&receiver).await;
    sim.member(DEMO_BOT, "LiNa").say("draw").unwrap();
    let shown = answer_in(&sim, &direct("LiNa")).await;
    let is_pictured = |entry: &wecom::sim::Entry| entry.id == shown.id && entry.parts.len() == 1;
    sim.wait_for(&direct("LiNa"), super::DEADLINE, is_pictured)
        .await
        .unwrap();
    sim.member(DEMO_BOT, "LiNa").say("draw wrong").unwrap();
    let is_wrong = |call: &wecom::sim::HookCall| call.done && call.plain.contains("wrong");
    sim.wait_hook_call(super::DEADLINE, is_wrong).await.unwrap();
    assert_eq!(reasons(&sim), ["image.md5 is not that of the picture"]);
}

#[tokio::test]
async fn an_app_says_success_or_nothing() {
    for (answer, is_good) in [
        ("", true),
        ("success", true),
        ("ok", false),
        ("success\n", false),
        ("<xml></xml>", false),
    ] {
        let receiver = Receiver::start(move |_| How::text(answer)).await;
        let sim = start(&receiver).await;
        sim.app_member(app(), "LiNa").say("hi").unwrap();
        let call = done(&sim, "text").await;
        assert_eq!(call.answer.as_deref(), Some(answer));
        assert_eq!(
            (call.problem.is_none(), sim.violations().is_empty()),
            (is_good, is_good),
            "{answer:?}"
        );
    }
    let receiver = Receiver::start(|_| How::Answer(500, Vec::new())).await;
    let sim = start(&receiver).await;
    sim.app_member(app(), "LiNa").say("hi").unwrap();
    done(&sim, "text").await;
    assert_eq!(reasons(&sim), ["the answer's status is 500"]);
}

fn md5_of(data: &[u8]) -> String {
    use md5::Digest;
    let digest: [u8; 16] = md5::Md5::digest(data).into();
    format!("{:032x}", u128::from_be_bytes(digest))
}

fn base64_of(data: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(data)
}
