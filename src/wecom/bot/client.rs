//! The handle of a connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::connection::Connection;
use super::dial::{Dial, Network};
use super::inbox::Inbox;
use super::outbound::{Outbound, Reply};
use super::session::Ports;
use super::{Ack, BotSettings, Command, ConnectionState, PushFrame, SendError, StreamFrame};
use crate::clock::SharedClock;
use crate::ids::ReqId;
use crate::task;

/// Pushes that wait for the receiver. It only records and hands on, so a longer queue
/// would hide that it is stuck; when full, the socket is not read.
const PUSH_CAPACITY: usize = 256;

/// Commands between their callers and the task, which sorts them into lanes at once; when
/// full, callers wait a moment.
const REQUEST_CAPACITY: usize = 256;

/// A handle of one bot's connection; cheap to clone.
///
/// Dropping all handles does not close the connection: pushes go on arriving.
#[derive(Debug, Clone)]
pub struct BotClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    requests: mpsc::Sender<Outbound>,
    state: watch::Receiver<ConnectionState>,
    resume: Arc<Notify>,
    cancel: CancellationToken,
    clock: SharedClock,
    version: Option<String>,
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
    /// read until there is room, which also holds up acknowledgements, so whoever receives
    /// must not wait for one. Dropping the receiver closes the connection.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand their token over"
    )]
    pub fn start(
        settings: BotSettings,
        clock: SharedClock,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> (Self, mpsc::Receiver<PushFrame>) {
        let network = Network::new(&settings.server, settings.proxy.clone());
        Self::start_over(network, settings, clock, tracker, &cancel)
    }

    pub(super) fn start_over(
        dial: impl Dial,
        settings: BotSettings,
        clock: SharedClock,
        tracker: &TaskTracker,
        cancel: &CancellationToken,
    ) -> (Self, mpsc::Receiver<PushFrame>) {
        let (pushes, received) = mpsc::channel(PUSH_CAPACITY);
        let (requests, requested) = mpsc::channel(REQUEST_CAPACITY);
        let (publish, state) = watch::channel(ConnectionState::Connecting { attempt: 1 });
        let resume = Arc::<Notify>::default();
        // Closing this client is nobody else's affair.
        let cancel = cancel.child_token();
        let shared = Shared {
            requests,
            state,
            resume: resume.clone(),
            cancel: cancel.clone(),
            clock: clock.clone(),
            version: settings.compat_version.clone(),
        };
        let span = tracing::info_span!(
            "bot",
            account = %settings.account,
            bot_id = %settings.bot_id
        );
        let ports = Ports {
            clock,
            inbox: Inbox::new(pushes),
            requests: requested,
            cancel,
        };
        let connection = Connection::new(settings, dial, ports, publish, resume);
        task::spawn(tracker, "bot connection", connection.run().instrument(span));
        let client = Self {
            shared: Arc::new(shared),
        };
        (client, received)
    }

    /// Queues the command behind earlier ones with the same `req_id` and waits for WeCom's
    /// acknowledgement, for [`Command::ack_timeout`] from the moment it is written.
    ///
    /// The final frame of a stream waits 10 s longer: its lane goes on after the time-out,
    /// but an acknowledgement that comes late still tells whether the answer is out.
    ///
    /// Dropping the future takes the frame back if it was not written yet.
    ///
    /// # Errors
    /// [`SendError`] says whether the frame may have been delivered.
    pub async fn send(&self, command: Command) -> Result<Ack, SendError> {
        let (caller, settled) = oneshot::channel();
        self.submit(&command, Reply::Ack(caller)).await?;
        drop(command);
        // The task settles what it holds; it can only vanish by a panic, which is logged.
        settled.await.unwrap_or(Err(SendError::Unknown))
    }

    /// As [`send`](Self::send), but waits for a connection that is coming up or back, for
    /// `patience` at most. One that is parked or closed is not waited for.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_when_live(
        &self,
        command: Command,
        patience: Duration,
    ) -> Result<Ack, SendError> {
        let mut state = self.state();
        let settled = state.wait_for(|state| {
            state.is_live() || state.is_parked() || matches!(state, ConnectionState::Closed)
        });
        let is_live = matches!(
            tokio::time::timeout(patience, settled).await,
            Ok(Ok(state)) if state.is_live()
        );
        if !is_live {
            return Err(SendError::NotConnected);
        }
        self.send(command).await
    }

    /// Sends an intermediate stream frame, unless an earlier frame of the same `req_id` is
    /// still waiting for its turn or its acknowledgement.
    ///
    /// # Errors
    /// As [`send`](Self::send). Of [`SendError::Unknown`] nothing has to be done: the next
    /// frame replaces this one.
    pub async fn update_stream(
        &self,
        req_id: &ReqId,
        frame: StreamFrame,
    ) -> Result<StreamUpdate, SendError> {
        let command = Command::RespondStream {
            req_id: req_id.clone(),
            stream: frame,
        };
        let (caller, settled) = oneshot::channel();
        self.submit(&command, Reply::Update(caller)).await?;
        drop(command);
        settled.await.unwrap_or(Err(SendError::Unknown))
    }

    /// What the connection is doing, and every change of it.
    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.shared.state.clone()
    }

    /// The operator's way back from [`ConnectionState::Kicked`] and
    /// [`ConnectionState::AuthFailed`]; cuts a pause short in other states and does nothing
    /// while the connection is live.
    pub fn resume(&self) {
        self.shared.resume.notify_one();
    }

    /// Closes the connection for good and waits until that is done, a few seconds at most.
    pub async fn close(&self) {
        self.shared.cancel.cancel();
        let mut state = self.state();
        // An error means that the task is gone, which is closed as well.
        let _ = state
            .wait_for(|state| matches!(state, ConnectionState::Closed))
            .await;
    }

    async fn submit(&self, command: &Command, reply: Reply) -> Result<(), SendError> {
        let shared = &*self.shared;
        let req_id = command.req_id(shared.clock.now_ms());
        let outbound = Outbound {
            text: command.encode(&req_id, shared.version.as_deref()),
            req_id,
            command: command.name(),
            ack_timeout: command.ack_timeout(),
            awaits_late_ack: command.is_final(),
            is_retry: false,
            reply,
        };
        // Without a receiver the connection is closed for good.
        let sent = shared.requests.send(outbound).await;
        sent.map_err(|_| SendError::NotConnected)
    }
}
