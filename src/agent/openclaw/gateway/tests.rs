//! Against a gateway of our own, on a real socket, that behaves as the real one was seen to.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};
use tokio_util::sync::CancellationToken;

use super::{GatewayAgent, GatewayOptions};
use crate::agent::{Agent, AgentEvent, AgentFailure, FailureClass, TurnRequest};
use crate::identity::{Identity, TurnChat};
use crate::ids::{Chat, ChatKind};
use crate::secret::Secret;
use crate::session::{SessionKey, SessionScope};
use crate::store::RouteVia;

const PATIENCE: Duration = Duration::from_secs(10);

struct Gateway {
    listener: TcpListener,
}

/// The gateway's side of one connection.
struct Peer(WebSocketStream<TcpStream>);

impl Gateway {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    fn agent(&self, wait: Duration) -> GatewayAgent {
        let address = self.listener.local_addr().unwrap();
        GatewayAgent::new(GatewayOptions {
            url: format!("ws://{address}").parse().unwrap(),
            token: Secret::new("right-token".to_owned()),
            agent: Some("main".to_owned()),
            wait,
        })
    }

    async fn greeted(&self) -> (Peer, Value) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut peer = Peer(accept_async(stream).await.unwrap());
        peer.say(
            &json!({"type": "event", "event": "connect.challenge", "payload": {"nonce": "n"}}),
        )
        .await;
        let connect = peer.hear().await;
        (peer, connect)
    }

    async fn admitted(&self) -> Peer {
        let (mut peer, connect) = self.greeted().await;
        assert_eq!(connect["method"], "connect");
        assert_eq!(connect["params"]["auth"]["token"], "right-token");
        peer.answer(
            &connect,
            &json!({
                "type": "hello-ok", "protocol": 4, "server": {"version": "2026.9.6"},
                "features": {"methods": ["agent", "agent.wait", "chat.abort"]},
                "policy": {"maxPayload": 100_000, "tickIntervalMs": 1_000},
            }),
        )
        .await;
        peer
    }
}

