//! A gateway and a model behind our own daemon, with the simulated WeCom before it: what
//! somebody says in a chat goes all the way there and back.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use wecom::sim::{Entry, EntryKind, Injected, Injection, SeedApp, Sim, SimChat, SimOptions};
use wecom::texts;

use super::daemon::PATIENCE;
use super::gateway::{Gateway, wecom_home};
use super::model::Model;
use super::package::NEWEST;
use super::suite::ALONE;
use crate::support::{BOT, OTHER as STRANGER, SECRET, USER, simulator};

const CORP: &str = "ww_whole";
const APP: u64 = 1_000_002;
const APP_SECRET: &str = "canary-of-the-whole";

/// The plugin looks for approvals every few seconds, and a turn takes its time.
const NOTICED: Duration = Duration::from_secs(20);

/// The whole of it.
struct Whole {
    sim: Sim,
    gateway: Gateway,
    home: TempDir,
    daemon: Child,
    _model: Model,
}

impl Whole {
    async fn open() -> Self {
        let sim = simulator(SimOptions::default()).await;
        let apps = sim.apps();
        apps.add(SeedApp::new(CORP, APP, APP_SECRET)).unwrap();
        apps.set_party(1, "研发部", &[USER.into(), "lina".into()]);
        let home = tempfile::Builder::new().prefix("whole-").tempdir().unwrap();
        let state = wecom_home(home.path());
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join("wecom.json"), settings(&sim).to_string()).unwrap();
        let daemon = start_daemon(home.path());
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        let model = Model::start().await;
        let gateway = Gateway::start(NEWEST, home.path(), &Value::Null, &model.url).await;
        Self {
            sim,
            gateway,
            home,
            daemon,
            _model: model,
        }
    }

    fn say(&self, user: &str, text: &str) -> Injected {
        self.sim.inject(Injection::text(BOT, user, text)).unwrap()
    }

    /// What answers, once it is as `wanted`.
    async fn sees(&self, asked: &Injected, user: &str, wanted: impl Fn(&Entry) -> bool) -> Entry {
        let chat = SimChat::direct(BOT, user);
        let is_it = |entry: &Entry| {
            entry.kind == EntryKind::Stream
                && entry.req_id.as_ref() == Some(&asked.req_id)
                && wanted(entry)
        };
        let seen = self.sim.wait_for(&chat, PATIENCE, is_it).await;
        seen.unwrap_or_else(|error| panic!("{error:?}\n{}\n{}", self.log(), self.gateway.log()))
    }

    async fn kill_daemon_and_restart(&mut self) {
        self.daemon.kill().await.unwrap();
        self.daemon = start_daemon(self.home.path());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("daemon.log")).unwrap()
    }

    async fn ask(&self, user: &str, text: &str) -> Entry {
        let asked = self.say(user, text);
        self.sees(&asked, user, |entry| entry.finished).await
    }

    /// Messages of the app, once there are so many: whom to, and what.
    async fn app_messages(&self, count: usize) -> Vec<(String, String)> {
        let arrived = async {
            while self.sim.apps().messages().len() < count {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let arrived = tokio::time::timeout(PATIENCE, arrived).await;
        assert!(arrived.is_ok(), "{}", self.gateway.log());
        let messages = self.sim.apps().messages().into_iter();
        messages
            .map(|message| (message.toparty, message.body.to_string()))
            .collect()
    }
}

fn start_daemon(home: &Path) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(home.join("daemon.log"))
        .unwrap();
    Command::new(env!("CARGO_BIN_EXE_wecom"))
        .arg("run")
        .env_clear()
        .env("WECOM_HOME", wecom_home(home))
        .stdin(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

fn settings(sim: &Sim) -> Value {
    json!({
        "channels": { "wecom": {
            "enabled": true, "botId": BOT, "secret": SECRET, "websocketUrl": sim.bot_url(),
            "dmPolicy": "pairing", "allowFrom": [USER],
            "agent": { "corpId": CORP, "corpSecret": APP_SECRET, "agentId": APP },
            "network": { "apiBaseUrl": sim.api_url() },
        } },
        "agents": { "defaults": { "backend": { "type": "openclaw" } } },
        "gateway": { "port": 0 },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_goes_to_openclaw_and_back_and_openclaw_reaches_the_company() {
    let _alone = ALONE.lock().await;
    let whole = Whole::open().await;

    let answer = whole.ask(USER, "[[slow:40]]").await;
    assert!(answer.text().ends_with("word39"), "{}", answer.text());
    assert!(answer.revisions >= 3, "{} updates", answer.revisions);

    let todos = json!({ "action": "call", "category": "todo", "method": "get_todo_list",
        "args": { "follower_id": "@me" } });
    whole
        .ask(USER, &format!("[[tool:wecom_mcp {todos}]]"))
        .await;
    let mut calls = whole.sim.mcp_calls();
    calls.retain(|call| call.method.as_deref() == Some("get_todo_list"));
    assert_eq!(calls.len(), 1, "{}", whole.gateway.log());
    assert_eq!(calls[0].member.as_deref(), Some(USER), "the one who wrote");

    let to = [
        "--channel",
        "wecom",
        "--target",
        "party:1",
        "--message",
        "From the terminal",
    ];
    whole
        .gateway
        .command(&[&["message", "send"], &to[..]].concat())
        .await;
    let sent = whole.app_messages(1).await;
    assert_eq!(sent[0].0, "1");
    assert!(sent[0].1.contains("From the terminal"), "{sent:?}");

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
        "party:1",
        "--json",
    ];
    let job = whole.gateway.json(&job).await;
    whole
        .gateway
        .command(&["cron", "run", job["id"].as_str().unwrap()])
        .await;
    let sent = whole.app_messages(2).await;
    assert_eq!(sent[1].0, "1");
    assert!(sent[1].1.contains("Good morning"), "{sent:?}");

    let told = whole.ask(STRANGER, "hello").await;
    let listed = whole.gateway.command(&["pairing", "list", "wecom"]).await;
    let is_code = |word: &&str| word.len() == 8 && told.text().contains(word);
    let mut words = listed.split(|c: char| !c.is_ascii_alphanumeric());
    let code = words
        .find(is_code)
        .unwrap_or_else(|| panic!("the code of {listed} is told: {}", told.text()));
    whole
        .gateway
        .command(&["pairing", "approve", "wecom", code])
        .await;
    let let_in = async {
        loop {
            let asked = whole.say(STRANGER, "[[say:You are in]]");
            let answer = whole.sees(&asked, STRANGER, |entry| entry.text() == "You are in");
            if tokio::time::timeout(NOTICED, answer).await.is_ok() {
                break;
            }
        }
    };
    let let_in = tokio::time::timeout(PATIENCE, let_in).await;
    assert!(let_in.is_ok(), "the approval is noticed");
    assert_eq!(whole.sim.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_and_a_gateway_killed_amid_answers_lose_no_message() {
    let _alone = ALONE.lock().await;
    let mut whole = Whole::open().await;

    // A new daemon asks what the killed one had asked.
    let asked = whole.say(USER, "[[slow:61]]");
    whole
        .sees(&asked, USER, |entry| entry.text().contains("word3"))
        .await;
    whole.kill_daemon_and_restart().await;
    let chat = SimChat::direct(BOT, USER);
    let is_answer = |entry: &Entry| entry.from.id == BOT && entry.text().ends_with("word60");
    let answer = whole.sim.wait_for(&chat, PATIENCE, is_answer).await;
    assert!(answer.is_ok(), "{}\n{}", whole.log(), whole.gateway.log());

    let asked = whole.say(USER, "[[slow:60]]");
    whole
        .sees(&asked, USER, |entry| entry.text().contains("word3"))
        .await;
    whole.gateway.kill_and_restart().await;
    // This version goes on by itself, and sends the answer as a message.
    let told = whole.sees(&asked, USER, |entry| entry.finished).await;
    assert_eq!(told.text(), texts::openclaw::GOES_ON, "{}", whole.log());
    let is_answer =
        |entry: &Entry| entry.kind == EntryKind::Markdown && entry.text().ends_with("word59");
    let answer = whole.sim.wait_for(&chat, PATIENCE, is_answer).await;
    assert!(answer.is_ok(), "{}\n{}", whole.log(), whole.gateway.log());

    let entries = whole.sim.transcript(&chat);
    let count = |end| {
        let of_bot = entries.iter().filter(|entry| entry.from.id == BOT);
        of_bot.filter(|entry| entry.text().ends_with(end)).count()
    };
    assert_eq!((count("word59"), count("word60")), (1, 1));
    assert_eq!(whole.sim.violations(), []);
}
