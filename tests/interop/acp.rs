//! An agent of the Agent Client Protocol as people install it: Qwen Code, with the scripted
//! endpoint as its model. It is started by the program, asks in the chat whether it may run a
//! command, and uses WeCom's tools by the server that it is handed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;
use wecom::sim::{Entry, EntryKind, Injected, Injection, Sim, SimOptions};
use wecom::texts;

use crate::model::{Answer, Model, calls, said};
use crate::node::node;
use crate::openclaw::package::install;
use crate::support::{BOT, USER, direct, settings, simulator};

const PACKAGE: &str = "@qwen-code/qwen-code@0.15.10";

/// The agent reads a megabyte of script before its first word, on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(3);

/// Where Qwen Code is started; the first caller installs it, some 50 MB.
fn qwen() -> PathBuf {
    let lock = File::create(crate::node::home().join("qwen.lock")).unwrap();
    lock.lock().unwrap();
    install("qwen", PACKAGE).join(".bin/qwen")
}

fn file(sim: &Sim, model: &Model, home: &Path) -> Value {
    let mut file = settings(&sim.bot_url(), &json!({}));
    file["agents"] = json!({ "list": [{
        "id": "main", "workspace": home.join("work"),
        "backend": {
            "type": "acp", "command": node().program, "args": [qwen(), "--acp"],
            "env": {
                "HOME": home, "OPENAI_API_KEY": "x", "OPENAI_BASE_URL": model.url(),
                "OPENAI_MODEL": crate::model::NAME,
            },
        },
    }] });
    file["gateway"] = json!({ "port": 0 });
    file
}

struct Chat {
    sim: Sim,
    log: PathBuf,
}

impl Chat {
    fn say(&self, text: &str) -> Injected {
        self.sim.inject(Injection::text(BOT, USER, text)).unwrap()
    }

    async fn sees(&self, wanted: impl Fn(&Entry) -> bool) -> Entry {
        let seen = self.sim.wait_for(&direct(), PATIENCE, wanted).await;
        seen.unwrap_or_else(|error| {
            panic!("{error:?}: {}", std::fs::read_to_string(&self.log).unwrap())
        })
    }

    async fn answer(&self, to: &Injected) -> String {
        let is_it = |entry: &Entry| {
            entry.kind == EntryKind::Stream
                && entry.finished
                && entry.req_id.as_ref() == Some(&to.req_id)
        };
        self.sees(is_it).await.text().to_owned()
    }

    /// Waits for a card that asks about `what`, and lets it be done.
    async fn permit(&self, what: &str) {
        let is_card = |entry: &Entry| {
            entry.kind == EntryKind::TemplateCard
                && entry
                    .card
                    .as_ref()
                    .is_some_and(|card| card.to_string().contains(what))
        };
        let card = self.sees(is_card).await.card.unwrap();
        let buttons = card["button_list"].as_array().unwrap();
        let allow = buttons
            .iter()
            .find(|button| button["text"] == texts::acp::ALLOW_ONCE);
        let key = allow.unwrap_or_else(|| panic!("{card:#}"))["key"]
            .as_str()
            .unwrap();
        let member = self.sim.member(BOT, USER);
        member
            .press(card["task_id"].as_str().unwrap(), key)
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installed_agent_asks_before_it_acts_and_uses_the_tools_for_the_one_who_wrote() {
    let model = Model::start().await;
    let sim = simulator(SimOptions::default()).await;
    let home = tempfile::Builder::new().prefix("acp-").tempdir().unwrap();
    std::fs::create_dir(home.path().join("work")).unwrap();
    let file = file(&sim, &model, home.path());
    std::fs::write(home.path().join("wecom.json"), file.to_string()).unwrap();
    let log = home.path().join("log");
    let _daemon = Command::new(env!("CARGO_BIN_EXE_wecom"))
        .arg("run")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("WECOM_HOME", home.path())
        .stdin(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
    let chat = Chat { sim, log };

    let touch = json!({ "command": "touch made.txt", "description": "make a file",
        "is_background": false });
    model.answers(Answer::Stream(calls(
        "",
        &[("c1", "run_shell_command", touch)],
    )));
    model.answers(Answer::Stream(said(&["It ", "is ", "made."])));
    let asked = chat.say("make a file");
    chat.permit("touch made.txt").await;
    assert_eq!(chat.answer(&asked).await, "It is made.");
    assert!(home.path().join("work/made.txt").exists());

    // It tells its model the names of such tools, and their forms when it asks for them.
    let tool = "mcp__wecom__wecom_mcp";
    let system = model.last().system().to_owned();
    assert!(system.contains(tool), "{system}");
    let form = json!({ "query": format!("select:{tool}") });
    model.answers(Answer::Stream(calls("", &[("c0", "tool_search", form)])));
    let todos = json!({ "action": "call", "category": "todo", "method": "get_todo_list",
        "args": { "follower_id": "@me" } });
    model.answers(Answer::Stream(calls("", &[("c2", tool, todos)])));
    model.answers(Answer::Stream(said(&["Nothing ", "to do."])));
    let asked = chat.say("what is to be done?");
    chat.permit("get_todo_list").await;
    assert_eq!(chat.answer(&asked).await, "Nothing to do.");
    let mut calls = chat.sim.mcp_calls();
    calls.retain(|call| call.method.as_deref() == Some("get_todo_list"));
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].member.as_deref(), Some(USER));
    assert_eq!(chat.sim.violations(), []);
}
