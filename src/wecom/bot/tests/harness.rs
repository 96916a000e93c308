//! A client whose connections end in the test's hands.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::ManualClock;
use crate::config::{BotSocket, SocketTiming, TlsFiles};
use crate::wecom::bot::dial::{Dial, Transport};
use crate::wecom::bot::{
    BotClient, BotSettings, Cause, Command, ConnectStep, ConnectionState, MessageBody, PushFrame,
    StreamFrame,
};

/// The time of day in these tests.
pub(super) const NOW_MS: i64 = 1_767_225_600_000;

/// Bytes between client and peer that nobody has read yet; more is a stalled link.
const PIPE_BYTES: usize = 256 << 10;

/// A started client and the other end of all its connections.
pub(super) struct Rig {
    pub(super) client: BotClient,
    pub(super) pushes: mpsc::Receiver<PushFrame>,
    pub(super) tracker: TaskTracker,
    pub(super) cancel: CancellationToken,
    dials: mpsc::UnboundedReceiver<Call>,
}

/// The client wants a connection.
pub(super) struct Call {
    /// When it did.
    pub(super) at: Instant,
    answer: oneshot::Sender<Result<Transport, Cause>>,
}

/// One accepted connection.
pub(super) struct Peer {
    socket: WebSocketStream<DuplexStream>,
}

struct Switchboard(mpsc::UnboundedSender<Call>);

impl Dial for Switchboard {
    async fn dial(&mut self) -> Result<Transport, Cause> {
        let (answer, answered) = oneshot::channel();
        let at = Instant::now();
        self.0.send(Call { at, answer }).unwrap();
        match answered.await {
            Ok(answer) => answer,
            // The test does not care: nobody ever picks up.
            Err(_) => std::future::pending().await,
        }
    }
}

pub(super) fn socket_config() -> BotSocket {
    BotSocket {
        bot_id: "aibTEST".into(),
        secret: "s3cr3t-value".into(),
        url: "ws://localhost/".parse().unwrap(),
        tls: TlsFiles::default(),
        proxy: None,
        timing: SocketTiming::default(),
        compat_version: Some("2026.4.29".to_owned()),
        reclaim: None,
    }
}

impl Rig {
    pub(super) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(super) fn start_with(change: impl FnOnce(&mut BotSocket)) -> Self {
        let mut config = socket_config();
        change(&mut config);
        let settings = BotSettings::load("default".into(), &config).unwrap();
        let (call, dials) = mpsc::unbounded_channel();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let clock = ManualClock::at(NOW_MS);
        let (client, pushes) =
            BotClient::start_over(Switchboard(call), settings, clock, &tracker, &cancel);
        Self {
            client,
            pushes,
            tracker,
            cancel,
            dials,
        }
    }

    /// A client that is subscribed already.
    pub(super) async fn live() -> (Self, Peer) {
        Self::live_with(|_| {}).await
    }

    pub(super) async fn live_with(change: impl FnOnce(&mut BotSocket)) -> (Self, Peer) {
        let mut rig = Self::start_with(change);
        let peer = rig.subscribed().await;
        (rig, peer)
    }

    /// The client's next attempt to connect.
    pub(super) async fn call(&mut self) -> Call {
        self.dials.recv().await.unwrap()
    }

    /// Accepts the next attempt and the subscribe.
    pub(super) async fn subscribed(&mut self) -> Peer {
        let mut peer = self.call().await.accept().await;
        let subscribe = peer.recv().await;
        assert_eq!(subscribe["cmd"], "aibot_subscribe");
        peer.ack(&subscribe).await;
        self.state(ConnectionState::is_live).await;
        peer
    }

    /// Accepts the next attempt and answers the subscribe with an error.
    pub(super) async fn refused(&mut self, code: i64) -> Call {
        let mut call = self.call().await;
        let at = call.at;
        let (answer, _) = oneshot::channel();
        let mut peer = Call {
            at,
            answer: std::mem::replace(&mut call.answer, answer),
        }
        .accept()
        .await;
        let subscribe = peer.recv().await;
        peer.refuse(&subscribe, code, "invalid bot_id or secret")
            .await;
        peer.closed().await;
        call
    }

    /// Waits for a state.
    pub(super) async fn state(&self, wanted: impl Fn(&ConnectionState) -> bool) -> ConnectionState {
        let mut state = self.client.state();
        let found = timeout(
            Duration::from_hours(1),
            state.wait_for(|state| wanted(state)),
        )
        .await;
        found.expect("the state comes").unwrap().clone()
    }

    /// Whether the client stays away for a day.
    pub(super) async fn stays_away(&mut self) -> bool {
        timeout(Duration::from_hours(24), self.dials.recv())
            .await
            .is_err()
    }

    /// Runs `send` in the background.
    pub(super) fn send(&self, command: Command) -> JoinHandle<Sent> {
        let client = self.client.clone();
        self.spawn(async move { client.send(command).await })
    }

    /// Runs `update_stream` in the background.
    pub(super) fn update(&self, req_id: &str, content: &str) -> JoinHandle<Updated> {
        let client = self.client.clone();
        let (req_id, frame) = (req_id.into(), stream_frame(content, false));
        self.spawn(async move { client.update_stream(&req_id, frame).await })
    }

