//! A frame on its way out, and the caller who waits for it.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{Ack, SendError, StreamUpdate};
use crate::ids::ReqId;

/// One frame, from its caller to its acknowledgement.
#[derive(Debug)]
pub(super) struct Outbound {
    pub(super) req_id: ReqId,
    pub(super) command: &'static str,
    pub(super) text: Utf8Bytes,
    pub(super) ack_timeout: Duration,
    /// Whether the caller also waits for an acknowledgement that comes after the time-out.
    pub(super) awaits_late_ack: bool,
    /// Whether the frame was written before, on a connection that had lost its subscription.
    pub(super) is_retry: bool,
    pub(super) reply: Reply,
}

/// The caller's end.
#[derive(Debug)]
pub(super) enum Reply {
    /// Waits in line.
    Ack(oneshot::Sender<Result<Ack, SendError>>),
    /// Would rather be skipped than wait in line.
    Update(oneshot::Sender<Result<StreamUpdate, SendError>>),
}

impl Outbound {
    /// Tells the caller how it went. A caller who is gone does not mind.
    pub(super) fn settle(self, result: Result<Ack, SendError>) {
        match self.reply {
            Reply::Ack(caller) => drop(caller.send(result)),
            Reply::Update(caller) => drop(caller.send(result.map(StreamUpdate::Acked))),
        }
    }

    /// Whether the caller has dropped its future: a frame that is not written yet must not
    /// be written then.
    pub(super) fn is_abandoned(&self) -> bool {
        match &self.reply {
            Reply::Ack(caller) => caller.is_closed(),
            Reply::Update(caller) => caller.is_closed(),
        }
    }
}
