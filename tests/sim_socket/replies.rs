//! Answers to messages and events.

use std::time::Duration;

use serde_json::{Value, json};
use wecom::clock::ManualClock;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, EntryKind, Injection, Sim, SimOptions};

use super::client::Client;
use super::{DEADLINE, direct, start, start_with, subscribed};

const RESPOND: &str = "aibot_respond_msg";

/// Lets somebody write and returns the `req_id`.
fn ask(sim: &Sim) -> String {
    let injected = sim.inject(Injection::text(DEMO_BOT, "LiNa", "?")).unwrap();
    injected.req_id.to_string()
}

fn errcode(ack: &Value) -> i64 {
    ack["errcode"].as_i64().unwrap()
}

async fn start_at(now_ms: i64) -> (Sim, std::sync::Arc<ManualClock>) {
    let clock = ManualClock::at(now_ms);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    (start_with(options).await, clock)
}

#[tokio::test]
async fn a_stream_thinks_grows_and_ends() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let req_id = ask(&sim);
    let newest = || sim.transcript(&direct("LiNa")).pop().unwrap();

    assert_eq!(
        errcode(&client.stream(&req_id, "s1", "<think></think>", false).await),
        0
    );
    assert_eq!((newest().thinking, newest().finished), (true, false));
    assert_eq!(
        errcode(&client.stream(&req_id, "s1", "half", false).await),
        0
    );
    assert_eq!((newest().thinking, newest().text()), (false, "half"));
    assert_eq!(
        errcode(&client.stream(&req_id, "s1", "half and half", true).await),
        0
    );

    let entry = newest();
    assert_eq!(
        (entry.kind, entry.finished, entry.revisions),
        (EntryKind::Stream, true, 3)
    );
    assert_eq!(entry.text(), "half and half");
    assert_eq!(entry.req_id.as_ref().unwrap().as_str(), req_id);

    let again = client.stream(&req_id, "s1", "half and half", true).await;
    assert_eq!(errcode(&again), 0, "the same last frame may be repeated");
    let other = client.stream(&req_id, "s1", "something else", true).await;
    assert_eq!(errcode(&other), 40_058);
    assert_eq!(newest(), entry, "neither changed anything");
    assert_eq!(
        sim.violations().len(),
        1,
        "changing it is against the rules"
    );

    assert_eq!(
        errcode(&client.stream(&req_id, "s2", "one more", true).await),
        0
    );
    assert_eq!(
        sim.transcript(&direct("LiNa")).len(),
        3,
        "two answers to one message"
    );
}

#[tokio::test]
async fn a_stream_cannot_be_changed_after_its_life() {
    let (sim, clock) = start_at(1_767_225_600_000).await;
    let mut client = subscribed(&sim).await;
    let req_id = ask(&sim);
    client.stream(&req_id, "s1", "a", false).await;
    clock.advance(600_000);
    assert_eq!(errcode(&client.stream(&req_id, "s1", "b", false).await), 0);
    clock.advance(1);
    let late = client.stream(&req_id, "s1", "c", true).await;
    assert_eq!(errcode(&late), 846_608);
    assert_eq!(
        late["errmsg"],
        "stream message update expired (>10 minutes), cannot update"
    );
    let newest = sim.transcript(&direct("LiNa")).pop().unwrap();
    assert_eq!((newest.text(), newest.finished), ("b", false));
    assert!(sim.violations().is_empty());
    let fresh = client.stream(&req_id, "s2", "c", true).await;
    assert_eq!(errcode(&fresh), 0, "a new stream begins a new life");
}

#[tokio::test]
async fn a_text_has_at_most_20480_bytes() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let req_id = ask(&sim);
    let fits = "x".repeat(20_480);
    assert_eq!(
        errcode(&client.stream(&req_id, "s1", &fits, false).await),
        0
    );
    let ack = client
        .stream(&req_id, "s1", &format!("{fits}x"), true)
        .await;
    assert_eq!(errcode(&ack), 45_002);
    assert_eq!(sim.violations().len(), 1);
}