    #[expect(clippy::disallowed_methods, reason = "the test awaits the handle")]
    fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.tracker.spawn(future)
    }
}

pub(super) type Sent = Result<crate::wecom::bot::Ack, crate::wecom::bot::SendError>;
pub(super) type Updated = Result<crate::wecom::bot::StreamUpdate, crate::wecom::bot::SendError>;

impl Call {
    pub(super) async fn accept(self) -> Peer {
        let (ours, theirs) = duplex(PIPE_BYTES);
        self.answer.send(Ok(Box::new(theirs))).ok().unwrap();
        Peer {
            socket: accept_async(ours).await.unwrap(),
        }
    }

    pub(super) fn fail(self, step: ConnectStep) -> Instant {
        let cause = Cause::Connect {
            step,
            detail: "scripted".to_owned(),
        };
        self.answer.send(Err(cause)).ok().unwrap();
        self.at
    }
}

impl Peer {
    /// The client's next frame.
    pub(super) async fn recv(&mut self) -> Value {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The client's next frame, asserting its `req_id` and returning its stream or markdown
    /// text.
    pub(super) async fn recv_text(&mut self) -> String {
        let frame = self.recv().await;
        let body = &frame["body"];
        let content = body["stream"]["content"]
            .as_str()
            .or(body["markdown"]["content"].as_str());
        content.unwrap_or_else(|| panic!("{frame}")).to_owned()
    }

    /// Whether the client sends nothing for `seconds`.
    pub(super) async fn hears_nothing_for(&mut self, seconds: u64) -> bool {
        timeout(Duration::from_secs(seconds), self.socket.next())
            .await
            .is_err()
    }

    /// Acknowledges `frame`.
    pub(super) async fn ack(&mut self, frame: &Value) {
        let ack = json!({"headers": frame["headers"], "errcode": 0, "errmsg": "ok"});
        self.say(&ack.to_string()).await;
    }

    /// Acknowledges something with `req_id`.
    pub(super) async fn ack_id(&mut self, req_id: &str) {
        self.ack(&json!({"headers": {"req_id": req_id}})).await;
    }

    /// Answers `frame` with an error.
    pub(super) async fn refuse(&mut self, frame: &Value, code: i64, message: &str) {
        let answer = json!({"headers": frame["headers"], "errcode": code, "errmsg": message});
        self.say(&answer.to_string()).await;
    }

    /// Pushes a text message.
    pub(super) async fn push_text(&mut self, req_id: &str, content: &str) {
        let push = json!({"cmd": "aibot_msg_callback", "headers": {"req_id": req_id},
            "body": {"msgid": req_id, "msgtype": "text", "text": {"content": content}}});
        self.say(&push.to_string()).await;
    }

    /// Pushes an event.
    pub(super) async fn push_event(&mut self, event: &str) {
        let push = json!({"cmd": "aibot_event_callback", "headers": {"req_id": "ev-1"},
            "body": {"msgtype": "event", "event": {"eventtype": event}}});
        self.say(&push.to_string()).await;
    }

    /// Sends a text frame.
    pub(super) async fn say(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    /// Sends anything.
    pub(super) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Reads until the client is gone; returns how many frames came before that.
    pub(super) async fn closed(&mut self) -> usize {
        let mut frames = 0;
        while let Some(Ok(message)) = self.socket.next().await {
            frames += usize::from(message.is_text());
        }
        frames
    }
}

/// A stream frame as a command for the push `req_id`.
pub(super) fn stream(req_id: &str, content: &str, finish: bool) -> Command {
    Command::RespondStream {
        req_id: req_id.into(),
        stream: stream_frame(content, finish),
    }
}

pub(super) fn stream_frame(content: &str, finish: bool) -> StreamFrame {
    StreamFrame {
        id: "stream_1".into(),
        finish,
        content: content.to_owned(),
        feedback_id: None,
    }
}

/// A reply to the push `req_id`.
pub(super) fn reply(req_id: &str, content: &str) -> Command {
    Command::Respond {
        req_id: req_id.into(),
        body: MessageBody::Markdown(content.to_owned()),
    }
}

/// A proactive message.
pub(super) fn proactive(content: &str) -> Command {
    Command::Send {
        chat: "lisi".into(),
        kind: None,
        body: MessageBody::Markdown(content.to_owned()),
    }
}

/// Lets everything that can happen now happen.
pub(super) async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

/// Asserts that `actual` is `seconds`, give or take the jitter.
#[track_caller]
pub(super) fn assert_near(actual: Duration, seconds: f64) {
    let actual = actual.as_secs_f64();
    assert!(
        actual >= seconds * 0.79 && actual <= seconds * 1.21 + 0.05,
        "{actual} s is not {seconds} s ± 20 %"
    );
}

/// The text of everything logged while `work` runs, on this thread.
pub(super) async fn logged(work: impl Future<Output = ()>) -> String {
    use std::io;
    use std::sync::{LazyLock, Mutex};

    use tracing::{Dispatch, Instrument};

    // With one subscriber alone, a log line that another test's thread reaches first would
    // be switched off for all of them.
    static SECOND: LazyLock<Dispatch> =
        LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    LazyLock::force(&SECOND);
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    work.in_current_span().await;
    drop(guard);
    let bytes = sink.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}
