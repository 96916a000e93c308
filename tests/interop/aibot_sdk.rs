//! The official Node SDK of WeCom bots against the simulator: the SDK's verdict (acks
//! resolved or rejected, events) and the simulator's (transcript, frames, violations)
//! are the same at each step.

use std::sync::Once;
use std::time::Duration;

use serde_json::{Value, json};
use wecom::ids::BotId;
use wecom::sim::{
    DEMO_BOT, DEMO_SECRET, EntryKind, FaultRequest, RecordedFrame, Seed, Sim, SimChat, SimOptions,
};

use super::DEADLINE;
use super::peer::Peer;

const USER: &str = "LiNa";
/// Short for a test, long enough for a pong on a busy machine: two missed ones end a
/// connection.
const HEARTBEAT_MS: u32 = 500;

pub(crate) async fn start() -> Sim {
    let seed = Seed::demo();
    Sim::start(SimOptions {
        seed,
        kick_close: Duration::from_millis(100),
        ..SimOptions::default()
    })
    .await
    .unwrap()
}

fn bot() -> BotId {
    DEMO_BOT.into()
}

fn chat() -> SimChat {
    SimChat::direct(DEMO_BOT, USER)
}

/// Starts the script with one client that is authenticated.
pub(crate) async fn authenticated(sim: &Sim) -> Peer {
    let mut peer = Peer::start("sdk.mjs").await;
    create(&mut peer, sim, "a", json!({})).await;
    peer.event("a", "authenticated").await;
    assert!(sim.connection(&bot()).subscribed);
    peer
}

/// Creates a client of the demo bot; `patch` changes its options.
async fn create(peer: &mut Peer, sim: &Sim, name: &str, patch: Value) {
    let mut options = json!({
        "botId": DEMO_BOT, "secret": DEMO_SECRET, "wsUrl": sim.bot_url(), "scene": 1,
        "plug_version": "2026.4.29", "reconnectInterval": 50,
    });
    for (key, value) in patch.as_object().unwrap() {
        options[key] = value.clone();
    }
    peer.call(name, "create", json!([options])).await.unwrap();
}

/// Posts to the control API, as the chat page does.
async fn post(sim: &Sim, path: &str, body: Value) -> Value {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
    });
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(DEADLINE)
        .build()
        .unwrap();
    let url = format!("{}sim/{path}", sim.page_url());
    let answer = client.post(url).json(&body).send().await.unwrap();
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap()
    );
    answer.json().await.unwrap()
}

/// Lets the user write and waits until the SDK has it; returns its `req_id`.
async fn ask(sim: &Sim, peer: &mut Peer, text: &str) -> String {
    let body = json!({ "bot": DEMO_BOT, "from": USER, "msgtype": "text",
        "text": { "content": text } });
    let injected = post(sim, "messages", body).await;
    assert_eq!(injected["delivered"], true);
    let message = peer.event("a", "message").await;
    assert_eq!(message["body"]["text"]["content"], text);
    assert_eq!(message["body"]["from"]["userid"], USER);
    assert_eq!(message["body"]["msgid"], injected["msgid"]);
    assert_eq!(message["headers"]["req_id"], injected["req_id"]);
    injected["req_id"].as_str().unwrap().to_owned()
}

/// Lets an event happen and waits until the SDK has it; returns its `req_id`.
async fn happen(sim: &Sim, peer: &mut Peer, eventtype: &str, event: Value) -> String {
    let body = json!({ "bot": DEMO_BOT, "from": USER, "eventtype": eventtype, "event": event });
    let injected = post(sim, "events", body).await;
    let event = peer.event("a", "event").await;
    assert_eq!(event["body"]["event"]["eventtype"], eventtype);
    assert_eq!(event["headers"]["req_id"], injected["req_id"]);
    injected["req_id"].as_str().unwrap().to_owned()
}

