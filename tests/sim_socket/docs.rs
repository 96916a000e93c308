//! What `docs/simulator.md` shows works as it is written there.

use serde_json::{Value, json};

use wecom::sim::{DownloadFaultKind, HookFaultKind, Seed};

use super::http::call;
use super::{direct, start, subscribed};

#[tokio::test]
async fn every_request_of_the_guide_works() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    sim.open_chat(&direct("LiNa")).unwrap();
    // The card that the guide presses, and quotes as the first entry of its chat.
    let card = json!({ "card_type": "button_interaction", "main_title": { "title": "Leave" },
        "button_selection": { "question_key": "reason", "option_list": [
            { "id": "fine", "text": "Fine" }, { "id": "busy", "text": "Busy" } ] },
        "button_list": [{ "text": "Yes", "key": "yes" }], "task_id": "task_1" });
    let body = json!({ "chatid": "LiNa", "msgtype": "template_card", "template_card": card });
    client.request("aibot_send_msg", body).await;
    let guide = include_str!("../../docs/simulator.md");
    let mut tried = 0;
    for block in guide.split("```http\n").skip(1) {
        let (request, _) = block.split_once("```").unwrap();
        let (line, body) = request.split_once('\n').unwrap();
        let (method, path) = line.split_once(' ').unwrap();
        let body: Option<Value> = match body.trim() {
            "" => None,
            json => Some(serde_json::from_str(json).unwrap()),
        };
        let answer = call(&sim, method, path, body.as_ref()).await;
        assert!(answer.status < 300, "{line}: {}", answer.json());
        tried += 1;
    }
    assert!(tried > 25, "only {tried} requests found");
}

#[test]
fn every_fault_is_in_the_guide() {
    let guide = include_str!("../../docs/simulator.md");
    let faults = include_str!("../../src/sim/faults.rs");
    let (_, request) = faults.split_once("pub struct FaultRequest {").unwrap();
    let (request, _) = request.split_once("\n}").unwrap();
    let keys: Vec<&str> = request
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
        .collect();
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        assert!(guide.contains(&format!("| `{key}` |")), "{key}");
    }
}

#[test]
fn every_fault_of_a_callback_is_in_the_guide() {
    let guide = include_str!("../../docs/simulator.md");
    let (_, rows) = guide
        .split_once("| `fault` of a callback | What happens |")
        .unwrap();
    let (rows, _) = rows.split_once("\n\n").unwrap();
    for fault in [
        HookFaultKind::Twice,
        HookFaultKind::WrongSignature,
        HookFaultKind::StaleTimestamp(400),
        HookFaultKind::TamperedBody,
        HookFaultKind::Garbled,
        HookFaultKind::OtherReceiver,
        HookFaultKind::EntityBomb,
        HookFaultKind::SlowPoll(1),
        HookFaultKind::NoPoll,
    ] {
        let json = serde_json::to_value(&fault).unwrap();
        let name = match &json {
            Value::Object(fault) => fault.keys().next().unwrap().clone(),
            name => name.as_str().unwrap().to_owned(),
        };
        assert!(rows.contains(&format!("\"{name}\"")), "{name}");
    }
}

#[test]
fn the_file_of_the_guide_is_understood() {
    let guide = include_str!("../../docs/simulator.md");
    let (_, file) = guide.split_once("```json\n").unwrap();
    let (file, _) = file.split_once("```").unwrap();
    let seed = Seed::from_json(file).unwrap();
    assert!(seed.bots[0].webhook.is_some() && seed.apps[0].callback.is_some());
}

#[test]
fn every_fault_of_a_download_is_in_the_guide() {
    let guide = include_str!("../../docs/simulator.md");
    let (_, rows) = guide
        .split_once("| `fault` | What happens to a fetch |")
        .unwrap();
    let (rows, _) = rows.split_once("\n\n").unwrap();
    let faults = [
        DownloadFaultKind::Status(503),
        DownloadFaultKind::Redirect(String::new()),
        DownloadFaultKind::Delay(1),
        DownloadFaultKind::Drip {
            bytes: 1,
            pause_ms: 1,
        },
        DownloadFaultKind::Stall(1),
        DownloadFaultKind::Cut(1),
        DownloadFaultKind::Truncate(1),
        DownloadFaultKind::LongLength(1),
        DownloadFaultKind::ShortLength(1),
        DownloadFaultKind::NoLength,
        DownloadFaultKind::Huge(1),
    ];
    for fault in faults {
        let json = serde_json::to_value(&fault).unwrap();
        let name = match &json {
            Value::Object(fault) => fault.keys().next().unwrap().clone(),
            name => name.as_str().unwrap().to_owned(),
        };
        assert!(rows.contains(&format!("\"{name}\"")), "{name}");
    }
}
