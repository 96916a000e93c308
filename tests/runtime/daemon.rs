//! The daemon as a process, with the command line beside it: status, resume, reload, health.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::{Child, Command};
use wecom::ids::BotId;
use wecom::sim::{Entry, EntryKind, FaultRequest, Injection, Sim, SimChat, SimOptions};
use wecom::texts::demo as texts;

use crate::support::{BOT, PATIENCE, SECRET, USER, eventually, simulator};

/// A daemon with one account, its simulator and its state directory.
struct Running {
    sim: Sim,
    home: tempfile::TempDir,
    settings: Value,
    _child: Child,
}

impl Running {
    async fn start() -> Self {
        let sim = simulator(SimOptions::default()).await;
        sim.add_bot("aibTEST02", "second-secret", "Second").unwrap();
        let home = tempfile::tempdir().unwrap();
        let settings = json!({
            "channels": { "wecom": {
                "enabled": true, "dmPolicy": "open", "websocketUrl": sim.bot_url(),
                "accounts": { "hq": { "botId": BOT, "secret": SECRET } },
            } },
            "bindings": [{ "agentId": "main", "match": { "channel": "wecom", "accountId": "*" } }],
            "gateway": { "port": 0 },
        });
        write(home.path(), &settings.to_string());
        let child = Command::new(env!("CARGO_BIN_EXE_wecom"))
            .arg("run")
            .env_clear()
            .env("WECOM_HOME", home.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        let running = Self {
            sim,
            home,
            settings,
            _child: child,
        };
        running.status_is("hq", "connected").await;
        running
    }

    async fn wecom(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wecom"))
            .args(arguments)
            .env_clear()
            .env("WECOM_HOME", self.home.path())
            .output()
            .await
            .unwrap()
    }

    /// Waits until an account has a state; returns its record.
    async fn status_is(&self, account: &str, state: &str) -> Value {
        eventually(&format!("{account} {state}"), || async {
            let output = self.wecom(&["channels", "status", "--json"]).await;
            let all: Value = serde_json::from_slice(&output.stdout).ok()?;
            let accounts = all["channelAccounts"]["wecom"].as_array()?.clone();
            accounts
                .into_iter()
                .find(|record| record["accountId"] == account && record["state"] == state)
        })
        .await
    }

    fn contact(&self) -> Value {
        let text = std::fs::read_to_string(self.home.path().join("daemon.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn write(home: &Path, settings: &str) {
    // As editors do it: a new file in the old one's place.
    let new = home.join("wecom.json.new");
    std::fs::write(&new, settings).unwrap();
    std::fs::rename(&new, home.join("wecom.json")).unwrap();
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn a_kicked_account_is_shown_and_resumed_from_the_command_line() {
    let running = Running::start().await;
    let kick = FaultRequest {
        kick: true,
        ..FaultRequest::default()
    };
    running.sim.faults(BOT).apply(&kick).unwrap();
    let record = running.status_is("hq", "kicked").await;
    assert_eq!(
        (&record["running"], &record["connected"]),
        (&json!(false), &json!(false))
    );

    let shown = said(&running.wecom(&["channels", "status"]).await);
    assert!(
        shown.contains("kicked") && shown.contains("wecom channels resume hq"),
        "{shown}"
    );
    let unknown = running.wecom(&["channels", "resume", "nobody"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        said(&unknown).contains("known accounts: hq"),
        "{}",
        said(&unknown)
    );

    let resumed = running.wecom(&["channels", "resume", "HQ"]).await;
    assert_eq!(resumed.status.code(), Some(0), "{}", said(&resumed));
    running
        .sim
        .wait_subscribed(&BOT.into(), PATIENCE)
        .await
        .unwrap();
    running.status_is("hq", "connected").await;
}

#[tokio::test]
async fn a_changed_file_is_taken_over_without_dropping_the_other_account() {
    let mut running = Running::start().await;
    let second = json!({ "botId": "aibTEST02", "secret": "second-secret", "welcomeText": "hi" });
    running.settings["channels"]["wecom"]["accounts"]["plant"] = second;
    write(running.home.path(), &running.settings.to_string());
    running
        .sim
        .wait_subscribed(&"aibTEST02".into(), PATIENCE)
        .await
        .unwrap();
    running.status_is("plant", "connected").await;
    assert_eq!(
        running.sim.connection(&BotId::from(BOT)).subscribes_total,
        1
    );
    running
        .sim
        .inject(Injection::event("aibTEST02", USER, "enter_chat"))
        .unwrap();
    let welcome = |entry: &Entry| entry.kind == EntryKind::Welcome;
    let chat = SimChat::direct("aibTEST02", USER);
    running
        .sim
        .wait_for(&chat, PATIENCE, welcome)
        .await
        .unwrap();

    write(running.home.path(), "{ this is: not, }");
    let refused = running.wecom(&["config", "reload"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("keeps the old one"),
        "{}",
        said(&refused)
    );
    running.status_is("plant", "connected").await;

    running.settings["channels"]["wecom"]["accounts"]["plant"]["enabled"] = json!(false);
    running.settings["gateway"]["port"] = json!(1);
    write(running.home.path(), &running.settings.to_string());
    let reloaded = running.wecom(&["config", "reload"]).await;
    assert_eq!(reloaded.status.code(), Some(0), "{}", said(&reloaded));
    assert!(
        said(&reloaded).contains("needs a restart: gateway.port"),
        "{}",
        said(&reloaded)
    );
    running.status_is("plant", "disabled").await;
    assert_eq!(
        running.sim.connection(&BotId::from(BOT)).subscribes_total,
        1
    );
    assert_eq!(running.sim.violations(), []);
}

#[tokio::test]
async fn health_is_open_and_the_local_api_is_not() {
    let running = Running::start().await;
    let contact = running.contact();
    let base = format!("http://{}", contact["address"].as_str().unwrap());
    let token = contact["token"].as_str().unwrap();
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |path: &str| client.get(format!("{base}{path}"));
    let code = |request: reqwest::RequestBuilder| async {
        request.send().await.unwrap().status().as_u16()
    };

    assert_eq!(code(get("/healthz")).await, 200);
    assert_eq!(code(get("/readyz")).await, 200);
    let status = "/api/v1/status";
    assert_eq!(code(get(status)).await, 401);
    assert_eq!(code(get(status).bearer_auth("guess")).await, 401);
    assert_eq!(code(get(status).bearer_auth(token)).await, 200);
    let foreign_host = get(status)
        .bearer_auth(token)
        .header("host", "evil.example");
    assert_eq!(code(foreign_host).await, 403);
    let foreign_page = get(status)
        .bearer_auth(token)
        .header("origin", "http://evil.example");
    assert_eq!(code(foreign_page).await, 403);
    let records = get(status)
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!records.contains(SECRET), "{records}");

    let kick = FaultRequest {
        kick: true,
        ..FaultRequest::default()
    };
    running.sim.faults(BOT).apply(&kick).unwrap();
    running.status_is("hq", "kicked").await;
    let ready = get("/readyz").send().await.unwrap();
    assert_eq!(ready.status().as_u16(), 503);
    let body: Value = ready.json().await.unwrap();
    assert_eq!(
        body,
        json!({"ready": false, "waiting": [{"account": "hq", "state": "kicked"}]})
    );
}

#[tokio::test]
async fn no_secret_reaches_the_log_at_any_level() {
    let sim = simulator(SimOptions::default()).await;
    let home = tempfile::tempdir().unwrap();
    let mut settings = crate::support::settings(&sim.bot_url(), &json!({}));
    settings["gateway"] = json!({ "port": 0 });
    write(home.path(), &settings.to_string());
    let log = home.path().join("log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_wecom"))
        .args(["run", "--log-format", "json"])
        .env_clear()
        .env("WECOM_HOME", home.path())
        .env("WECOM_LOG", "trace")
        .stdin(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
    let image = json!({"url": "https://cos.example/canary-url-77", "aeskey": "canary-aes-key-77"});
    let picture = sim
        .inject(Injection::message(BOT, USER, "image", image))
        .unwrap();
    let text = sim
        .inject(Injection::text(BOT, USER, "canary-text-77"))
        .unwrap();
    for asked in [&picture, &text] {
        let answered = |entry: &Entry| {
            entry.kind == EntryKind::Stream
                && entry.finished
                && entry.req_id.as_ref() == Some(&asked.req_id)
        };
        sim.wait_for(&crate::support::direct(), PATIENCE, answered)
            .await
            .unwrap();
    }
    let token: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path().join("daemon.json")).unwrap())
            .unwrap();
    let pid = child.id().unwrap().to_string();
    Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .await
        .unwrap();
    child.wait().await.unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("message closed"), "the log is written: {log}");
    for secret in [SECRET, "canary-", token["token"].as_str().unwrap()] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} in the log");
    }
}

#[tokio::test]
async fn commands_say_what_is_wrong_and_how_to_go_on() {
    let home = tempfile::tempdir().unwrap();
    let wecom = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
        command
            .args(arguments)
            .env_clear()
            .env("WECOM_HOME", home.path());
        async move { command.output().await.unwrap() }
    };
    let alone = wecom(&["channels", "status"]).await;
    assert_eq!(alone.status.code(), Some(69));
    assert!(
        said(&alone).contains("start it with `wecom run`"),
        "{}",
        said(&alone)
    );