/// The last frame that the simulator got, and that its answer is what the SDK made of
/// it: a resolved ack for success, a rejected one for an error.
fn agreed(sim: &Sim, verdict: &Result<Value, Value>, errcode: i64) -> RecordedFrame {
    let frame = sim.frames(&bot()).pop().unwrap();
    let ack = frame.ack.as_ref().unwrap();
    let (Ok(seen) | Err(seen)) = verdict;
    assert_eq!(verdict.is_ok(), ack.errcode == 0, "{verdict:?} {ack:?}");
    assert_eq!(seen["headers"]["req_id"], frame.req_id.as_str());
    assert_eq!(
        (&seen["errcode"], &seen["errmsg"]),
        (&json!(ack.errcode), &json!(ack.errmsg))
    );
    assert_eq!(ack.errcode, errcode, "{ack:?}");
    frame
}

#[tokio::test]
async fn it_authenticates_and_keeps_alive() {
    let sim = start().await;
    let mut peer = Peer::start("sdk.mjs").await;
    create(
        &mut peer,
        &sim,
        "a",
        json!({ "heartbeatInterval": HEARTBEAT_MS }),
    )
    .await;
    peer.event("a", "authenticated").await;
    let info = sim
        .wait_connection(&bot(), DEADLINE, |info| info.pings_total >= 3)
        .await
        .unwrap();
    assert_eq!((info.subscribed, info.subscribes_total), (true, 1));
    assert_eq!(peer.other_events(), ["a connected"]);
    let subscribe = sim.frames(&bot()).remove(0);
    assert_eq!(
        subscribe.body,
        json!({ "bot_id": DEMO_BOT, "secret": "***", "scene": 1, "plug_version": "2026.4.29" })
    );
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_answers_with_a_stream() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let req_id = ask(&sim, &mut peer, "天气怎么样？").await;
    let pieces = [
        ("<think></think>", false),
        ("今天", false),
        ("今天晴。", true),
    ];
    for (content, finish) in pieces {
        let args = json!([{ "$frame": req_id }, "stream_1", content, finish]);
        let verdict = peer.call("a", "replyStream", args).await;
        let frame = agreed(&sim, &verdict, 0);
        assert_eq!(
            (frame.cmd.as_str(), frame.req_id.as_str()),
            ("aibot_respond_msg", req_id.as_str())
        );
    }
    let entries = sim.transcript(&chat());
    assert_eq!(entries.len(), 2);
    let entry = &entries[1];
    assert_eq!((entry.kind, entry.text()), (EntryKind::Stream, "今天晴。"));
    assert_eq!(
        (entry.finished, entry.thinking, entry.revisions),
        (true, false, 3)
    );

    let late = json!([{ "$frame": req_id }, "stream_1", "nothing more", false]);
    let verdict = peer.call("a", "replyStream", late).await;
    agreed(&sim, &verdict, 40_058);
    assert_eq!(
        sim.violations().len(),
        1,
        "a finished stream cannot be changed"
    );
}

#[tokio::test]
async fn it_is_refused_alike() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let req_id = ask(&sim, &mut peer, "?").await;
    let event = happen(&sim, &mut peer, "enter_chat", json!({})).await;
    let stream = |req_id: &str, text: &str| json!([{ "$frame": req_id }, "s", text, true]);

    let verdict = peer
        .call("a", "replyStream", stream(&event, "to an event"))
        .await;
    agreed(&sim, &verdict, 846_605);
    let verdict = peer
        .call("a", "replyStream", stream("never", "to nobody"))
        .await;
    agreed(&sim, &verdict, 846_605);
    let verdict = peer
        .call("a", "replyStream", stream(&req_id, &"x".repeat(20_481)))
        .await;
    agreed(&sim, &verdict, 45_002);
    let markdown = json!({ "msgtype": "markdown", "markdown": { "content": "x" } });
    let verdict = peer
        .call("a", "sendMessage", json!(["lina", markdown]))
        .await;
    agreed(&sim, &verdict, 93_006);
    let notice = json!({ "card_type": "text_notice", "main_title": { "title": "t" } });
    let verdict = peer
        .call(
            "a",
            "replyTemplateCard",
            json!([{ "$frame": req_id }, notice]),
        )
        .await;
    agreed(&sim, &verdict, 42_045);

    let request = FaultRequest {
        expire_streams: true,
        ..FaultRequest::default()
    };
    let open = json!([{ "$frame": req_id }, "old", "a", false]);
    let verdict = peer.call("a", "replyStream", open).await;
    agreed(&sim, &verdict, 0);
    sim.faults(bot()).apply(&request).unwrap();
    let more = json!([{ "$frame": req_id }, "old", "ab", true]);
    let verdict = peer.call("a", "replyStream", more).await;
    agreed(&sim, &verdict, 846_608);
}