impl Peer {
    async fn say(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn answer(&mut self, request: &Value, payload: &Value) {
        self.say(&json!({"type": "res", "id": request["id"], "ok": true, "payload": payload}))
            .await;
    }

    async fn refuse(&mut self, request: &Value, error: &Value) {
        self.say(&json!({"type": "res", "id": request["id"], "ok": false, "error": error}))
            .await;
    }

    async fn delta(&mut self, run: &str, text: &str) {
        let message = json!({"content": [{"type": "text", "text": text}]});
        self.say(&json!({"type": "event", "event": "chat",
            "payload": {"runId": run, "state": "delta", "message": message}}))
            .await;
    }

    async fn hear(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next());
            if let Message::Text(text) = message.await.expect("a frame").unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

fn turn(id: &str, text: &str) -> TurnRequest {
    let chat = Chat {
        account: "hq".into(),
        kind: ChatKind::Direct,
        id: "ZhangSan".into(),
    };
    TurnRequest {
        session: SessionKey::of_chat("main", &chat),
        identity: Arc::new(Identity::of_turn(
            "hq".into(),
            Some("ZhangSan".into()),
            TurnChat::Direct("ZhangSan".into()),
        )),
        chat,
        via: RouteVia::Bot,
        message_id: id.into(),
        text: text.to_owned(),
        quote: None,
        attachments: Vec::new(),
        may_command: false,
        earlier_attempts: 0,
    }
}

/// Runs a turn beside the test; its events come out of the channel.
fn begin(
    agent: &GatewayAgent,
    turn: TurnRequest,
) -> (mpsc::UnboundedReceiver<AgentEvent>, CancellationToken) {
    let cancel = CancellationToken::new();
    let mut events = agent.run(turn, cancel.clone());
    let (sender, receiver) = mpsc::unbounded_channel();
    let tracker = tokio_util::task::TaskTracker::new();
    crate::task::spawn(&tracker, "turn", async move {
        while let Some(event) = events.next().await {
            sender.send(event).ok();
        }
    });
    (receiver, cancel)
}

async fn next(events: &mut mpsc::UnboundedReceiver<AgentEvent>) -> Option<AgentEvent> {
    tokio::time::timeout(PATIENCE, events.recv())
        .await
        .expect("an event")
}

fn text(text: &str) -> AgentEvent {
    AgentEvent::Text(text.to_owned())
}

fn ok(payloads: &Value) -> Value {
    json!({"status": "ok", "result": {"payloads": payloads}})
}

#[tokio::test]
async fn a_turn_grows_and_ends_with_its_last_words_and_files() {
    let gateway = Gateway::open().await;
    let agent = gateway.agent(PATIENCE);
    let (mut events, _cancel) = begin(&agent, turn("m1", "hi"));
    let mut peer = gateway.admitted().await;
    let request = peer.hear().await;
    assert_eq!(request["method"], "agent");
    let params = &request["params"];
    assert_eq!(params["message"], "hi");
    assert_eq!(params["idempotencyKey"], "m1");
    let key = params["sessionKey"].as_str().unwrap();
    assert!(
        key.starts_with("agent:main:wecom:hq:direct:zhangsan:"),
        "{key}"
    );
    peer.answer(&request, &json!({"runId": "m1", "status": "accepted"}))
        .await;
    peer.delta("m1", "I look.").await;
    assert_eq!(next(&mut events).await, Some(text("I look.")));
    peer.delta("other", "not ours").await;
    peer.delta("m1", "I look.\n\nFound").await;
    assert_eq!(next(&mut events).await, Some(text("\n\nFound")));
    peer.answer(
        &request,
        &ok(&json!([{"text": "Found two.", "mediaUrls": ["/a.png"]}])),
    )
    .await;
    assert_eq!(
        next(&mut events).await,
        Some(AgentEvent::Replace("Found two.".to_owned()))
    );
    assert_eq!(
        next(&mut events).await,
        Some(AgentEvent::Media("/a.png".to_owned()))
    );
    assert_eq!(next(&mut events).await, Some(AgentEvent::Done));
    assert_eq!(next(&mut events).await, None);

    // The next one goes the same way.
    let (mut events, _cancel) = begin(&agent, turn("m2", "again"));
    let request = peer.hear().await;
    peer.answer(&request, &ok(&json!([{"text": "Yes."}]))).await;
    assert_eq!(next(&mut events).await, Some(text("Yes.")));
}

#[tokio::test]
async fn a_stopped_turn_is_ended_over_there() {
    let gateway = Gateway::open().await;
    let agent = gateway.agent(PATIENCE);
    let (mut events, cancel) = begin(&agent, turn("m1", "hi"));
    let mut peer = gateway.admitted().await;
    let request = peer.hear().await;
    peer.delta("m1", "So").await;
    assert_eq!(next(&mut events).await, Some(text("So")));
    cancel.cancel();
    let abort = peer.hear().await;
    assert_eq!(abort["method"], "chat.abort");
    assert_eq!(abort["params"]["runId"], "m1");
    assert_eq!(
        abort["params"]["sessionKey"],
        request["params"]["sessionKey"]
    );
    assert_eq!(next(&mut events).await, None);
}

#[tokio::test]
async fn a_run_is_found_again_after_the_connection_was_lost() {
    let gateway = Gateway::open().await;
    let agent = gateway.agent(PATIENCE);
    let (mut events, _cancel) = begin(&agent, turn("m1", "hi"));
    let mut peer = gateway.admitted().await;
    peer.hear().await;
    peer.delta("m1", "Half").await;
    assert_eq!(next(&mut events).await, Some(text("Half")));
    drop(peer);
    let mut peer = gateway.admitted().await;
    let wait = peer.hear().await;
    assert_eq!(wait["method"], "agent.wait");
    peer.answer(&wait, &json!({"runId": "m1", "status": "timeout"}))
        .await;
    let wait = peer.hear().await;
    peer.answer(
        &wait,
        &json!({"status": "ok", "endedAt": 5, "terminalReply": {"text": "Half and half."}}),
    )
    .await;
    assert_eq!(next(&mut events).await, Some(text(" and half.")));
    assert_eq!(next(&mut events).await, Some(AgentEvent::Done));
}

#[tokio::test]
async fn a_run_that_a_restart_lost_is_begun_again_once() {
    let gateway = Gateway::open().await;
    let agent = gateway.agent(PATIENCE);
    let (mut events, _cancel) = begin(&agent, turn("m1", "hi"));
    let mut peer = gateway.admitted().await;
    peer.hear().await;
    drop(peer);
    let mut peer = gateway.admitted().await;
    let wait = peer.hear().await;
    let unknown = json!({"code": "INVALID_REQUEST", "message": "unknown run"});
    peer.refuse(&wait, &unknown).await;
    let again = peer.hear().await;
    assert_eq!(again["method"], "agent");
    assert_eq!(again["params"]["idempotencyKey"], "m1");
    drop(peer);
    let failed = next(&mut events).await;
    assert!(
        matches!(
            &failed,
            Some(AgentEvent::Failed(AgentFailure {
                class: FailureClass::Unreachable,
                ..
            }))
        ),
        "{failed:?}"
    );
}

#[tokio::test]
async fn refusals_say_what_to_do_and_are_not_repeated() {
    for (error, class, said) in [
        (
            json!({"code": "INVALID_REQUEST", "message": "bad", "details": {"code": "AUTH_TOKEN_MISMATCH"}}),
            FailureClass::Refused,
            "gateway.auth.token",
        ),
        (
            json!({"code": "NOT_PAIRED", "message": "no", "details": {"code": "DEVICE_IDENTITY_REQUIRED"}}),
            FailureClass::Refused,
            "loopback",
        ),
        (
            json!({"code": "INVALID_REQUEST", "message": "x", "details": {"code": "PROTOCOL_MISMATCH"}}),
            FailureClass::Refused,
            "2026.6",
        ),
    ] {
        let gateway = Gateway::open().await;
        let agent = gateway.agent(PATIENCE);
        let (mut events, _cancel) = begin(&agent, turn("m1", "hi"));
        let (mut peer, connect) = gateway.greeted().await;
        peer.refuse(&connect, &error).await;
        let Some(AgentEvent::Failed(failure)) = next(&mut events).await else {
            panic!("{error}");
        };
        assert_eq!(failure.class, class);
        assert!(failure.detail.contains(said), "{}", failure.detail);
        assert!(!failure.detail.contains("right-token"));
    }
    for (error, class) in [
        (
            json!({"code": "UNAVAILABLE", "message": "model failed"}),
            FailureClass::Broken,
        ),
        (
            json!({"code": "UNAVAILABLE", "message": "busy", "retryable": true}),
            FailureClass::Busy,
        ),
        (
            json!({"code": "FORBIDDEN", "message": "no", "details": {"code": "MISSING_SCOPE"}}),
            FailureClass::Refused,
        ),
    ] {
        let gateway = Gateway::open().await;
        let agent = gateway.agent(PATIENCE);
        let (mut events, _cancel) = begin(&agent, turn("m1", "hi"));
        let mut peer = gateway.admitted().await;
        let request = peer.hear().await;
        peer.refuse(&request, &error).await;
        let Some(AgentEvent::Failed(failure)) = next(&mut events).await else {
            panic!("{error}");
        };
        assert_eq!(failure.class, class, "{error}");
    }
}

#[tokio::test]
async fn a_silent_gateway_is_left_and_an_absent_one_is_waited_for_in_vain() {
    let gateway = Gateway::open().await;
    let agent = gateway.agent(Duration::from_millis(300));
    let (mut events, _cancel) = begin(&agent, turn("m1", "hi"));
    let mut peer = gateway.admitted().await;
    peer.hear().await;
    // No tick comes for twice its interval: another connection is made.
    let mut second = gateway.admitted().await;
    let wait = second.hear().await;
    assert_eq!(wait["method"], "agent.wait");
    drop((peer, second, gateway));
    let failed = next(&mut events).await;
    assert!(
        matches!(
            &failed,
            Some(AgentEvent::Failed(AgentFailure {
                class: FailureClass::Unreachable,
                ..
            }))
        ),
        "{failed:?}"
    );
}

#[tokio::test]
async fn what_does_not_fit_a_frame_is_refused_here() {
    let gateway = Gateway::open().await;
    let agent = gateway.agent(PATIENCE);
    let (mut events, _cancel) = begin(&agent, turn("m1", &"x".repeat(200_000)));
    let _peer = gateway.admitted().await;
    let Some(AgentEvent::Failed(failure)) = next(&mut events).await else {
        panic!("no failure");
    };
    assert!(failure.detail.contains("TOO_LARGE"), "{}", failure.detail);
}

#[test]
fn sessions_that_differ_in_case_alone_stay_apart() {
    let key = |id: &str| {
        let session = SessionKey {
            agent: "main".to_owned(),
            scope: SessionScope::Group("hq".into(), id.into()),
        };
        super::prompt::session_key("main", &session)
    };
    assert_ne!(key("wrABC"), key("wrAbc"));
    assert_eq!(key("wrabc"), "agent:main:wecom:hq:group:wrabc");
    assert_eq!(key("wrABC").to_lowercase(), key("wrABC"));
}
