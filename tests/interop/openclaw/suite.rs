//! What has to hold between the plugin and OpenClaw itself.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use super::daemon::FakeDaemon;
use super::gateway::{Gateway, socket};
use super::model::Model;
use super::package::{NEWEST, OLDEST, package};

/// Gateways take a gigabyte and a processor each: one after the other.
pub(super) static ALONE: Mutex<()> = Mutex::const_new(());

/// How often a job is run until its announcement comes, and how long each may take.
const CRON_RUNS: usize = 3;
const CRON_PATIENCE: Duration = Duration::from_secs(90);

struct House {
    gateway: Gateway,
    daemon: FakeDaemon,
    model: Model,
    _home: TempDir,
    _alone: MutexGuard<'static, ()>,
}

async fn house(version: &str) -> House {
    let alone = ALONE.lock().await;
    let home = tempfile::tempdir().unwrap();
    let model = Model::start().await;
    let daemon = FakeDaemon::listen(&socket(home.path()));
    let gateway = Gateway::start(version, home.path(), &Value::Null, &model.url).await;
    daemon.frame("account.start", |_| true).await;
    House {
        gateway,
        daemon,
        model,
        _home: home,
        _alone: alone,
    }
}

fn message(turn: &str, text: &str) -> Value {
    json!({
        "t": "turn", "turn": turn, "account": "default",
        "chat": {"kind": "group", "id": "wrAbCdEf", "label": "Office"},
        "sender": {"id": "ZhangSan", "name": "张三"},
        "msg": format!("msg-{turn}"), "text": text, "media": [],
        "command": false, "resumed": false,
    })
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

/// The partial texts grow, the final is the last of them, and then the turn is done.
fn assert_streamed(events: &[Value]) {
    let texts: Vec<&str> = events
        .iter()
        .filter(|event| event["kind"] == "partial")
        .map(|event| event["text"].as_str().unwrap())
        .collect();
    assert!(texts.len() >= 3, "{events:#?}");
    assert!(
        texts.windows(2).all(|pair| pair[1].starts_with(pair[0])),
        "{texts:?}"
    );
    let [.., delivered, done] = events else {
        panic!("{events:#?}");
    };
    assert_eq!(delivered["deliver"], "final");
    assert_eq!(delivered["text"].as_str(), texts.last().copied());
    assert_eq!(done["kind"], "done");
    let numbers: Vec<u64> = events
        .iter()
        .map(|event| event["n"].as_u64().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_does_all_that_its_commands_promise() {
    let mut house = house(NEWEST).await;
    let House {
        gateway,
        daemon,
        model,
        ..
    } = &mut house;

    let inspection = gateway
        .json(&["plugins", "inspect", "wecom", "--runtime", "--json"])
        .await;
    let plugin = &inspection["plugin"];
    assert_eq!(plugin["status"], "loaded", "{}", gateway.log());
    assert_eq!(plugin["channelIds"], json!(["wecom"]));
    assert_eq!(plugin["toolNames"], json!(["wecom_mcp"]));

    let mut first = message("t1", "[[slow:8]]");
    first["system"] = json!("Be brief, says the daemon.");
    let events = daemon.turn(&first).await;
    assert_streamed(&events);
    assert_eq!(kinds(&events)[..2], ["run", "message"]);
    let asked = model.requests().remove(0).to_string();
    assert!(
        asked.contains("Be brief, says the daemon."),
        "it is in the system prompt"
    );
    assert!(asked.contains("wecom_mcp"), "the tool is offered");

    let call = "[[tool:wecom_mcp {\"action\": \"list\", \"category\": \"todo\"}]]";
    let events = daemon.turn(&message("t2", call)).await;
    assert!(kinds(&events).contains(&"tool"), "{events:#?}");
    let call = daemon.frame("tool", |_| true).await;
    assert_eq!(call["tool"], "wecom_mcp");
    assert_eq!(call["args"], json!({"action": "list", "category": "todo"}));
    assert_eq!(call["ctx"]["requesterSenderId"], "ZhangSan");
    assert_eq!(call["ctx"]["senderIsOwner"], false);
    assert_eq!(call["ctx"]["messageChannel"], "wecom");
    assert_eq!(call["ctx"]["deliveryContext"]["to"], "group:wrAbCdEf");

    daemon.send(&message("t3", "[[slow:400]]")).await;
    daemon
        .frame("turn.event", |e| {
            e["turn"] == "t3" && e["kind"] == "partial"
        })
        .await;
    daemon
        .send(&json!({"t": "turn.cancel", "turn": "t3", "reason": "stop"}))
        .await;
    daemon
        .frame("turn.event", |e| e["turn"] == "t3" && e["kind"] == "done")
        .await;
    assert!(!kinds(&daemon.events("t3")).contains(&"deliver"));

    let to = [
        "--channel",
        "wecom",
        "--target",
        "party:1",
        "--message",
        "From the terminal",
    ];
    gateway
        .command(&[&["message", "send"], &to[..]].concat())
        .await;
    let out = daemon.frame("out", |out| out["to"] == "party:1").await;
    assert_eq!(out["text"], "From the terminal");
    assert!(out["key"].is_string(), "{out}");

    pairing(gateway, daemon).await;
    cron(gateway, daemon).await;

    daemon.send(&message("t4", "[[slow:400]]")).await;
    daemon
        .frame("turn.event", |e| {
            e["turn"] == "t4" && e["kind"] == "partial"
        })
        .await;
    let hellos = daemon.of("hello").len();
    gateway.kill_and_restart().await;
    daemon
        .frame("pairing.allowed", |_| daemon.of("hello").len() > hellos)
        .await;
    daemon.send(&json!({"t": "turns.ask", "id": "q"})).await;
    let known = daemon
        .frame("turns.known", |known| known["id"] == "q")
        .await;
    assert_eq!(known["turns"], json!([]), "it died with the gateway");
}

async fn pairing(gateway: &Gateway, daemon: &FakeDaemon) {
    let ask = json!({"t": "pairing.request", "id": "p", "account": "default", "user": "LiSi", "name": "李四"});
    daemon.send(&ask).await;
    let code = daemon.frame("pairing.code", |code| code["id"] == "p").await;
    let code = code["code"].as_str().unwrap();
    let listed = gateway.command(&["pairing", "list", "wecom"]).await;
    assert!(listed.contains(code) && listed.contains("LiSi"), "{listed}");
    gateway
        .command(&["pairing", "approve", "wecom", code])
        .await;
    let is_allowed = |frame: &Value| frame["users"] == json!(["LiSi"]);
    daemon.frame("pairing.allowed", is_allowed).await;
}

async fn cron(gateway: &Gateway, daemon: &FakeDaemon) {
    let job = [
        "cron",
        "add",
        "--name",
        "brief",
        "--every",
        "1h",
        "--message",
        "[[say:Good morning]]",
        "--announce",
        "--channel",
        "wecom",
        "--to",
        "group:wrAbCdEf",
        "--json",
    ];
    let job = gateway.json(&job).await;
    let id = job["id"].as_str().unwrap();
    // A command that is just ending may hold OpenClaw's own lock; the delivery fails then and
    // is not tried again.
    let mut out = None;
    for _ in 0..CRON_RUNS {
        gateway.command(&["cron", "run", id]).await;
        let is_ours = |out: &Value| out["to"] == "group:wrAbCdEf";
        out = daemon.frame_within(CRON_PATIENCE, "out", is_ours).await;
        if out.is_some() {
            break;
        }
    }
    let out = out.unwrap_or_else(|| panic!("no announcement: {}", gateway.log()));
    assert_eq!(out["text"], "Good morning");
    assert!(out["key"].is_string(), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_loads_the_same_files_and_answers() {
    let house = house(OLDEST).await;
    let events = house.daemon.turn(&message("t1", "[[slow:8]]")).await;
    assert_streamed(&events);
    let call = "[[tool:wecom_mcp {\"action\": \"list\", \"category\": \"todo\"}]]";
    house.daemon.turn(&message("t2", call)).await;
    let call = house.daemon.frame("tool", |_| true).await;
    assert_eq!(call["ctx"]["requesterSenderId"], "ZhangSan");
}

/// The plugin's own tests, on the Node that OpenClaw runs on.
#[test]
fn its_own_tests_pass() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("openclaw/test");
    let mut files: Vec<_> = std::fs::read_dir(tests)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.to_str().is_some_and(|path| path.ends_with(".test.js")));
    assert!(!files.is_empty());
    let output = Command::new(package(NEWEST).node)
        .arg("--test")
        .args(files)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
