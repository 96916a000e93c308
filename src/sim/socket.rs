//! One bot connection: a reader that hands frames to the world and a writer that sends
//! what the world has put into the connection's queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};
use tokio_util::sync::CancellationToken;

use super::injection::RawFrame;
use super::rules;
use super::shared::Shared;
use super::world::{Arrival, Link, Outgoing};
use crate::task;

/// Takes an upgrade over.
pub(super) fn accept(shared: Arc<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(MESSAGE_MAX)
        .max_frame_size(MESSAGE_MAX)
        .on_upgrade(async move |socket| {
            let tasks = shared.tasks.clone();
            task::spawn(&tasks, "sim-socket", run(shared, socket));
        })
}

async fn run(shared: Arc<Shared>, socket: WebSocket) {
    let (queue, queued) = mpsc::channel(QUEUE);
    let cut = shared.stop.child_token();
    let link = Link {
        queue: queue.clone(),
        cut: cut.clone(),
    };
    let number = shared.world().connected(link);
    tracing::debug!(connection = number, "a bot's socket opened");
    let (sink, stream) = socket.split();
    let mut writer = Writer {
        sink,
        later: BTreeMap::new(),
        later_seq: 0,
        cut_at: None,
    };
    // Whichever ends first ends the other: both halves are dropped, and with them the
    // TCP connection.
    tokio::select! {
        () = cut.cancelled() => {}
        () = read(&shared, number, stream, queue) => {}
        () = writer.run(queued, &cut) => {}
    }
    shared.world().disconnected(number);
    tracing::debug!(connection = number, "a bot's socket ended");
}

/// Reads until the client goes. A frame is only taken when there is room for its ack, so
/// a client that does not read is not read from either.
async fn read(
    shared: &Shared,
    number: u64,
    mut stream: SplitStream<WebSocket>,
    queue: mpsc::Sender<Outgoing>,
) {
    loop {
        let Ok(place) = queue.reserve().await else {
            return;
        };
        let bytes = match stream.next().await {
            Some(Ok(Message::Text(text))) => axum::body::Bytes::from(text),
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_))) | None => return,
            Some(Err(error)) => {
                if is_violation(&error) {
                    let reason = format!("the WebSocket broke: {error}");
                    shared.world().broke(arrival(shared, number, 0), &reason);
                }
                return;
            }
        };
        let request = rules::parse(&bytes);
        let arrival = arrival(shared, number, bytes.len());
        shared.world().receive(arrival, request, place);
    }
}

/// A connection may be cut at any time; frames that are none are the client's fault.
fn is_violation(error: &axum::Error) -> bool {
    let cause = std::error::Error::source(error)
        .and_then(|cause| cause.downcast_ref::<tungstenite::Error>());
    match cause {
        Some(tungstenite::Error::Protocol(broken)) => {
            *broken != ProtocolError::ResetWithoutClosingHandshake
        }
        Some(tungstenite::Error::Capacity(_) | tungstenite::Error::Utf8(_)) => true,
        _ => false,
    }
}

fn arrival(shared: &Shared, connection: u64, weight: usize) -> Arrival {
    Arrival {
        connection,
        weight,
        at: shared.now(),
    }
}

/// Sends what is queued, and what is due.
struct Writer {
    sink: SplitSink<WebSocket, Message>,
    later: BTreeMap<(Instant, u64), Arc<str>>,
    later_seq: u64,
    cut_at: Option<Instant>,
}

impl Writer {
    async fn run(&mut self, mut queued: mpsc::Receiver<Outgoing>, cut: &CancellationToken) {
        loop {
            let due = self.later.keys().next().map(|(at, _)| *at);
            let next = [due, self.cut_at].into_iter().flatten().min();
            let timer = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let sent = tokio::select! {
                outgoing = queued.recv(), if self.later.len() < LATER_MAX => match outgoing {
                    Some(outgoing) => self.take(outgoing).await,
                    None => return,
                },
                () = timer => {
                    if self.cut_at.is_some_and(|at| at <= Instant::now()) {
                        cut.cancel();
                        return;
                    }
                    match self.later.pop_first() {
                        Some((_, frame)) => self.text(&frame).await,
                        None => Ok(()),
                    }
                }
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "a bot's socket cannot be written to");
                return;
            }
        }
    }

    async fn take(&mut self, outgoing: Outgoing) -> Result<(), axum::Error> {
        match outgoing {
            Outgoing::Frame(frame) => self.text(&frame).await,
            Outgoing::Later(frame, delay) => {
                self.later_seq += 1;
                self.later
                    .insert((Instant::now() + delay, self.later_seq), frame);
                Ok(())
            }
            Outgoing::Raw(RawFrame::Text(text)) => self.sink.send(Message::Text(text.into())).await,
            Outgoing::Raw(RawFrame::Binary(bytes)) => self.sink.send(Message::Binary(bytes)).await,
            Outgoing::CutAfter(delay) => {
                self.cut_at = Some(Instant::now() + delay);
                Ok(())
            }
        }
    }

    async fn text(&mut self, frame: &str) -> Result<(), axum::Error> {
        self.sink.send(Message::Text(frame.into())).await
    }
}

/// The service documents no maximum; this is the reference library's own.
const MESSAGE_MAX: usize = 64 * 1_024 * 1_024;
/// Frames that wait for a client that reads slowly: ten thousand pushes at once fit. A
/// push beyond it is not delivered; acks wait for room.
const QUEUE: usize = 16_384;
/// Acks that a fault delays; beyond it the queue behind them waits.
const LATER_MAX: usize = 4_096;
