//! The daemon's end of the link: keeps what the plugin sends, answers what it must.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::task::AbortHandle;

/// Every step has a Node start or a cold gateway in it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

/// A daemon without WeCom; ends when dropped.
pub(crate) struct FakeDaemon {
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    frames: Mutex<Vec<Value>>,
    count: watch::Sender<usize>,
    writer: AsyncMutex<Option<OwnedWriteHalf>>,
}

impl FakeDaemon {
    /// Listens on a socket.
    pub(crate) fn listen(socket: &Path) -> Self {
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let shared = Arc::new(Shared {
            frames: Mutex::default(),
            count: watch::Sender::new(0),
            writer: AsyncMutex::new(None),
        });
        #[expect(clippy::disallowed_methods, reason = "its owner ends it")]
        let task = tokio::spawn(accept(listener, shared.clone())).abort_handle();
        Self { shared, task }
    }

    /// Sends a frame over the present connection.
    pub(crate) async fn send(&self, frame: &Value) {
        self.shared.send(frame).await;
    }

    /// The frames of a kind so far.
    pub(crate) fn of(&self, kind: &str) -> Vec<Value> {
        let frames = self.shared.frames.lock().unwrap();
        frames
            .iter()
            .filter(|frame| frame["t"] == kind)
            .cloned()
            .collect()
    }

    /// The first frame of a kind, past or to come, that `is` takes.
    pub(crate) async fn frame(&self, kind: &str, is: impl Fn(&Value) -> bool) -> Value {
        let frame = self.frame_within(PATIENCE, kind, is).await;
        frame.unwrap_or_else(|| panic!("no such {kind}: {:#?}", self.shared.frames.lock().unwrap()))
    }

    /// As [`FakeDaemon::frame`], for as long as `limit`.
    pub(crate) async fn frame_within(
        &self,
        limit: Duration,
        kind: &str,
        is: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let mut count = self.shared.count.subscribe();
        let look = async {
            loop {
                if let Some(frame) = self.of(kind).into_iter().find(&is) {
                    return frame;
                }
                count.changed().await.unwrap();
            }
        };
        tokio::time::timeout(limit, look).await.ok()
    }

    /// The events of a turn so far.
    pub(crate) fn events(&self, turn: &str) -> Vec<Value> {
        let mut events = self.of("turn.event");
        events.retain(|event| event["turn"] == turn);
        events
    }

    /// Runs a turn to its end; returns its events.
    pub(crate) async fn turn(&self, request: &Value) -> Vec<Value> {
        self.send(request).await;
        let turn = request["turn"].as_str().unwrap();
        let is_end = |event: &Value| {
            event["turn"] == turn && (event["kind"] == "done" || event["kind"] == "error")
        };
        self.frame("turn.event", is_end).await;
        self.events(turn)
    }
}

impl Drop for FakeDaemon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn send(&self, frame: &Value) {
        let mut writer = self.writer.lock().await;
        // A gateway that was killed reads no more.
        if let Some(writer) = writer.as_mut() {
            writer.write_all(format!("{frame}\n").as_bytes()).await.ok();
        }
    }
}

/// One connection after the other.
async fn accept(listener: UnixListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        #[expect(clippy::disallowed_methods, reason = "it ends with its connection")]
        tokio::spawn(serve(stream, shared.clone()));
    }
}

async fn serve(stream: UnixStream, shared: Arc<Shared>) {
    let (reader, writer) = stream.into_split();
    *shared.writer.lock().await = Some(writer);
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let frame: Value = serde_json::from_str(&line).unwrap();
        if let Some(answer) = answer(&frame) {
            shared.send(&answer).await;
        }
        shared.frames.lock().unwrap().push(frame);
        shared.count.send_modify(|count| *count += 1);
    }
}

/// What the link asks a daemon to answer.
fn answer(frame: &Value) -> Option<Value> {
    let kind = frame["t"].as_str()?;
    Some(match kind {
        "hello" => json!({"t": "welcome", "proto": 1, "wecom": "0.0.0", "features": []}),
        "ping" => json!({"t": "pong"}),
        "account.start" => json!({
            "t": "account.status", "account": frame["account"], "running": true, "connected": true,
        }),
        "turn.event" if frame["kind"] == "deliver" => {
            json!({"t": "turn.delivered", "turn": frame["turn"], "n": frame["n"]})
        }
        "out" => json!({"t": "out.result", "id": frame["id"], "ok": true, "message": "m-1"}),
        "tool" => json!({
            "t": "tool.result", "id": frame["id"], "isError": false,
            "content": [{"type": "text", "text": "{\"ok\": true}"}],
        }),
        _ => return None,
    })
}
