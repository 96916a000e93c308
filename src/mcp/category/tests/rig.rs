//! A scripted server, scripted bots, and a clock that stands until it is told to move.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use crate::clock::ManualClock;
use crate::config::{Account, Config, LiveConfig};
use crate::identity::Identity;
use crate::ids::AccountId;
use crate::interceptors::{Answer, CategoryServers, ToolCall, ToolError};
use crate::mcp::category::Servers;
use crate::task;
use crate::wecom::bot::{Ack, BotError, Bots, Command, ErrorCode, Refusal, SendError};

/// What must never be seen in a log.
pub(super) const KEY: &str = "K3Y-OF-THE-BOT";

/// Longer than anything takes on a busy machine; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    /// How many requests of the same JSON-RPC method came before.
    pub(super) nth: usize,
}

impl Seen {
    pub(super) fn rpc(&self) -> &str {
        match self.method {
            Method::DELETE => "DELETE",
            _ => self.body["method"].as_str().unwrap_or("(reply)"),
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

type Script = dyn Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync;

/// A server that does what a script says.
pub(super) struct Mock {
    pub(super) base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tracker: TaskTracker,
}

impl Mock {
    pub(super) async fn start(
        script: impl Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync + 'static,
    ) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let seen = Arc::new(Mutex::new(Vec::<Seen>::new()));
        let log = seen.clone();
        let app = axum::Router::new()
            .fallback(
                move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                    let (script, log) = (script.clone(), log.clone());
                    async move {
                        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
                        let mut request = Seen {
                            method,
                            uri,
                            headers,
                            body,
                            nth: 0,
                        };
                        {
                            let mut log = log.lock().unwrap();
                            let before = log.iter().filter(|seen| seen.rpc() == request.rpc());
                            request.nth = before.count();
                            log.push(request.clone());
                        }
                        script(request).await
                    }
                },
            )
            .layer(axum::extract::DefaultBodyLimit::disable());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let tracker = TaskTracker::new();
        task::spawn(&tracker, "mock", async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self {
            base,
            seen,
            _tracker: tracker,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("{}/mcp/robot-todo?apikey={KEY}", self.base)
    }

    /// What was asked, in order, as JSON-RPC methods.
    pub(super) fn asked(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|seen| seen.rpc().to_owned()).collect()
    }

    pub(super) fn count(&self, rpc: &str) -> usize {
        self.asked().iter().filter(|asked| *asked == rpc).count()
    }

    pub(super) fn seen(&self, rpc: &str) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.rpc() == rpc)
            .cloned()
            .collect()
    }
}

/// Answers synchronously.
pub(super) fn at_once(
    script: impl Fn(&Seen) -> Response + Send + Sync + 'static,
) -> impl Fn(Seen) -> BoxFuture<'static, Response> + Send + Sync + 'static {
    move |seen| {
        let response = script(&seen);
        async move { response }.boxed()
    }
}

/// A JSON-RPC result.
pub(super) fn result(seen: &Seen, result: &Value) -> Response {
    json_body(&json!({"jsonrpc": "2.0", "id": seen.body["id"], "result": result}))
}

/// A JSON-RPC error.
pub(super) fn rpc_error(seen: &Seen, code: i64, message: &str) -> Response {
    let error = json!({"code": code, "message": message});
    json_body(&json!({"jsonrpc": "2.0", "id": seen.body["id"], "error": error}))
}

fn json_body(body: &Value) -> Response {
    Response::builder()
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap()
}

pub(super) fn status(status: u16) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .body(Body::from("<html>no</html>"))
        .unwrap()
}

pub(super) fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// A business answer.
pub(super) fn business(seen: &Seen, business: &Value) -> Response {
    let item = json!({"type": "text", "text": business.to_string()});
    result(seen, &json!({"content": [item], "isError": false}))
}

/// What a stateless server says: anything but a call is fine.
pub(super) fn stateless(seen: &Seen) -> Response {
    match seen.rpc() {
        "initialize" => result(seen, &json!({})),
        "tools/call" => business(seen, &json!({"errcode": 0, "errmsg": "ok"})),
        "tools/list" => result(seen, &json!({"tools": [{"name": "get_things"}]})),
        _ => status(202),
    }
}

/// The same with sessions `s0`, `s1`, ...
pub(super) fn stateful(seen: &Seen) -> Response {
    let said = stateless(seen);
    if seen.rpc() == "initialize" {
        return with_header(said, "mcp-session-id", &format!("s{}", seen.nth));
    }
    said
}

/// Bots that say where servers are as they were told.
pub(super) struct FakeBots {
    answers: Mutex<VecDeque<Result<Value, BotError>>>,
    pub(super) asked: AtomicUsize,
    changes: broadcast::Sender<AccountId>,
    /// How long each answer takes, in milliseconds.
    pub(super) delay_ms: AtomicUsize,
}

