//! The program as a child, a line at a time, and a daemon that it can find.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::config::LiveConfig;
use wecom::http::{ToolServices, serve, tool_router};
use wecom::secret::Secret;

use super::DEADLINE;
use super::server::{Recorder, config, credentials};

const TOKEN: &str = "token-of-the-daemon";

/// The program with a state directory of its own and nothing else of this environment.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .env_clear()
        .env("WECOM_HOME", home)
        .env("HOME", home)
        .kill_on_drop(true);
    command
}

/// A running `wecom mcp`.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Client {
    pub(crate) fn start(home: &Path, arguments: &[&str]) -> Self {
        let mut child = program(home)
            .arg("mcp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            input: child.stdin.take(),
            child,
            output,
        }
    }

    /// One that has shaken hands.
    pub(crate) async fn ready(home: &Path, arguments: &[&str]) -> Self {
        let mut client = Self::start(home, arguments);
        client.send(&super::server::initialize("2025-06-18")).await;
        assert_eq!(client.receive().await["id"], 0);
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        client.send(&initialized).await;
        client
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string()).await;
    }

    pub(crate) async fn send_line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
        input.flush().await.unwrap();
    }

    /// The next line; every line is a message.
    pub(crate) async fn receive(&mut self) -> Value {
        let line = tokio::time::timeout(DEADLINE, self.output.next_line()).await;
        let line = line
            .expect("an answer in time")
            .unwrap()
            .expect("an answer");
        serde_json::from_str(&line).expect(&line)
    }

    /// The answer to a request; what the server says before it is passed over.
    pub(crate) async fn ask(&mut self, message: &Value) -> Value {
        self.send(message).await;
        loop {
            let said = self.receive().await;
            if said.get("id").is_some() {
                return said;
            }
        }
    }

    /// Closes its input, reads what it still says, and waits for its end.
    pub(crate) async fn close(mut self) -> (Vec<Value>, ExitStatus) {
        self.input = None;
        self.end().await
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self) -> (Vec<Value>, ExitStatus) {
        let ending = async {
            let mut said = Vec::new();
            while let Some(line) = self.output.next_line().await.unwrap() {
                said.push(serde_json::from_str(&line).expect(&line));
            }
            (said, self.child.wait().await.unwrap())
        };
        tokio::time::timeout(DEADLINE, ending).await.unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }
}

/// What the program takes for the daemon of a state directory.
pub(crate) struct Daemon {
    pub(crate) runner: Arc<Recorder>,
    stop: CancellationToken,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Daemon {
    pub(crate) async fn start(home: &Path) -> Self {
        let config = LiveConfig::new(config());
        let runner = Arc::new(Recorder::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let app = tool_router(ToolServices {
            runner: runner.clone(),
            credentials: credentials(&config).await,
            config,
            token: Secret::new(TOKEN),
        });
        wecom::task::spawn(
            &TaskTracker::new(),
            "daemon",
            serve(listener, app, stop.clone()),
        );
        let contact = json!({"pid": 1, "address": address, "token": TOKEN});
        std::fs::write(home.join("daemon.json"), contact.to_string()).unwrap();
        Self { runner, stop }
    }
}
