//! A script that is told what to do, and tells what it sees, in JSON lines.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::DEADLINE;
use super::node::node;
use super::python::python;

/// A running script. It is killed when this is dropped.
///
/// It reads requests `{"id", "client", "method", "args"}` from its input, and prints
/// answers `{"id", "result"}` or `{"id", "error"}` and events `{"client", "event",
/// "args"}`.
pub(crate) struct Peer {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    events: Vec<Value>,
    requests: u64,
}

impl Peer {
    /// Starts a script of `target/interop` that Node runs.
    pub(crate) async fn start(script: &str) -> Self {
        let node = tokio::task::spawn_blocking(node).await.unwrap();
        Self::spawn(&node.program, &node.home, script)
    }

    /// Starts a script of `target/interop` that Python runs.
    pub(crate) async fn start_python(script: &str) -> Self {
        let python = tokio::task::spawn_blocking(python).await.unwrap();
        Self::spawn(&python.program, &python.home, script)
    }

    fn spawn(program: &Path, home: &Path, script: &str) -> Self {
        let mut process = Command::new(program)
            .arg(script)
            .current_dir(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            _process: process,
            input,
            output,
            events: Vec::new(),
            requests: 0,
        }
    }

    /// Calls a method of a client: its result, or what it threw.
    pub(crate) async fn call(
        &mut self,
        client: &str,
        method: &str,
        args: Value,
    ) -> Result<Value, Value> {
        self.requests += 1;
        let id = self.requests;
        let request = json!({ "id": id, "client": client, "method": method, "args": args });
        let line = format!("{request}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
        loop {
            let mut said = self.next().await;
            if said["id"] != id {
                self.events.push(said);
                continue;
            }
            return match said.get_mut("error") {
                Some(error) => Err(error.take()),
                None => Ok(said["result"].take()),
            };
        }
    }

    /// Waits for an event of a client; its first argument, or `null`.
    pub(crate) async fn event(&mut self, client: &str, event: &str) -> Value {
        let is_it = |said: &Value| said["client"] == client && said["event"] == event;
        if let Some(at) = self.events.iter().position(is_it) {
            return first_argument(self.events.remove(at));
        }
        loop {
            let said = self.next().await;
            if is_it(&said) {
                return first_argument(said);
            }
            self.events.push(said);
        }
    }

    /// Events that came and were not asked for, as `client event`.
    pub(crate) fn other_events(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.events
            .iter()
            .map(|said| format!("{} {}", text(&said["client"]), text(&said["event"])))
            .collect()
    }

    async fn next(&mut self) -> Value {
        let line = timeout(DEADLINE, self.output.next_line())
            .await
            .unwrap_or_else(|_| panic!("nothing in time; said so far: {:?}", self.events))
            .unwrap()
            .expect("the script goes on");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    }
}

fn first_argument(mut said: Value) -> Value {
    said.pointer_mut("/args/0")
        .map(Value::take)
        .unwrap_or_default()
}