impl FakeBots {
    /// Bots that give these answers in turn, the last one for ever.
    pub(super) fn saying(answers: impl IntoIterator<Item = Result<Value, BotError>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: AtomicUsize::new(0),
            changes: broadcast::Sender::new(8),
            delay_ms: AtomicUsize::new(0),
        })
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn change(&self, account: &str) {
        self.changes.send(account.into()).unwrap();
    }
}

// What they say holds the key.
impl std::fmt::Debug for FakeBots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeBots")
    }
}

#[async_trait]
impl Bots for FakeBots {
    async fn send(&self, _: &AccountId, command: Command) -> Result<Ack, BotError> {
        assert!(matches!(command, Command::McpConfig { .. }));
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = {
            let mut answers = self.answers.lock().unwrap();
            let only = answers.len() == 1;
            if only {
                answers[0].clone()
            } else {
                answers.pop_front().unwrap()
            }
        };
        let delay = self.delay_ms.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(delay as u64)).await;
        Ok(Ack {
            req_id: "mcp_config_1_00000000".into(),
            body: Some(answer?),
        })
    }

    fn changes(&self) -> broadcast::Receiver<AccountId> {
        self.changes.subscribe()
    }
}

pub(super) fn at(url: &str) -> Result<Value, BotError> {
    Ok(json!({"url": url, "type": "streamable-http", "is_authed": true}))
}

pub(super) fn refused(code: i64, message: &str) -> Result<Value, BotError> {
    Err(BotError::Send(SendError::Refused(Refusal {
        code: ErrorCode::new(code),
        message: message.to_owned(),
    })))
}

/// The client, its surroundings, and a clock that stands still: Tokio moves a paused clock
/// only when nothing blocks, and the sockets of these tests are real.
pub(super) struct Rig {
    pub(super) servers: Servers,
    pub(super) config: LiveConfig,
    _hold: mpsc::Sender<()>,
}

impl Rig {
    pub(super) fn new(bots: &Arc<FakeBots>) -> Self {
        let (hold, held) = mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || held.recv().is_err()));
        let home = Path::new("/nowhere");
        let mut config = Config::unconfigured(home);
        let account = Account::unconfigured("default".into(), home);
        config.accounts = BTreeMap::from([(account.id.clone(), account)]);
        let config = LiveConfig::new(config);
        let clock = ManualClock::at(1_785_400_000_000);
        Self {
            servers: Servers::new(config.clone(), bots.clone(), clock),
            config,
            _hold: hold,
        }
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Account)) {
        let mut config = Config::clone(&self.config.get());
        change(config.accounts.get_mut(&"default".into()).unwrap());
        self.config.replace(config);
    }

    pub(super) async fn call(&self, user: Option<&str>, method: &str) -> Result<Answer, ToolError> {
        self.servers.call(&call(user, method)).await
    }

    /// A call of a class that may be repeated.
    pub(super) async fn read(&self) -> Result<Answer, ToolError> {
        self.call(Some("zhangsan"), "get_things").await
    }

    /// A call that may not.
    pub(super) async fn write(&self) -> Result<Answer, ToolError> {
        let args = json!({"todo_id": "t1"});
        let mut call = call(Some("zhangsan"), "unheard_of");
        call.args = args.as_object().unwrap().clone();
        self.servers.call(&call).await
    }
}

pub(super) fn identity(user: Option<&str>) -> Arc<Identity> {
    Arc::new(Identity::of_operator(
        "default".into(),
        user.map(Into::into),
    ))
}

pub(super) fn call(user: Option<&str>, method: &str) -> ToolCall {
    ToolCall::new(identity(user), "todo", method, Map::new())
}

/// A client whose bot names `mock`.
pub(super) async fn start(
    script: impl Fn(&Seen) -> Response + Send + Sync + 'static,
) -> (Rig, Mock, Arc<FakeBots>) {
    let mock = Mock::start(at_once(script)).await;
    let bots = FakeBots::saying([at(&mock.url())]);
    (Rig::new(&bots), mock, bots)
}

/// Waits, in real time, until something holds.
pub(super) async fn until(mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "it does not come about");
        breathe().await;
    }
}

/// Lets the clock run ten times as fast as the wall's until the future is done.
pub(super) async fn hurrying<T>(future: impl Future<Output = T>) -> T {
    tokio::pin!(future);
    loop {
        tokio::select! {
            biased;
            done = &mut future => return done,
            () = breathe() => tokio::time::advance(Duration::from_millis(50)).await,
        }
    }
}

/// Lets every task do what it can do by itself.
pub(super) async fn settle() {
    for _ in 0..3 {
        breathe().await;
    }
}

/// A moment for the sockets.
async fn breathe() {
    tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5)))
        .await
        .unwrap();
}
