//! The handle of a connection.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{
    Ack, BotSettings, Command, ConnectionState, PushFrame, SendError, StreamFrame, connection,
};
use crate::clock::SharedClock;
use crate::ids::ReqId;
use crate::task;

/// Pushes that wait for the receiver. It only records and hands on, so a longer queue
/// would hide that it is stuck; when full, the socket is not read.
const PUSH_CAPACITY: usize = 256;

/// A handle of one bot's connection; cheap to clone.
#[derive(Debug, Clone)]
pub struct BotClient {
    state: watch::Receiver<ConnectionState>,
    resume: Arc<Notify>,
    cancel: CancellationToken,
}

/// What became of an intermediate stream frame.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StreamUpdate {
    /// WeCom took it.
    Acked(Ack),
    /// Not sent, because an earlier frame of the same `req_id` is not acknowledged yet. The
    /// next frame carries the whole text anyway.
    Skipped,
}

impl BotClient {
    /// Starts the one task that owns the socket; it reconnects by itself until `cancel` or
    /// [`close`](Self::close).
    ///
    /// Pushes arrive on the receiver. It is bounded: when it is full, the socket is not
    /// read until there is room. Dropping it closes the connection.
    pub fn start(
        settings: BotSettings,
        clock: SharedClock,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> (Self, mpsc::Receiver<PushFrame>) {
        let (pushes, received) = mpsc::channel(PUSH_CAPACITY);
        let (publish, state) = watch::channel(ConnectionState::Connecting { attempt: 1 });
        let client = Self {
            state,
            resume: Arc::default(),
            cancel: cancel.clone(),
        };
        task::spawn(
            tracker,
            "bot connection",
            connection::run(settings, clock, pushes, publish, cancel),
        );
        (client, received)
    }

    /// Queues the command behind earlier ones with the same `req_id` and waits for WeCom's
    /// acknowledgement.
    ///
    /// Dropping the future takes the frame back if it was not written yet.
    #[expect(clippy::unused_async, reason = "the socket comes with the next commit")]
    pub async fn send(&self, _command: Command) -> Result<Ack, SendError> {
        Err(SendError::NotConnected)
    }

    /// Sends an intermediate stream frame, unless an earlier frame of the same `req_id` is
    /// still on its way.
    #[expect(clippy::unused_async, reason = "the socket comes with the next commit")]
    pub async fn update_stream(
        &self,
        _req_id: &ReqId,
        _frame: StreamFrame,
    ) -> Result<StreamUpdate, SendError> {
        Err(SendError::NotConnected)
    }

    /// What the connection is doing, and every change of it.
    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.state.clone()
    }

    /// The operator's way back from [`ConnectionState::Kicked`] and
    /// [`ConnectionState::AuthFailed`]; cuts a pause short in other states and does nothing
    /// while the connection is live.
    pub fn resume(&self) {
        self.resume.notify_one();
    }

    /// Closes the connection for good and waits until that is done, a few seconds at most.
    pub async fn close(&self) {
        self.cancel.cancel();
        let mut state = self.state.clone();
        // An error means that the task is gone, which is closed as well.
        let _ = state
            .wait_for(|state| matches!(state, ConnectionState::Closed))
            .await;
    }
}