#[tokio::test]
async fn a_req_id_is_for_its_bot_its_command_and_a_day() {
    let (sim, clock) = start_at(1_767_225_600_000).await;
    sim.add_bot("aibOTHER", "s2", "Other").unwrap();
    let mut client = subscribed(&sim).await;
    let mut other = Client::connect(&sim).await;
    other.subscribe("aibOTHER", "s2").await;
    let req_id = ask(&sim);
    let event = Injection::event(DEMO_BOT, "LiNa", "enter_chat");
    let event = sim.inject(event).unwrap().req_id.to_string();

    assert_eq!(
        errcode(&client.stream(&event, "s1", "a", true).await),
        846_605
    );
    assert_eq!(
        errcode(&client.stream("unknown", "s1", "a", true).await),
        846_605
    );
    assert_eq!(
        errcode(&other.stream(&req_id, "s1", "a", true).await),
        846_605
    );

    drop(client);
    let mut client = subscribed(&sim).await;
    let after = client.stream(&req_id, "s1", "a", true).await;
    assert_eq!(errcode(&after), 0, "it survives a reconnect");
    clock.advance(24 * 3_600_000 + 1);
    assert_eq!(
        errcode(&client.stream(&req_id, "s2", "a", true).await),
        846_605
    );
    assert!(sim.violations().is_empty());
}

#[tokio::test]
async fn other_bodies_answer_too() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let req_id = ask(&sim);
    let card = json!({ "card_type": "text_notice", "main_title": { "title": "T" },
        "card_action": { "type": 1, "url": "https://e.x" }, "feedback": { "id": "fb" } });
    let cases = [
        (
            json!({ "msgtype": "markdown", "markdown": { "content": "# hi" } }),
            0,
        ),
        (
            json!({ "msgtype": "template_card", "template_card": card }),
            0,
        ),
        (
            json!({ "msgtype": "template_card", "template_card": { "card_type": "text_notice" } }),
            42_045,
        ),
        (
            json!({ "msgtype": "text", "text": { "content": "no" } }),
            40_008,
        ),
        (json!({ "msgtype": "stream_with_template_card" }), 40_008),
        (
            json!({ "msgtype": "file", "file": { "media_id": "none" } }),
            40_007,
        ),
        (json!({ "msgtype": "markdown" }), 40_058),
        (json!({}), 40_058),
    ];
    for (body, expected) in cases {
        let ack = client.reply(RESPOND, &req_id, body.clone()).await;
        assert_eq!(errcode(&ack), expected, "{body}");
    }
    let transcript = sim.transcript(&direct("LiNa"));
    let kinds: Vec<_> = transcript.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Text,
            EntryKind::Markdown,
            EntryKind::TemplateCard
        ]
    );
    assert_eq!(transcript[2].card, Some(card));
    assert_eq!(transcript[2].feedback_id.as_deref(), Some("fb"));
    assert_eq!(transcript[2].preview(), "T");
    assert_eq!(sim.violations().len(), 5, "an unknown media_id is none");
}

#[tokio::test]
async fn a_greeting_is_for_enter_chat_within_five_seconds() {
    let (sim, clock) = start_at(1_767_225_600_000).await;
    let mut client = subscribed(&sim).await;
    let enter = || {
        let event = Injection::event(DEMO_BOT, "LiNa", "enter_chat");
        sim.inject(event).unwrap().req_id.to_string()
    };
    let hello = json!({ "msgtype": "text", "text": { "content": "欢迎" } });
    let welcome = "aibot_respond_welcome_msg";

    let in_time = enter();
    clock.advance(5_000);
    assert_eq!(
        errcode(&client.reply(welcome, &in_time, hello.clone()).await),
        0
    );
    let greeting = sim
        .wait_for(&direct("LiNa"), DEADLINE, |e| e.kind == EntryKind::Welcome)
        .await
        .unwrap();
    assert_eq!(greeting.text(), "欢迎");

    let late = enter();
    clock.advance(5_001);
    assert_eq!(
        errcode(&client.reply(welcome, &late, hello.clone()).await),
        846_605
    );
    let message = ask(&sim);
    assert_eq!(
        errcode(&client.reply(welcome, &message, hello).await),
        846_605
    );
    let markdown = json!({ "msgtype": "markdown", "markdown": { "content": "x" } });
    assert_eq!(
        errcode(&client.reply(welcome, &enter(), markdown).await),
        40_008
    );
}

