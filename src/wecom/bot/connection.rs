//! The task that owns the socket.

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{BotSettings, ConnectionState, PushFrame};
use crate::clock::SharedClock;

/// Keeps the connection until `cancel`.
pub(super) async fn run(
    _settings: BotSettings,
    _clock: SharedClock,
    _pushes: mpsc::Sender<PushFrame>,
    publish: watch::Sender<ConnectionState>,
    cancel: CancellationToken,
) {
    cancel.cancelled().await;
    publish.send_replace(ConnectionState::Closed);
}
