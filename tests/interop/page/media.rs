//! A person sends files from the page to the official Node SDK, and presses its card.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wecom::sim::Sim;

use super::GROUP;
use super::browser::Browser;
use crate::aibot_files::{download, sha256};
use crate::aibot_sdk::{authenticated, start};
use crate::peer::Peer;

/// The same in `page-media.mjs`: a square of eight blue pixels each way.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPQyHuGFTEMLQkA72RfAUS1t+kAAAAASUVORK5CYII=";

fn picture() -> Vec<u8> {
    STANDARD.decode(PICTURE).unwrap()
}

/// The body of the next message.
async fn heard(peer: &mut Peer, kind: &str) -> Value {
    let message = peer.event("a", "message").await;
    assert_eq!(message["body"]["msgtype"], kind, "{message}");
    message
}

async fn is_picture(peer: &mut Peer, pushed: &Value) {
    let got = download(peer, pushed).await.unwrap();
    assert_eq!(got["sha256"], sha256(&picture()));
}

#[tokio::test]
async fn a_person_sends_files_and_presses_a_card() {
    let sim = start().await;
    let mut bot = authenticated(&sim).await;
    let mut person = Browser::run("page-media.mjs", &sim.page_url()).await;
    bot.event("a", "event").await;

    person.reaches("picture").await;
    let message = heard(&mut bot, "image").await;
    assert_eq!(sim.downloads()[0].fetched, 0, "the page shows its own copy");
    is_picture(&mut bot, &message["body"]["image"]).await;
    approve(&sim, &mut bot, &message).await;
    person.reaches("updated").await;

    let mixed = heard(&mut bot, "mixed").await;
    let items = mixed["body"]["mixed"]["msg_item"].as_array().unwrap();
    let types: Vec<&Value> = items.iter().map(|item| &item["msgtype"]).collect();
    assert_eq!(types, ["text", "image", "image", "file"]);
    assert_eq!(items[0]["text"]["content"], "这些都放进周报");
    is_picture(&mut bot, &items[1]["image"]).await;
    is_picture(&mut bot, &items[2]["image"]).await;
    let file = &items[3]["file"];
    assert_eq!(
        (&file["filename"], &file["file_size"]),
        (&json!("日报.txt"), &json!(6))
    );
    let got = download(&mut bot, file).await.unwrap();
    assert_eq!(got["sha256"], sha256("完成".as_bytes()));
    person.reaches("mixed").await;

    let voice = heard(&mut bot, "voice").await;
    assert_eq!(
        voice["body"]["voice"],
        json!({ "content": "明天九点提醒我" })
    );
    person.reaches("voice").await;

    let quoting = heard(&mut bot, "text").await;
    assert_eq!(quoting["body"]["quote"]["msgtype"], "image");
    is_picture(&mut bot, &quoting["body"]["quote"]["image"]).await;
    rated(&mut bot, &quoting).await;
    person.reaches("rated").await;
    person.reaches("looked").await;

    person.reaches("unheard").await;
    let picture = heard(&mut bot, "mixed").await;
    assert_eq!(picture["body"]["chatid"], GROUP);
    person.reaches("heard").await;
    let change = bot.event("a", "event").await;
    assert_eq!(
        change["body"]["event"]["auth_change_event"],
        json!({ "auth_list": [1] })
    );
    person.leaves().await;
    assert_eq!(sim.violations(), []);
}

/// Answers with a card; the person approves, which changes it.
async fn approve(sim: &Sim, bot: &mut Peer, asked: &Value) {
    let req_id = &asked["headers"]["req_id"];
    let card = |text: &str| {
        json!({ "card_type": "button_interaction", "main_title": { "title": "用作封面？" },
            "button_list": [{ "text": text, "style": 1, "key": "yes" }],
            "task_id": "task_cover_1" })
    };
    let args = json!([{ "$frame": req_id }, card("好")]);
    bot.call("a", "replyTemplateCard", args).await.unwrap();
    let pressed = bot.event("a", "event").await;
    assert_eq!(
        pressed["body"]["event"]["template_card_event"],
        json!({ "card_type": "button_interaction", "event_key": "yes",
            "task_id": "task_cover_1" })
    );
    let args = json!([{ "$frame": pressed["headers"]["req_id"] }, card("已选用"), ["zhangwei"]]);
    bot.call("a", "updateTemplateCard", args).await.unwrap();
    let last = sim.frames(&wecom::sim::DEMO_BOT.into()).pop().unwrap();
    assert_eq!(last.cmd, "aibot_respond_update_msg");
}

/// Answers in a way that can be rated; the person finds fault, and takes it back.
async fn rated(bot: &mut Peer, asked: &Value) {
    let req_id = &asked["headers"]["req_id"];
    let args = json!([{ "$frame": req_id }, "s1", "一张蓝色的图。", true, null, { "id": "fb-1" }]);
    bot.call("a", "replyStream", args).await.unwrap();
    let rated = bot.event("a", "event").await;
    assert_eq!(
        rated["body"]["event"]["feedback_event"],
        json!({ "id": "fb-1", "type": 2, "content": "太短", "inaccurate_reason_list": [2] })
    );
    let withdrawn = bot.event("a", "event").await;
    assert_eq!(
        withdrawn["body"]["event"]["feedback_event"],
        json!({ "id": "fb-1", "type": 3 })
    );
}
