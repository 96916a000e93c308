//! The daemon, the company, and calls by clients.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};
use wecom::ids::BotId;
use wecom::sim::{McpCall, McpFault, McpFaultKind, McpHandle, Seed, Sim, SimOptions};

/// Longer than anything here takes on a busy machine; only a failure waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon without open requests ends within this time.
const GRACE: Duration = Duration::from_secs(3);

const LOOK: Duration = Duration::from_millis(10);

const BOT: &str = "aibTOOLS01";
const SECRET: &str = "canary-bot-secret-77d0";

/// Token of a client that acts for [`ZHANG`].
pub(crate) const ZHANG_TOKEN: &str = "canary-token-of-zhangsan-19c4";
/// Token of a client that acts for [`LI`].
pub(crate) const LI_TOKEN: &str = "canary-token-of-lisi-6be2";
/// Token of a client that acts for no member.
pub(crate) const NOBODY_TOKEN: &str = "canary-token-of-nobody-f3a8";

pub(crate) const ZHANG: &str = "zhangsan";
pub(crate) const LI: &str = "lisi";

/// The program, with nothing of this machine's environment.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .env_clear()
        .env("WECOM_HOME", home)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// A folder of its own that is not hidden: hidden ones are never read from.
fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("tools-").tempdir().unwrap()
}

/// A running daemon and its WeCom. The process is killed when this is dropped.
pub(crate) struct House {
    pub(crate) sim: Sim,
    daemon: Child,
    http: reqwest::Client,
    base: String,
    folder: tempfile::TempDir,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// With more variables in the daemon's environment.
    pub(crate) async fn open_with(environment: &[(&str, &str)]) -> Self {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let options = SimOptions {
            seed: Seed::empty(),
            ..SimOptions::default()
        };
        let sim = Sim::start(options).await.unwrap();
        sim.add_bot(BOT, SECRET, "Helper").unwrap();
        sim.add_user(ZHANG, "张三").unwrap();
        sim.add_user(LI, "李四").unwrap();
        let folder = folder();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        let home = folder.path().join("work/home");
        std::fs::create_dir(&home).unwrap();
        let settings = settings(&sim.bot_url(), &folder.path().join("work"));
        std::fs::write(home.join("wecom.json"), settings.to_string()).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let daemon = program(&home)
            .arg("run")
            .envs(environment.iter().copied())
            .stderr(log)
            .spawn()
            .unwrap();
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        let contact = home.join("daemon.json");
        let text = until("the daemon says where it listens", || {
            std::fs::read_to_string(&contact).ok()
        });
        let contact: Value = serde_json::from_str(&text.await).unwrap();
        Self {
            sim,
            daemon,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            base: format!("http://{}/mcp", contact["address"].as_str().unwrap()),
            folder,
        }
    }

    /// The folder that clients may name files in. The state directory lies in it.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A place that no client may name files in.
    pub(crate) fn outside(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.work().join("home")
    }

    /// What the daemon wrote to its standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The simulated category servers.
    pub(crate) fn mcp(&self) -> McpHandle {
        self.sim.mcp(BOT)
    }

    /// Lets something go wrong with the next call of a method.
    pub(crate) fn fault(&self, method: &str, kind: McpFaultKind) {
        self.mcp().fault(McpFault::new(kind).on(method)).unwrap();
    }

    /// The requests of a method, as the category servers saw them.
    pub(crate) fn calls(&self, method: &str) -> Vec<McpCall> {
        let mut calls = self.sim.mcp_calls();
        calls.retain(|call| call.method.as_deref() == Some(method));
        calls
    }

    /// How often the address of a category was asked for.
    pub(crate) fn fetches(&self) -> usize {
        let frames = self.sim.frames(&BotId::from(BOT));
        let asks = frames.iter().filter(|it| it.cmd == "aibot_get_mcp_config");
        asks.count()
    }

    /// A request of the newest revision.
    pub(crate) fn request(
        &self,
        token: &str,
        method: &str,
        params: Value,
    ) -> reqwest::RequestBuilder {
        request(&self.http, &self.base, token, method, params)
    }

