//! `response_url`: one more answer, within an hour.

use std::sync::Arc;

use serde_json::{Value, json};
use wecom::clock::ManualClock;
use wecom::sim::{ApiFault, DEMO_BOT, Entry, EntryKind, Sim, SimChat, SimOptions};

use super::receiver::Receiver;
use super::{DEADLINE, direct, done, pace, quiet, reasons, start, start_with};

async fn post(url: &str, body: &Value) -> Value {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let body = body.to_string();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).unwrap()
}

fn markdown(text: &str) -> Value {
    json!({ "msgtype": "markdown", "markdown": { "content": text } })
}

fn card() -> Value {
    json!({ "msgtype": "template_card", "template_card": { "card_type": "text_notice",
        "main_title": { "title": "Done" }, "card_action": { "type": 1, "url": "https://example.com" } } })
}

/// Lets somebody write; the address to answer at.
async fn address(sim: &Sim, receiver: &Arc<Receiver>, group: bool) -> String {
    let mut member = sim.member(DEMO_BOT, "LiNa");
    if group {
        member = member.in_group("wrDEMOProject01");
    }
    let before = receiver.frames().len();
    let said = member.say("@小助手 later").unwrap();
    sim.wait_hook_call(DEADLINE, |call| {
        call.done && call.plain.contains(said.msgid.as_str())
    })
    .await
    .unwrap();
    receiver.frames()[before]["response_url"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn an_address_takes_one_answer() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let url = address(&sim, &receiver, false).await;
    assert_eq!(post(&url, &markdown("# later")).await["errcode"], 0);
    let is_it = |entry: &Entry| entry.kind == EntryKind::Markdown;
    let entry = sim
        .wait_for(&direct("LiNa"), DEADLINE, is_it)
        .await
        .unwrap();
    assert_eq!((entry.text(), entry.quoted), ("# later", None));
    assert_eq!(reasons(&sim), Vec::<String>::new());
    assert_ne!(post(&url, &markdown("again")).await["errcode"], 0);
    assert_eq!(reasons(&sim), ["response_url: response_code was used"]);
    assert_ne!(
        post(&url.replace("RC", "RX"), &markdown("x")).await["errcode"],
        0
    );
    assert_eq!(sim.violations().len(), 1, "nobody is known who asked");
}

#[tokio::test]
async fn an_address_takes_markdown_or_a_card_of_a_single_chat() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let url = address(&sim, &receiver, false).await;
    let stream =
        json!({ "msgtype": "stream", "stream": { "id": "s", "finish": true, "content": "x" } });
    let text = json!({ "msgtype": "text", "text": { "content": "x" } });
    for refused in [stream, text, markdown(&"x".repeat(20_481)), Value::Null] {
        assert_ne!(post(&url, &refused).await["errcode"], 0, "{refused}");
    }
    assert_eq!(sim.violations().len(), 4);
    assert_eq!(post(&url, &card()).await["errcode"], 0);

    let url = address(&sim, &receiver, true).await;
    assert_ne!(post(&url, &card()).await["errcode"], 0);
    assert_eq!(sim.violations().len(), 5);
    assert_eq!(post(&url, &markdown("hello")).await["errcode"], 0);
    let chat = SimChat::group(DEMO_BOT, "wrDEMOProject01");
    let is_it = |entry: &Entry| entry.is_from_bot();
    let entry = sim.wait_for(&chat, DEADLINE, is_it).await.unwrap();
    let asked = sim.transcript(&chat)[0].id;
    assert_eq!(
        entry.quoted,
        Some(asked),
        "in a group it quotes the message"
    );
}

#[tokio::test]
async fn an_answer_can_go_wrong_like_any_request() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let url = address(&sim, &receiver, false).await;
    let busy = ApiFault::error(-1, "system busy").on("aibot/response");
    sim.apps().fault(busy).unwrap();
    assert_eq!(post(&url, &markdown("one")).await["errcode"], -1);
    assert_eq!(post(&url, &markdown("two")).await["errcode"], 0);
    let lost = ApiFault::error(-1, "system busy").on("aibot/response");
    sim.apps().fault(lost.applied()).unwrap();
    let url = address(&sim, &receiver, false).await;
    assert_eq!(post(&url, &markdown("three")).await["errcode"], -1);
    let shown = sim.transcript(&direct("LiNa"));
    let shown: Vec<&str> = shown
        .iter()
        .filter(|entry| entry.kind == EntryKind::Markdown)
        .map(Entry::text)
        .collect();
    assert_eq!(shown, ["two", "three"]);
    assert_eq!(sim.apps().count("aibot/response"), 3);
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_lives_for_an_hour() {
    let receiver = quiet().await;
    let clock = ManualClock::at(1_760_000_000_000);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    let sim = start_with(&receiver, options, pace()).await;
    let (first, second) = (
        address(&sim, &receiver, false).await,
        address(&sim, &receiver, false).await,
    );
    clock.advance(3_600_000);
    assert_eq!(post(&first, &markdown("just in time")).await["errcode"], 0);
    clock.advance(1);
    let late = post(&second, &markdown("too late")).await;
    assert_eq!(late["errmsg"], "response_code expired");
    assert_eq!(reasons(&sim), Vec::<String>::new());
    done(&sim, "text").await;
}
