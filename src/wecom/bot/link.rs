//! One open WebSocket.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::dial::{Transport, step};
use super::{Cause, ConnectStep};

/// Largest inbound frame, in bytes. WeCom states none; messages have been seen to carry
/// pictures inline, so 16 MiB have to fit. A larger frame costs the connection, not the
/// process.
pub const MAX_FRAME_BYTES: usize = 24 << 20;

/// Buffers kept per connection. A text message fits a read; larger frames grow the buffer
/// while they last.
const READ_BUFFER_BYTES: usize = 16 << 10;
const WRITE_BUFFER_BYTES: usize = 64 << 10;

/// How long written bytes may stay with us. The largest frame, an upload chunk of 700 kB,
/// gets through in that time at 30 kB/s.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a close frame may take to leave.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Link {
    socket: WebSocketStream<Transport>,
    unflushed_since: Option<Instant>,
}

/// What happened on the socket.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// Everything written so far has left.
    Flushed,
    /// A message came in. Never a close frame.
    Message(Message),
    /// The socket is of no more use.
    Ended(Cause),
}

impl Link {
    /// Does the WebSocket handshake.
    pub(super) async fn open(transport: Transport, url: &str) -> Result<Self, Cause> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let handshake = client_async_with_config(url, transport, Some(config));
        let (socket, _) = step(ConnectStep::WebSocket, Box::pin(handshake)).await?;
        Ok(Self {
            socket,
            unflushed_since: None,
        })
    }

    /// Hands a frame to the socket. It leaves while [`event`](Self::event) is awaited.
    pub(super) fn write(&mut self, text: Utf8Bytes) -> Result<(), Cause> {
        self.unflushed_since.get_or_insert_with(Instant::now);
        self.socket
            .start_send_unpin(Message::Text(text))
            .map_err(cause)
    }

    /// Whether everything written has left.
    pub(super) fn is_flushed(&self) -> bool {
        self.unflushed_since.is_none()
    }

    /// When the other side has taken too long to take what was written.
    pub(super) fn write_deadline(&self) -> Option<Instant> {
        self.unflushed_since.map(|since| since + WRITE_TIMEOUT)
    }

    /// Moves bytes out, and in if `reading`, until something is to be told.
    ///
    /// Cancel safe: nothing is taken out of the socket without being returned.
    pub(super) async fn event(&mut self, reading: bool) -> LinkEvent {
        poll_fn(|cx| {
            if self.unflushed_since.is_some() {
                match self.socket.poll_flush_unpin(cx) {
                    Poll::Ready(Ok(())) => {
                        self.unflushed_since = None;
                        return Poll::Ready(LinkEvent::Flushed);
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(LinkEvent::Ended(cause(error))),
                    Poll::Pending => {}
                }
            }
            if !reading {
                return Poll::Pending;
            }
            self.socket.poll_next_unpin(cx).map(|next| match next {
                Some(Ok(Message::Close(frame))) => {
                    // Sends the close frame's answer, if there is room for it.
                    let _ = self.socket.poll_flush_unpin(cx);
                    LinkEvent::Ended(Cause::ClosedByPeer {
                        code: frame.map(|frame| frame.code.into()),
                    })
                }
                Some(Ok(message)) => LinkEvent::Message(message),
                Some(Err(error)) => LinkEvent::Ended(cause(error)),
                None => LinkEvent::Ended(Cause::ClosedByPeer { code: None }),
            })
        })
        .await
    }

    /// Begins the closing handshake; the answer is a [`LinkEvent::Ended`].
    pub(super) fn start_close(&mut self) -> Result<(), Cause> {
        self.unflushed_since.get_or_insert_with(Instant::now);
        self.socket
            .start_send_unpin(Message::Close(None))
            .map_err(cause)
    }

    /// Says goodbye without waiting for an answer.
    pub(super) async fn leave(mut self) {
        // The socket is dropped next, whatever came of it.
        let _ = timeout(GOODBYE_TIMEOUT, self.socket.send(Message::Close(None))).await;
    }
}

fn cause(error: Error) -> Cause {
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            Cause::ClosedByPeer { code: None }
        }
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => Cause::FrameTooLarge {
            size_bytes: size,
            limit_bytes: max_size,
        },
        other => Cause::Broken(other.to_string()),
    }
}
