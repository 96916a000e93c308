//! The way of pushes to whoever works on them.

use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};

use tokio::time::timeout;

use super::PushFrame;

/// How long the receiver may take to make room for the last push.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The bounded way out for pushes, and the one push that found it full. As long as there is
/// one, the socket is not read. It outlives connections: what came in is handed on.
#[derive(Debug)]
pub(super) struct Inbox {
    receiver: mpsc::Sender<PushFrame>,
    parked: Option<PushFrame>,
}

/// The receiver is gone: nobody wants pushes any more.
#[derive(Debug)]
pub(super) struct Gone;

impl Inbox {
    pub(super) fn new(receiver: mpsc::Sender<PushFrame>) -> Self {
        Self {
            receiver,
            parked: None,
        }
    }

    /// Whether the socket may be read.
    pub(super) fn has_room(&self) -> bool {
        self.parked.is_none()
    }

    /// Hands a push on, or keeps it until there is room.
    pub(super) fn offer(&mut self, frame: PushFrame) {
        match self.receiver.try_send(frame) {
            Ok(()) => {}
            // The latter is noticed by `attend`, which says so.
            Err(TrySendError::Full(frame) | TrySendError::Closed(frame)) => {
                tracing::warn!("pushes come faster than they are recorded; reading pauses");
                self.parked = Some(frame);
            }
        }
    }

    /// Hands a parked push on before the connection ends for good, if that takes no longer
    /// than [`DRAIN_TIMEOUT`].
    pub(super) async fn drain(&mut self) {
        if self.parked.is_some() {
            // What matters is whether it is gone.
            let _ = timeout(DRAIN_TIMEOUT, self.attend()).await;
        }
        if let Some(frame) = self.parked.take() {
            let req_id = &frame.push.envelope().req_id;
            tracing::warn!(%req_id, "lost a push that nobody took before the connection closed");
        }
    }

    /// Resolves when a parked push has been handed on, or when the receiver is gone.
    ///
    /// Cancel safe: the parked push stays.
    pub(super) async fn attend(&mut self) -> Result<(), Gone> {
        if self.parked.is_none() {
            self.receiver.closed().await;
            return Err(Gone);
        }
        let room = self.receiver.reserve().await.map_err(|_| Gone)?;
        if let Some(frame) = self.parked.take() {
            room.send(frame);
        }
        Ok(())
    }
}
