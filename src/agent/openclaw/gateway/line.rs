//! A connection that is kept open, and what is under way on it.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::connection::Socket;
use super::error::GatewayError;
use super::frame::{Frame, Request, progress};
use super::handshake::Hello;

/// Requests that wait to be sent. Each turn sends one or two.
pub(super) const QUEUE: usize = 64;

/// Ticks without anything, after which a connection is dead.
const SILENT_TICKS: u32 = 2;

/// Something to be sent.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) params: Value,
    /// Where the last answer goes; one that only says "accepted" is not it.
    pub(super) answer: oneshot::Sender<Result<Value, GatewayError>>,
    /// Where the text of the run goes while it grows.
    pub(super) run: Option<Watched>,
}

/// A run whose text is watched.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) id: String,
    pub(super) text: watch::Sender<String>,
}

/// The task that owns the connection.
pub(super) struct Line {
    socket: Socket,
    hello: Hello,
    asked: mpsc::Receiver<Ask>,
    open: HashMap<String, oneshot::Sender<Result<Value, GatewayError>>>,
    /// Runs by their id, and the request that began each.
    runs: HashMap<String, (String, watch::Sender<String>)>,
    next_id: u64,
}

impl Line {
    pub(super) fn new(socket: Socket, hello: Hello, asked: mpsc::Receiver<Ask>) -> Self {
        Self {
            socket,
            hello,
            asked,
            open: HashMap::new(),
            runs: HashMap::new(),
            next_id: 0,
        }
    }

    /// Serves until the connection is lost or nobody can ask any more. Whatever is open then
    /// learns that it was lost.
    pub(super) async fn serve(mut self) {
        let silence = self.hello.tick.saturating_mul(SILENT_TICKS);
        let mut dead_at = Instant::now() + silence;
        let ended = loop {
            // Both branches are cancel safe; the timer is kept outside.
            tokio::select! {
                asked = self.asked.recv() => match asked {
                    Some(ask) => if let Err(error) = self.send(ask).await { break Some(error) },
                    None => break None,
                },
                frame = self.socket.next_frame() => {
                    dead_at = Instant::now() + silence;
                    match frame {
                        Ok(frame) => self.take(frame),
                        Err(error) => break Some(error),
                    }
                }
                () = tokio::time::sleep_until(dead_at) => {
                    break Some(GatewayError::Silent(silence));
                }
            }
        };
        match ended {
            Some(error) => tracing::warn!(%error, "the gateway's connection ended"),
            None => self.socket.close().await,
        }
    }

    async fn send(&mut self, ask: Ask) -> Result<(), GatewayError> {
        self.next_id += 1;
        let id = self.next_id.to_string();
        let text = Request::new(&id, ask.method, &ask.params).to_text();
        if text.len() > self.hello.max_payload {
            let message = format!(
                "the request is larger than {} bytes",
                self.hello.max_payload
            );
            let refused = GatewayError::Refused {
                code: "TOO_LARGE".to_owned(),
                message,
                retryable: false,
            };
            // Who asked may have gone.
            ask.answer.send(Err(refused)).ok();
            return Ok(());
        }
        if let Some(run) = ask.run {
            self.runs.insert(run.id, (id.clone(), run.text));
        }
        self.open.insert(id, ask.answer);
        self.socket.send(text).await
    }

    fn take(&mut self, frame: Frame) {
        match frame {
            Frame::Event { event, payload } => {
                if let Some(progress) = progress(&event, &payload)
                    && let Some((_, text)) = self.runs.get(&progress.run)
                {
                    text.send_replace(progress.text);
                }
            }
            Frame::Response {
                id,
                ok: true,
                payload,
                ..
            } => {
                let is_accepted = payload.get("status").and_then(Value::as_str) == Some("accepted");
                if !is_accepted {
                    self.answer(&id, Ok(payload));
                }
            }
            Frame::Response { id, error, .. } => self.answer(&id, Err(error.of_a_request())),
            Frame::Other => {}
        }
    }

    fn answer(&mut self, id: &str, answer: Result<Value, GatewayError>) {
        self.runs.retain(|_, (request, _)| request != id);
        if let Some(asked) = self.open.remove(id) {
            // Who asked may have gone.
            asked.send(answer).ok();
        }
    }
}

/// How long a short request may take.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