    write(
        home.path(),
        r#"{ channels: { wecom: { botId: "aib1", } } }"#,
    );
    let broken = wecom(&["run"]).await;
    assert_eq!(broken.status.code(), Some(78), "{}", said(&broken));
    assert!(
        said(&broken).contains("channels.wecom.secret"),
        "{}",
        said(&broken)
    );

    let nothing = wecom(&["demo", "--say", " "]).await;
    assert_eq!(nothing.status.code(), Some(2), "{}", said(&nothing));
    assert!(
        said(&nothing).contains("nothing to say"),
        "{}",
        said(&nothing)
    );

    for (said_to_it, answered) in [
        (
            "hello from the terminal",
            format!(
                "{}\n> hello from the terminal\n\n{}",
                texts::HEARD,
                texts::HINT
            ),
        ),
        (
            "我的待办",
            format!("{}{}", texts::LOOKING_UP, texts::NO_TODOS),
        ),
        ("图片", texts::PICTURE.to_owned()),
    ] {
        let demo = wecom(&["demo", "--say", said_to_it]).await;
        assert_eq!(demo.status.code(), Some(0), "{}", said(&demo));
        assert_eq!(
            String::from_utf8_lossy(&demo.stdout),
            format!("zhangwei: {said_to_it}\n小助手: {answered}\n")
        );
        assert_eq!(String::from_utf8_lossy(&demo.stderr), "");
    }
}
