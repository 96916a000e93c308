//! A plugin that the test plays, frame by frame.

use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::support::{PATIENCE, eventually};

/// One connection of it.
pub(crate) struct Plugin {
    reader: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    writer: Box<dyn AsyncWrite + Send + Unpin>,
}

impl Plugin {
    pub(crate) async fn dial(socket: &Path) -> Self {
        // After a kill an old socket lies there until the next daemon makes its own.
        let dial = || async { UnixStream::connect(socket).await.ok() };
        Self::over(eventually("a daemon that listens", dial).await)
    }

    pub(crate) fn over(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader: BufReader::new(Box::new(reader)),
            writer: Box::new(writer),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.raw(format!("{frame}\n").as_bytes()).await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        // The daemon may have closed by now; the test sees it by what it reads.
        self.writer.write_all(bytes).await.ok();
    }

    /// The next frame, pings left out; `None` once the daemon closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.reader.read_line(&mut line)).await;
            if read.expect("a frame within its time").unwrap_or(0) == 0 {
                return None;
            }
            let frame: Value = serde_json::from_str(&line).unwrap();
            if frame["t"] != "ping" {
                return Some(frame);
            }
        }
    }

    /// The next frame of this kind; others are passed over.
    pub(crate) async fn expect(&mut self, t: &str) -> Value {
        loop {
            let frame = self.next().await;
            let frame = frame.unwrap_or_else(|| panic!("closed before `{t}`"));
            if frame["t"] == t {
                return frame;
            }
        }
    }

    pub(crate) async fn hello(&mut self) -> Value {
        self.send(
            json!({"t": "hello", "proto": 1, "plugin": "0.1.0", "openclaw": "2026.9.6",
                         "pid": 4711, "more": true}),
        )
        .await;
        self.expect("welcome").await
    }

    /// Answers which turns it knows; returns those that go on.
    pub(crate) async fn knows(&mut self, turns: &Value) -> Value {
        let asked = self.expect("turns.ask").await;
        self.send(json!({"t": "turns.known", "id": asked["id"], "turns": turns}))
            .await;
        self.expect("turns.resume").await["turns"].clone()
    }

    /// The next turn, taken.
    pub(crate) async fn turn(&mut self) -> Run {
        let frame = self.expect("turn").await;
        self.send(json!({"t": "turn.ack", "turn": frame["turn"]}))
            .await;
        Run { frame, n: 0 }
    }

    /// Lets something happen in a turn; its number.
    pub(crate) async fn tell(&mut self, run: &mut Run, event: Value) -> u64 {
        run.n += 1;
        let mut frame = json!({"t": "turn.event", "turn": run.frame["turn"], "n": run.n});
        for (key, value) in event.as_object().unwrap() {
            frame[key] = value.clone();
        }
        self.send(frame).await;
        run.n
    }

    pub(crate) async fn partial(&mut self, run: &mut Run, text: &str) {
        self.tell(run, json!({"kind": "partial", "text": text}))
            .await;
    }

    /// The answer, which the daemon says to have, and the end of the turn.
    pub(crate) async fn finish(&mut self, run: &mut Run, text: &str) {
        let delivery = json!({"kind": "deliver", "deliver": "final", "text": text, "media": [],
                              "error": false, "notice": false});
        let n = self.tell(run, delivery).await;
        let delivered = self.expect("turn.delivered").await;
        assert_eq!(
            (&delivered["turn"], &delivered["n"]),
            (&run.frame["turn"], &json!(n))
        );
        self.tell(run, json!({"kind": "done"})).await;
    }
}

/// A turn that was taken.
pub(crate) struct Run {
    pub(crate) frame: Value,
    /// Events that were told.
    pub(crate) n: u64,
}
