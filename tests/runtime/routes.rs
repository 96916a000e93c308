//! Which agent answers, and in which conversation.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wecom::channel::{Backends, Runtime};
use wecom::ids::BotId;
use wecom::sim::{Entry, EntryKind, Injection, Sim, SimChat};
use wecom::texts;

use crate::support::agents::{Turns, played};
use crate::support::{
    BOT, GROUP, OTHER, PATIENCE, SECRET, USER, configuration, open_store, simulator, start,
};

const SECOND: &str = "aibSECOND";

/// Two accounts, `one` and `two`, with an agent that the test plays.
struct Branches {
    sim: Sim,
    runtime: Runtime,
    turns: Turns,
    _home: tempfile::TempDir,
}

impl Branches {
    /// With more keys of `channels.wecom`, and the top level's.
    async fn open(channel: Value, rest: Value) -> Self {
        let sim = simulator(wecom::sim::SimOptions::default()).await;
        sim.add_bot(SECOND, SECRET, "Second").unwrap();
        sim.add_group(
            "wrBoth",
            "两个",
            &[USER.into()],
            &[BOT.into(), SECOND.into()],
        )
        .unwrap();
        let home = tempfile::tempdir().unwrap();
        let mut settings = json!({ "channels": { "wecom": {
            "enabled": true, "dmPolicy": "open", "websocketUrl": sim.bot_url(),
            "accounts": {
                "one": { "botId": BOT, "secret": SECRET },
                "two": { "botId": SECOND, "secret": SECRET },
            },
        } } });
        for (key, value) in channel.as_object().unwrap() {
            settings["channels"]["wecom"][key] = value.clone();
        }
        for (key, value) in rest.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let config = configuration(&home, &settings);
        let store = open_store(&home.path().join("state.db"));
        let (agent, turns) = played();
        let runtime = start(&config, store, Backends::Only(std::sync::Arc::new(agent))).await;
        for bot in [BOT, SECOND] {
            sim.wait_subscribed(&BotId::from(bot), PATIENCE)
                .await
                .unwrap();
        }
        Self {
            sim,
            runtime,
            turns,
            _home: home,
        }
    }

    /// The session in which something is answered that a member says.
    async fn session(&self, bot: &str, user: &str, group: Option<&str>) -> String {
        let mut message = Injection::text(bot, user, "hi");
        message.group = group.map(Into::into);
        self.sim.inject(message).unwrap();
        let turn = self.turns.next().await;
        let session = turn.request.session.to_string();
        turn.done();
        session
    }

    async fn close(self) {
        let left = self
            .runtime
            .shutdown(PATIENCE, &CancellationToken::new())
            .await;
        assert_eq!(left, 0);
        assert_eq!(self.sim.violations(), []);
        self.sim.stop().await;
    }
}

fn bind(agent: &str, matched: &Value) -> Value {
    let mut whole = json!({ "channel": "wecom" });
    for (key, value) in matched.as_object().unwrap() {
        whole[key] = value.clone();
    }
    json!({ "agentId": agent, "match": whole })
}

#[tokio::test]
async fn the_most_particular_binding_answers_and_no_session_is_shared() {
    let rest = json!({
        "agents": { "list": [{ "id": "desk", "default": true }, { "id": "line" }, { "id": "vip" }] },
        "bindings": [
            bind("desk", &json!({ "accountId": "one" })),
            bind("line", &json!({ "accountId": "two" })),
            bind("vip", &json!({ "accountId": "two", "peer": { "kind": "direct", "id": USER } })),
        ],
    });
    let branches = Branches::open(json!({}), rest).await;
    let sessions = [
        branches.session(BOT, USER, None).await,
        branches.session(BOT, OTHER, None).await,
        branches.session(BOT, USER, Some("wrBoth")).await,
        branches.session(BOT, USER, Some(GROUP)).await,
        branches.session(SECOND, USER, None).await,
        branches.session(SECOND, OTHER, None).await,
        branches.session(SECOND, USER, Some("wrBoth")).await,
    ];
    let group = format!("desk:one:group:{GROUP}");
    let expected = [
        "desk:one:direct:zhangsan",
        "desk:one:direct:lisi",
        "desk:one:group:wrBoth",
        group.as_str(),
        "vip:two:direct:zhangsan",
        "line:two:direct:lisi",
        "line:two:group:wrBoth",
    ];
    assert_eq!(sessions, expected);
    branches.close().await;
}

#[tokio::test]
async fn an_account_that_nobody_claims_says_so_once_in_an_hour() {
    let rest = json!({ "bindings": [bind("main", &json!({ "accountId": "one" }))] });
    let branches = Branches::open(json!({}), rest).await;
    assert_eq!(
        branches.session(BOT, USER, None).await,
        "main:one:direct:zhangsan"
    );
    let chat = SimChat::direct(SECOND, USER);
    for text in ["anybody?", "hello?"] {
        let message = Injection::text(SECOND, USER, text);
        branches.sim.inject(message).unwrap();
    }
    let told = |entry: &Entry| entry.kind == EntryKind::Stream && entry.finished;
    let notice = branches.sim.wait_for(&chat, PATIENCE, told).await.unwrap();
    let start = texts::access::binding_missing("two", "");
    assert!(
        notice.text().starts_with(start.trim_end()),
        "{}",
        notice.text()
    );
    assert!(
        notice.text().contains(r#""accountId":"two""#),
        "{}",
        notice.text()
    );
    // Another chat of the account is told too; by then the second message was looked at.
    let other = SimChat::direct(SECOND, OTHER);
    branches
        .sim
        .inject(Injection::text(SECOND, OTHER, "me?"))
        .unwrap();
    branches.sim.wait_for(&other, PATIENCE, told).await.unwrap();
    let mut entries = branches.sim.transcript(&chat);
    entries.retain(|entry| entry.from.id == SECOND);
    assert_eq!(entries.len(), 1, "{entries:?}");
    branches.close().await;
}

#[tokio::test]
async fn each_member_and_group_has_an_agent_and_admins_have_the_ordinary_one() {
    let channel = json!({
        "dynamicAgents": { "enabled": true, "adminUsers": [USER] },
        "routing": { "failClosedOnDefaultRoute": false },
    });
    let branches = Branches::open(channel, json!({})).await;
    assert_eq!(
        branches.session(BOT, USER, None).await,
        "main:one:direct:zhangsan"
    );
    let own = branches.session(BOT, OTHER, None).await;
    assert_eq!(own, "wecom-one-dm-lisi:one:dynamic-direct:lisi");
    let elsewhere = branches.session(SECOND, OTHER, None).await;
    assert_eq!(elsewhere, "wecom-two-dm-lisi:two:dynamic-direct:lisi");
    let group = branches.session(BOT, OTHER, Some(GROUP)).await;
    assert!(
        group.starts_with("wecom-one-group-wrtestgroup01-"),
        "{group}"
    );
    assert!(
        group.ends_with(&format!(":one:dynamic-group:{GROUP}")),
        "{group}"
    );
    branches.close().await;
}
