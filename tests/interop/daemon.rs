//! The program as users run it, with the simulator behind it: what a client needs to reach
//! its MCP server over HTTP, and over standard input and output.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use wecom::ids::BotId;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Seed, Sim, SimOptions};

use super::DEADLINE;

/// The program.
const WECOM: &str = env!("CARGO_BIN_EXE_wecom");

/// The member that the clients act for.
pub(crate) const MEMBER: &str = "zhangwei";

const TOKEN: &str = "wmt_of-the-interop-tests";

/// How often the daemon is looked for while it starts.
const LOOK: Duration = Duration::from_millis(20);

/// Whether clients over HTTP must show a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// They need none: the conformance suite has none to show.
    Open,
    /// As it is by default.
    Closed,
}

/// A state directory with a configuration.
pub(crate) struct Home(TempDir);

impl Home {
    /// For the bot of the demo company, behind a socket's address.
    pub(crate) fn new(websocket_url: &str) -> Self {
        Self::with_door(websocket_url, Door::Closed)
    }

    fn with_door(websocket_url: &str, door: Door) -> Self {
        let home = tempfile::tempdir().unwrap();
        let settings = settings(websocket_url, door).to_string();
        std::fs::write(home.path().join("wecom.json"), settings).unwrap();
        Self(home)
    }

    /// How a client connects by starting the program: command, arguments, environment.
    pub(crate) fn stdio(&self) -> Value {
        json!({
            "command": WECOM,
            "args": ["mcp", "--user", MEMBER],
            "env": { "WECOM_HOME": self.0.path() },
        })
    }
}

/// A running daemon. It is killed when this is dropped.
pub(crate) struct Daemon {
    url: String,
    home: Home,
    _process: Child,
    _sim: Sim,
}

impl Daemon {
    /// Starts it and waits until its bot is connected.
    pub(crate) async fn start(door: Door) -> Self {
        let sim = Sim::start(SimOptions {
            seed: Seed::demo(),
            ..SimOptions::default()
        });
        let sim = sim.await.unwrap();
        let home = Home::with_door(&sim.bot_url(), door);
        let process = Command::new(WECOM)
            .arg("run")
            .env_clear()
            .env("WECOM_HOME", home.0.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let bot: BotId = DEMO_BOT.into();
        sim.wait_subscribed(&bot, DEADLINE).await.unwrap();
        let address = timeout(DEADLINE, address(home.0.path()));
        let address = address.await.expect("the daemon says where it listens");
        Self {
            url: format!("http://{address}/mcp"),
            home,
            _process: process,
            _sim: sim,
        }
    }

    /// Address of its MCP server.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How a client connects over HTTP: address and token.
    pub(crate) fn http(&self) -> Value {
        json!({ "url": self.url, "token": TOKEN })
    }

    /// How a client connects by starting the program, which finds the daemon.
    pub(crate) fn stdio(&self) -> Value {
        self.home.stdio()
    }
}

fn settings(websocket_url: &str, door: Door) -> Value {
    let auth = match door {
        Door::Open => "none",
        Door::Closed => "token",
    };
    let client = json!({ "id": "interop", "token": TOKEN, "user": MEMBER });
    json!({
        "channels": { "wecom": {
            "enabled": true, "botId": DEMO_BOT, "secret": DEMO_SECRET,
            "websocketUrl": websocket_url,
            "mcp": { "http": { "auth": auth }, "clients": [client] },
        } },
        "gateway": { "port": 0 },
    })
}

/// Where the daemon listens, from the file that it leaves for the command line.
async fn address(home: &Path) -> String {
    loop {
        if let Ok(text) = std::fs::read_to_string(home.join("daemon.json")) {
            let contact: Value = serde_json::from_str(&text).unwrap();
            return contact["address"].as_str().unwrap().to_owned();
        }
        sleep(LOOK).await;
    }
}
