//! OpenClaw, set up by our own command and run as its users run it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::daemon::PATIENCE;
use super::package::{OLDEST, Package, package};

/// How often a starting gateway is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// A gateway process in a home of its own; killed when dropped.
pub(crate) struct Gateway {
    package: Package,
    home: PathBuf,
    port: u16,
    child: Child,
}

/// The state directory of our program in a gateway's home.
pub(crate) fn wecom_home(home: &Path) -> PathBuf {
    home.join("wecom")
}

/// Where our daemon listens for the plugin in a gateway's home.
pub(crate) fn socket(home: &Path) -> PathBuf {
    wecom_home(home).join("run/openclaw.sock")
}

impl Gateway {
    /// Sets `version` up in `home`, where nothing is yet, and starts it. `plugin_config` has
    /// `socket` and `token`, both optional; `model_url` is a [`super::model::Model`]'s.
    pub(crate) async fn start(
        version: &str,
        home: &Path,
        plugin_config: &Value,
        model_url: &str,
    ) -> Self {
        let package = package(version);
        let port = free_port();
        let config = config(version, home, port, model_url);
        fs::write(home.join("openclaw.json"), config.to_string()).unwrap();
        fs::create_dir_all(home.join("work")).unwrap();
        set_up(home, plugin_config).await;
        let mut gateway = Self {
            child: start(&package, home),
            package,
            home: home.to_path_buf(),
            port,
        };
        gateway.wait_until_live().await;
        gateway
    }

    /// Kills it, without any chance to clean up, and starts it again.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.child.kill().await.unwrap();
        self.child = start(&self.package, &self.home);
        self.wait_until_live().await;
    }

    /// A command of OpenClaw's command line; returns what it prints.
    pub(crate) async fn command(&self, arguments: &[&str]) -> String {
        let mut command = openclaw(&self.package, &self.home);
        command.args(arguments).stdin(Stdio::null());
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.expect("the command hangs").unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out
    }

    /// A command that prints an object.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let out = self.command(arguments).await;
        let begin = if out.starts_with('{') {
            0
        } else {
            out.find("\n{")
                .unwrap_or_else(|| panic!("no object: {out}"))
                + 1
        };
        let mut values = serde_json::Deserializer::from_str(&out[begin..]).into_iter();
        values.next().unwrap().unwrap()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.join("gateway.log")).unwrap_or_default()
    }

    async fn wait_until_live(&mut self) {
        let begun = Instant::now();
        while !is_live(self.port).await {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", self.log());
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not start: {}",
                self.log()
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Whether the gateway answers on its port.
async fn is_live(port: u16) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    ask.await
        .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Our own command writes the plugin and the keys.
async fn set_up(home: &Path, plugin_config: &Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .args(["openclaw", "setup", "--no-check"])
        .env("WECOM_HOME", wecom_home(home))
        .env("OPENCLAW_CONFIG_PATH", home.join("openclaw.json"));
    for (option, key) in [("--socket", "socket"), ("--token", "token")] {
        if let Some(value) = plugin_config[key].as_str() {
            command.args([option, value]);
        }
    }
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn start(package: &Package, home: &Path) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(home.join("gateway.log"))
        .unwrap();
    openclaw(package, home)
        .args(["gateway", "run"])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Nothing of the machine's own OpenClaw, and nothing beyond loopback.
fn openclaw(package: &Package, home: &Path) -> Command {
    let mut command = Command::new(&package.node);
    let path = format!("{}:/usr/bin:/bin", package.node.parent().unwrap().display());
    command
        .arg(&package.entry)
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .env("OPENCLAW_STATE_DIR", home.join("state"))
        .env("OPENCLAW_CONFIG_PATH", home.join("openclaw.json"))
        .envs(
            [
                "OPENCLAW_DISABLE_BONJOUR",
                "OPENCLAW_NO_RESPAWN",
                "OPENCLAW_NO_AUTO_UPDATE",
                "NO_COLOR",
            ]
            .map(|name| (name, "1")),
        );
    command
}

fn config(version: &str, home: &Path, port: u16, model_url: &str) -> Value {
    let mut config = json!({
        "gateway": {
            "mode": "local", "port": port, "bind": "loopback",
            "auth": {"mode": "token", "token": "of-the-interop-tests"},
            "controlUi": {"enabled": false},
        },
        "discovery": {"mdns": {"mode": "off"}},
        "update": {"checkOnStart": false},
        "agents": {"defaults": {
            "workspace": home.join("work"), "skipBootstrap": true,
            "model": {"primary": "mock/mock-1"},
        }},
        "models": {"mode": "replace", "providers": {"mock": {
            "baseUrl": model_url, "apiKey": "x", "api": "openai-completions",
            "models": [{
                "id": "mock-1", "name": "Mock", "reasoning": false, "input": ["text", "image"],
                "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
                "contextWindow": 128_000, "maxTokens": 4_096,
            }],
        }}},
        "plugins": {"allow": ["wecom"]},
        "channels": {"wecom": {
            "enabled": true, "botId": "b", "secret": "s", "dmPolicy": "open", "allowFrom": ["*"],
            // Keys of every shape, and one that only a newer program knows.
            "groupPolicy": "allowlist", "groups": {"wrAbC": {"enabled": true}},
            "fromTheFuture": {"x": 1},
        }},
    });
    if version != OLDEST {
        config["tools"] = json!({"toolSearch": false});
        config["agents"]["defaults"]["heartbeat"] = json!({"every": "0m"});
    }
    config
}