#[tokio::test]
async fn a_click_updates_its_card_within_five_seconds() {
    let (sim, clock) = start_at(1_767_225_600_000).await;
    let mut client = subscribed(&sim).await;
    let card = |text: &str| {
        json!({ "card_type": "button_interaction", "task_id": "task_1",
            "main_title": { "title": "T" }, "button_list": [{ "text": text, "key": "k" }] })
    };
    let req_id = ask(&sim);
    let body = json!({ "msgtype": "template_card", "template_card": card("go") });
    assert_eq!(errcode(&client.reply(RESPOND, &req_id, body).await), 0);
    let press = |task: &str| {
        let detail =
            json!({ "card_type": "button_interaction", "event_key": "k", "task_id": task });
        let event = Injection::event(DEMO_BOT, "LiNa", "template_card_event").with_detail(detail);
        sim.inject(event).unwrap().req_id.to_string()
    };
    let update = |card: Value, users: Option<Value>| {
        let mut body = json!({ "response_type": "update_template_card", "template_card": card });
        if let Some(users) = users {
            body["userids"] = users;
        }
        body
    };
    let shown = || {
        let mut entries = sim.transcript(&direct("LiNa"));
        entries.retain(|entry| entry.kind == EntryKind::TemplateCard);
        entries.pop().unwrap()
    };
    let cmd = "aibot_respond_update_msg";

    let ack = client
        .reply(
            cmd,
            &press("task_1"),
            update(card("one"), Some(json!(["LiNa"]))),
        )
        .await;
    assert_eq!(errcode(&ack), 0);
    assert_eq!(shown().card, Some(card("go")));
    assert_eq!(shown().card_copies["LiNa"], card("one"));
    assert_eq!(
        errcode(
            &client
                .reply(cmd, &press("task_1"), update(card("all"), None))
                .await
        ),
        0
    );
    assert_eq!(
        (shown().card, shown().card_copies.len()),
        (Some(card("all")), 0)
    );

    let other = client
        .reply(cmd, &press("task_2"), update(card("x"), None))
        .await;
    assert_eq!(errcode(&other), 42_045, "the task id is not the event's");
    let notice = json!({ "card_type": "text_notice", "main_title": { "title": "T" },
        "task_id": "task_1", "card_action": { "type": 1, "url": "https://e.x" } });
    let other = client
        .reply(cmd, &press("task_1"), update(notice, None))
        .await;
    assert_eq!(
        errcode(&other),
        42_045,
        "the card's type is not the event's"
    );
    let late = press("task_1");
    clock.advance(5_001);
    assert_eq!(
        errcode(&client.reply(cmd, &late, update(card("x"), None)).await),
        846_605
    );
    assert_eq!(
        errcode(&client.stream(&press("task_1"), "s", "x", true).await),
        846_605
    );
    assert_eq!(shown().card, Some(card("all")));
}

#[tokio::test]
async fn a_wait_that_fails_says_what_was_there() {
    let sim = start().await;
    ask(&sim);
    let error = sim
        .wait_for(&direct("LiNa"), Duration::from_millis(1), |entry| {
            entry.is_from_bot()
        })
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("direct:aibDEMO0001:LiNa"),
        "{error}"
    );
    assert!(error.seen.contains("\"?\""), "{error}");
}

#[tokio::test]
async fn a_wait_sees_what_comes() {
    let sim = start().await;
    let waiting = {
        let sim = sim.clone();
        async move {
            sim.wait_for(&direct("LiNa"), DEADLINE, |e| e.finished && e.is_from_bot())
                .await
        }
    };
    let answering = async {
        let mut client = Client::connect(&sim).await;
        client.subscribe(DEMO_BOT, DEMO_SECRET).await;
        let req_id = ask(&sim);
        client.stream(&req_id, "s", "a", false).await;
        client.stream(&req_id, "s", "b", true).await;
    };
    let (entry, ()) = tokio::join!(waiting, answering);
    assert_eq!(entry.unwrap().text(), "b");
}