#[tokio::test]
async fn it_sends_a_card_and_updates_it_on_a_click() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let req_id = ask(&sim, &mut peer, "card?").await;
    let card = |text: &str| {
        json!({ "card_type": "button_interaction", "task_id": "task_1",
            "main_title": { "title": "Leave" }, "button_list": [{ "text": text, "key": "yes" }] })
    };
    let args = json!([{ "$frame": req_id }, card("Yes"), { "id": "fb-1" }]);
    let verdict = peer.call("a", "replyTemplateCard", args).await;
    agreed(&sim, &verdict, 0);
    let shown = || {
        sim.transcript(&chat())
            .into_iter()
            .find(|e| e.kind == EntryKind::TemplateCard)
    };
    assert_eq!(shown().unwrap().feedback_id.as_deref(), Some("fb-1"));

    let detail =
        json!({ "card_type": "button_interaction", "event_key": "yes", "task_id": "task_1" });
    let click = happen(&sim, &mut peer, "template_card_event", detail).await;
    let args = json!([{ "$frame": click }, card("Done"), [USER]]);
    let verdict = peer.call("a", "updateTemplateCard", args).await;
    let frame = agreed(&sim, &verdict, 0);
    assert_eq!(frame.cmd, "aibot_respond_update_msg");
    let shown = shown().unwrap();
    assert_eq!(shown.card.unwrap()["button_list"][0]["text"], "Yes");
    assert_eq!(shown.card_copies[USER], card("Done"));
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_greets() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let enter = happen(&sim, &mut peer, "enter_chat", json!({})).await;
    let hello = json!({ "msgtype": "text", "text": { "content": "您好" } });
    let verdict = peer
        .call("a", "replyWelcome", json!([{ "$frame": enter }, hello]))
        .await;
    agreed(&sim, &verdict, 0);
    let entry = sim.transcript(&chat()).pop().unwrap();
    assert_eq!((entry.kind, entry.text()), (EntryKind::Welcome, "您好"));
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_uploads_in_chunks_and_sends_the_file() {
    const SIZE: usize = 3 * 512 * 1_024 + 77;
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let req_id = ask(&sim, &mut peer, "file?").await;
    let options = json!({ "type": "file", "filename": "报告.pdf" });
    let args = json!([{ "$bytes": SIZE }, options]);
    let uploaded = peer.call("a", "uploadMedia", args).await.unwrap();
    let finish = sim.frames(&bot()).pop().unwrap();
    let ack = finish.ack.unwrap();
    assert_eq!(finish.cmd, "aibot_upload_media_finish");
    assert_eq!(
        uploaded,
        ack.body.unwrap(),
        "type, media_id and created_at as answered"
    );
    let frames = sim.frames(&bot());
    let mut chunks: Vec<_> = frames
        .iter()
        .filter(|frame| frame.cmd == "aibot_upload_media_chunk")
        .map(|frame| frame.body["chunk_index"].as_u64().unwrap())
        .collect();
    chunks.sort_unstable();
    assert_eq!(chunks, [0, 1, 2, 3]);

    let media_id = uploaded["media_id"].as_str().unwrap();
    let args = json!([{ "$frame": req_id }, "file", media_id]);
    let verdict = peer.call("a", "replyMedia", args).await;
    agreed(&sim, &verdict, 0);
    let verdict = peer
        .call("a", "sendMediaMessage", json!([USER, "file", media_id]))
        .await;
    agreed(&sim, &verdict, 0);
    let files: Vec<_> = sim
        .transcript(&chat())
        .into_iter()
        .filter_map(|e| e.media)
        .collect();
    assert_eq!(files.len(), 2);
    assert_eq!(
        (files[0].name.as_str(), files[0].size),
        ("报告.pdf", SIZE as u64)
    );
    let wrong = peer
        .call("a", "sendMediaMessage", json!([USER, "image", media_id]))
        .await;
    agreed(&sim, &wrong, 40_007);
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_writes_first() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    ask(&sim, &mut peer, "hi").await;
    let markdown = json!({ "msgtype": "markdown", "markdown": { "content": "**done**" } });
    let verdict = peer.call("a", "sendMessage", json!([USER, markdown])).await;
    let frame = agreed(&sim, &verdict, 0);
    assert_eq!(
        (frame.cmd.as_str(), &frame.body["chatid"]),
        ("aibot_send_msg", &json!(USER))
    );
    let entry = sim.transcript(&chat()).pop().unwrap();
    assert_eq!(
        (entry.kind, entry.text()),
        (EntryKind::Markdown, "**done**")
    );
    assert_eq!(entry.req_id, Some(frame.req_id));
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_is_refused_with_a_wrong_secret() {
    let sim = start().await;
    let mut peer = Peer::start("sdk.mjs").await;
    let patch = json!({ "secret": "wrong", "maxAuthFailureAttempts": 2 });
    create(&mut peer, &sim, "a", patch).await;
    loop {
        let error = peer.event("a", "error").await;
        if error["code"] == "WS_AUTH_FAILURE_EXHAUSTED" {
            break;
        }
    }
    let info = sim.connection(&bot());
    assert_eq!(
        (info.connects_total, info.refusals_total, info.subscribed),
        (3, 3, false)
    );
    let codes: Vec<_> = sim
        .frames(&bot())
        .iter()
        .map(RecordedFrame::errcode)
        .collect();
    assert_eq!(codes, [Some(853_000); 3]);
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_is_kicked_by_a_second_connection() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    create(&mut peer, &sim, "b", json!({})).await;
    peer.event("b", "authenticated").await;
    let told = peer.event("a", "event").await;
    assert_eq!(told["body"]["event"]["eventtype"], "disconnected_event");
    peer.event("a", "disconnected").await;

    let body = json!({ "bot": DEMO_BOT, "from": USER, "msgtype": "text",
        "text": { "content": "who?" } });
    assert_eq!(post(&sim, "messages", body).await["delivered"], true);
    let message = peer.event("b", "message").await;
    assert_eq!(message["body"]["text"]["content"], "who?");
    let info = sim.connection(&bot());
    assert_eq!(
        (info.subscribed, info.kicks_total, info.subscribes_total),
        (true, 1, 2)
    );
    let unexpected: Vec<_> = peer
        .other_events()
        .into_iter()
        .filter(|event| event.contains("reconnecting") || event.contains("error"))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn it_finds_a_silent_link_and_comes_back() {
    let sim = start().await;
    let mut peer = Peer::start("sdk.mjs").await;
    create(
        &mut peer,
        &sim,
        "a",
        json!({ "heartbeatInterval": HEARTBEAT_MS }),
    )
    .await;
    peer.event("a", "authenticated").await;
    let request = FaultRequest {
        half_open: true,
        ..FaultRequest::default()
    };
    sim.faults(bot()).apply(&request).unwrap();
    peer.event("a", "disconnected").await;
    peer.event("a", "authenticated").await;
    let info = sim.connection(&bot());
    assert_eq!((info.subscribed, info.subscribes_total), (true, 2));
    ask(&sim, &mut peer, "still there?").await;
    assert_eq!(sim.violations(), []);
}