    /// The answer to a request: a result or an error.
    pub(crate) async fn ask(&self, token: &str, method: &str, params: Value) -> Value {
        answer(self.request(token, method, params)).await
    }

    /// What the tool answers to a call.
    pub(crate) async fn call(
        &self,
        token: &str,
        category: &str,
        method: &str,
        args: Value,
    ) -> Value {
        let mut answer = self
            .ask(token, "tools/call", tool_call(category, method, args))
            .await;
        answer["result"]["structuredContent"].take()
    }

    /// The data of a call that succeeds.
    pub(crate) async fn data(
        &self,
        token: &str,
        category: &str,
        method: &str,
        args: Value,
    ) -> Value {
        let mut answer = self.call(token, category, method, args).await;
        assert_eq!(answer["ok"], true, "{category}.{method}: {answer}");
        answer["data"].take()
    }

    /// The error of a call that fails.
    pub(crate) async fn refused(
        &self,
        token: &str,
        category: &str,
        method: &str,
        args: Value,
    ) -> Value {
        let mut answer = self.call(token, category, method, args).await;
        assert_eq!(answer["ok"], false, "{category}.{method}: {answer}");
        answer["error"].take()
    }

    /// Ends the daemon as an operator does. It had nothing left to wait for, and kept to the
    /// protocol.
    pub(crate) async fn close(mut self) -> String {
        let begun = Instant::now();
        terminate(&self.daemon).await;
        let ended = timeout(PATIENCE, self.daemon.wait()).await;
        let status = ended.expect("the daemon ends").unwrap();
        let log = self.log();
        assert!(status.success(), "{status}: {log}");
        assert!(begun.elapsed() < GRACE, "{:?}: {log}", begun.elapsed());
        assert!(!log.contains("panicked"), "{log}");
        assert_eq!(self.sim.violations(), []);
        self.sim.stop().await;
        log
    }
}

/// Asks a process to end.
pub(crate) async fn terminate(process: &Child) {
    let id = process.id().expect("it runs").to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(told.unwrap().success());
}

/// Waits for something.
pub(crate) async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            sleep(LOOK).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(what)
}

/// A request of the newest revision, to whichever server.
pub(crate) fn request(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    method: &str,
    mut params: Value,
) -> reqwest::RequestBuilder {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    if params.get("_meta").is_none() {
        params["_meta"] = json!({});
    }
    for (key, value) in meta.as_object().unwrap() {
        params["_meta"][key] = value.clone();
    }
    let mut request = http
        .post(url)
        .timeout(PATIENCE)
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    let name = params.get("name").or_else(|| params.get("uri"));
    if let Some(name) = name.and_then(Value::as_str) {
        request = request.header("mcp-name", name);
    }
    request.json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
}

/// The last message of an answer, be it JSON or a stream of events.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Value {
    let text = request.send().await.unwrap().text().await.unwrap();
    let mut events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let last = events.rfind(|data| !data.trim().is_empty());
    serde_json::from_str(last.unwrap_or(&text)).expect(&text)
}

pub(crate) fn tool_call(category: &str, method: &str, args: Value) -> Value {
    let mut arguments = json!({ "action": "call", "category": category, "method": method });
    arguments["args"] = args;
    json!({ "name": "wecom_mcp", "arguments": arguments })
}

/// A to-do, for its content and the member it is for.
pub(crate) fn todo(content: &str, member: &str) -> Value {
    json!({
        "content": content,
        "follower_list": { "followers": [{ "follower_id": member }] },
    })
}

fn settings(websocket_url: &str, work: &Path) -> Value {
    let client = |id: &str, token: &str, user: Option<&str>| {
        let mut client = json!({
            "id": id, "token": token, "rate": 6_000, "fileRoots": [work],
        });
        if let Some(user) = user {
            client["user"] = user.into();
        }
        client
    };
    json!({
        "channels": { "wecom": {
            "enabled": true, "botId": BOT, "secret": SECRET, "websocketUrl": websocket_url,
            "mcp": { "clients": [
                client("zhang", ZHANG_TOKEN, Some(ZHANG)),
                client("li", LI_TOKEN, Some(LI)),
                client("nobody", NOBODY_TOKEN, None),
            ] },
        } },
        "gateway": { "port": 0 },
    })
}
