//! Messages that nobody asked for, and the commands that are not about messages.

use serde_json::{Value, json};
use wecom::clock::ManualClock;
use wecom::sim::{DEMO_BOT, EntryKind, Injection, SimChat, SimOptions};

use super::{bot, direct, start, start_with, subscribed};

const SEND: &str = "aibot_send_msg";

fn markdown(chatid: &str, chat_type: Option<u8>) -> Value {
    let mut body =
        json!({ "chatid": chatid, "msgtype": "markdown", "markdown": { "content": "news" } });
    if let Some(chat_type) = chat_type {
        body["chat_type"] = json!(chat_type);
    }
    body
}

#[tokio::test]
async fn a_chat_must_exist_and_be_open() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let ack = client.request(SEND, markdown("LiNa", Some(1))).await;
    assert_eq!(ack["errcode"], 93_006, "she has never written");
    assert_eq!(ack["errmsg"], "invalid chatid");

    sim.inject(Injection::text(DEMO_BOT, "LiNa", "hi")).unwrap();
    sim.open_chat(&SimChat::group(DEMO_BOT, "wrDEMOLunch02"))
        .unwrap();
    let cases = [
        ("LiNa", Some(1), 0),
        ("LiNa", None, 0),
        ("LiNa", Some(0), 0),
        ("LiNa", Some(2), 93_006),
        ("lina", Some(1), 93_006),
        ("wrDEMOLunch02", Some(2), 0),
        ("wrDEMOLunch02", None, 0),
        ("wrDEMOLunch02", Some(1), 93_006),
        ("wrdemolunch02", Some(2), 93_006),
        ("wrDEMOProject01", Some(2), 93_006),
        ("LiNa", Some(3), 40_058),
    ];
    for (chatid, chat_type, expected) in cases {
        let ack = client.request(SEND, markdown(chatid, chat_type)).await;
        assert_eq!(ack["errcode"], expected, "{chatid} {chat_type:?}");
    }
    let entries = sim.transcript(&direct("LiNa"));
    let sent: Vec<_> = entries.iter().filter(|entry| entry.is_from_bot()).collect();
    assert_eq!(sent.len(), 3);
    assert_eq!(
        (sent[0].kind, sent[0].text()),
        (EntryKind::Markdown, "news")
    );
    assert_eq!(
        sim.violations().len(),
        1,
        "only the chat type is no valid one"
    );
}

#[tokio::test]
async fn plain_text_is_refused() {
    let sim = start().await;
    sim.open_chat(&direct("LiNa")).unwrap();
    let mut client = subscribed(&sim).await;
    let body = json!({ "chatid": "LiNa", "chat_type": 1, "msgtype": "text",
        "text": { "content": "x" } });
    assert_eq!(client.request(SEND, body).await["errcode"], 40_008);
}

#[tokio::test]
async fn new_messages_count_against_the_quota() {
    let clock = ManualClock::at(1_767_225_600_000);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    let sim = start_with(options).await;
    let mut client = subscribed(&sim).await;
    let asked = sim.inject(Injection::text(DEMO_BOT, "LiNa", "hi")).unwrap();
    let req_id = asked.req_id.as_str();
    for n in 0..31 {
        let ack = client.stream(req_id, "s", &n.to_string(), false).await;
        assert_eq!(ack["errcode"], 0, "refreshing a stream is free");
    }
    for n in 0..29 {
        let ack = client.request(SEND, markdown("LiNa", Some(1))).await;
        assert_eq!(ack["errcode"], 0, "{n}");
    }
    let refused = client.request(SEND, markdown("LiNa", Some(1))).await;
    assert_eq!(refused["errcode"], 45_009);
    let refused = client.stream(req_id, "s2", "x", true).await;
    assert_eq!(refused["errcode"], 45_009, "replies and others together");
    sim.open_chat(&direct("zhangwei")).unwrap();
    let elsewhere = client.request(SEND, markdown("zhangwei", Some(1))).await;
    assert_eq!(elsewhere["errcode"], 0, "each conversation has its own");
    clock.advance(60_000);
    let later = client.request(SEND, markdown("LiNa", Some(1))).await;
    assert_eq!(later["errcode"], 0);
    assert!(sim.violations().is_empty());
}

#[tokio::test]
async fn a_category_has_a_url_or_none() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let body = json!({ "biz_type": "mail", "plugin_version": "2026.4.29" });
    let ack = client.request("aibot_get_mcp_config", body.clone()).await;
    assert_eq!(
        (&ack["errcode"], &ack["errmsg"]),
        (&json!(846_609), &json!("unsupported mcp biz type"))
    );
    sim.set_mcp_url(&bot(), "mail", "http://127.0.0.1:1/mcp?apikey=x")
        .unwrap();
    let ack = client.request("aibot_get_mcp_config", body).await;
    let expected = json!({ "url": "http://127.0.0.1:1/mcp?apikey=x", "is_authed": true });
    assert_eq!((&ack["errcode"], &ack["body"]), (&json!(0), &expected));
}

#[tokio::test]
async fn the_service_sends_a_card_of_its_own() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let body =
        |chat: &str| json!({ "biz_type": 1, "chat_id": chat, "userid": "LiNa", "chat_type": 2 });
    let ack = client
        .request("aibot_send_biz_msg", body("wrDEMOLunch02"))
        .await;
    assert_eq!(ack["errcode"], 0);
    let ack = client
        .request("aibot_send_biz_msg", body("wrdemolunch02"))
        .await;
    assert_eq!(ack["errcode"], 93_006);
    let transcript = sim.transcript(&SimChat::group(DEMO_BOT, "wrDEMOLunch02"));
    assert_eq!(transcript[0].text(), "biz_msg 1");
}

#[tokio::test]
async fn the_version_is_told_when_asked() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let event = Injection::service_event(DEMO_BOT, "enter_check_update");
    let asked = sim.inject(event).unwrap().req_id;
    let cmd = "ww_ai_robot_enter_event";
    let version = json!({ "version": "2026.4.29" });
    let ack = client.reply(cmd, asked.as_str(), version.clone()).await;
    assert_eq!(ack["errcode"], 0);
    assert_eq!(
        client.reply(cmd, "never", version).await["errcode"],
        846_605
    );
}

#[tokio::test]
async fn an_unknown_command_is_a_violation() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let ack = client.request("aibot_dance", json!({})).await;
    assert_eq!(ack["errcode"], 40_058);
    let violations = sim.violations();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].cmd.as_deref(), Some("aibot_dance"));
}
