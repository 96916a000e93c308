//! A server on a real port, and requests to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::channel::AccountState;
use wecom::clock::SystemClock;
use wecom::config::{Config, LiveConfig, McpClient, McpDelivery};
use wecom::ids::UserId;
use wecom::interceptors::{ErrorKind, ToolError};
use wecom::mcp::credentials::{Credentials, SessionCredentials};
use wecom::mcp::server::{AccountSummary, HttpParts, ServerParts, ToolRunner, http_service};
use wecom::mcp::tool::{CallContext, Confirmed, Question, ToolReply};
use wecom::secret::Secret;
use wecom::skills::{LiveSkills, Skills};
use wecom::store::SqliteStore;

use super::DEADLINE;

/// Token of a client that is bound to the member zhangsan.
pub(crate) const ZHANGSAN: &str = "token-of-zhangsan";
/// Token of a client that is bound to nobody.
pub(crate) const NOBODY: &str = "token-of-nobody";
/// Token of a client that may only read.
pub(crate) const READER: &str = "token-of-reader";
/// Token of a host that speaks for others.
pub(crate) const HOST: &str = "token-of-host";

/// Says what it was given; a few methods behave in a way of their own.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// Calls that were dropped before they had answered.
    pub(crate) dropped: Arc<AtomicUsize>,
    /// Calls that have begun.
    pub(crate) begun: AtomicUsize,
    /// Lets a call of the method `soon` go on.
    pub(crate) soon: Notify,
}

struct Unfinished(Option<Arc<AtomicUsize>>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(dropped) = &self.0 {
            dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl ToolRunner for Recorder {
    async fn run(&self, arguments: Map<String, Value>, context: CallContext) -> ToolReply {
        let mut unfinished = Unfinished(Some(self.dropped.clone()));
        self.begun.fetch_add(1, Ordering::SeqCst);
        let requester = context.identity.requester().map(UserId::to_string);
        let method = arguments
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        match method.as_str() {
            "never" => {
                for done in 1..=3 {
                    context.progress.tell(done, Some(10), "working");
                }
                std::future::pending::<()>().await;
            }
            "steps" => {
                for done in 1..=3 {
                    context.progress.tell(done, Some(3), "uploading");
                    tokio::task::yield_now().await;
                }
            }
            "soon" => self.soon.notified().await,
            _ => {}
        }
        unfinished.0 = None;
        let mut structured = json!({
            "ok": true,
            "account": context.identity.account().as_str(),
            "category": arguments.get("category").cloned().unwrap_or_default(),
            "method": method,
            "data": { "requester": requester, "arguments": arguments, "text": "引号 \" 和 <b>" },
        });
        match method.as_str() {
            "fail" => {
                let error = ToolError::new(ErrorKind::Authorization, "No.");
                structured["ok"] = false.into();
                structured["error"] = serde_json::to_value(error).unwrap();
            }
            "ask" => {
                let question = Question {
                    method: "todo.delete_todo".to_owned(),
                    action: "Delete a to-do".to_owned(),
                    object: None,
                };
                let said = context.confirm.ask(question).await;
                structured["ok"] = (said == Confirmed::Yes).into();
                structured["said"] = format!("{said:?}").into();
            }
            _ => {}
        }
        let Value::Object(structured) = structured else {
            unreachable!()
        };
        ToolReply {
            is_error: structured["ok"] == false,
            structured,
            items: Vec::new(),
        }
    }

    async fn accounts(&self) -> Result<Vec<AccountSummary>, ToolError> {
        let account = |id: &str| AccountSummary {
            account_id: id.to_owned(),
            state: AccountState::Connected,
        };
        Ok(vec![account("default"), account("somebody-elses")])
    }
}

fn client(id: &str, token: &str) -> McpClient {
    McpClient {
        id: id.to_owned(),
        token: Secret::new(token),
        account: None,
        accounts: Vec::new(),
        user: None,
        delegate: false,
        categories: Vec::new(),
        allow_methods: Vec::new(),
        deny_methods: Vec::new(),
        read_only: false,
        file_roots: Vec::new(),
        delivery: McpDelivery::Resource,
        calls_per_minute: 120,
    }
}

/// A configuration with the four clients above.
pub(crate) fn config() -> Config {
    let mut config = Config::unconfigured(Path::new("/nowhere"));
    config.mcp_server.clients = vec![
        McpClient {
            user: Some("zhangsan".into()),
            ..client("laptop", ZHANGSAN)
        },
        client("nobody", NOBODY),
        McpClient {
            read_only: true,
            categories: vec!["todo".to_owned()],
            ..client("reader", READER)
        },
        McpClient {
            delegate: true,
            ..client("host", HOST)
        },
    ];
    config
}

/// Credentials of a configuration, with nothing minted.
pub(crate) async fn credentials(config: &LiveConfig) -> Arc<Credentials> {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let clock = SystemClock::shared();
    let sessions = SessionCredentials::new();
    let loaded = Credentials::load(config.clone(), store, clock, sessions).await;
    Arc::new(loaded.unwrap())
}

/// A running server; it ends with this.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) runner: Arc<Recorder>,
    pub(crate) config: LiveConfig,
    client: reqwest::Client,
    stop: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The JSON-RPC messages of the body, be it JSON or a stream of events.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let kind = self
            .headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap());
        if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            self.text
                .lines()
                .filter_map(|line| line.strip_prefix("data:"))
                .filter(|data| !data.trim().is_empty())
                .map(|data| serde_json::from_str(data).unwrap())
                .collect()
        } else {
            vec![serde_json::from_str(&self.text).expect(&self.text)]
        }
    }

    /// The last message.
    pub(crate) fn message(&self) -> Value {
        self.messages().pop().unwrap()
    }

    pub(crate) fn session(&self) -> &str {
        self.headers["mcp-session-id"].to_str().unwrap()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(config()).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let runner = Arc::new(Recorder::default());
        let config = LiveConfig::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let app = http_service(HttpParts {
            server: ServerParts {
                runner: runner.clone(),
                skills: LiveSkills::fixed(Skills::built_in()),
                media: None,
                config: config.clone(),
            },
            credentials: credentials(&config).await,
            bind: config.get().gateway.bind,
            stop: stop.clone(),
            tracker: TaskTracker::new(),
        });
        wecom::task::spawn(
            &TaskTracker::new(),
            "server",
            wecom::http::serve(listener, app, stop.clone()),
        );
        Self {
            address,
            runner,
            config,
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(DEADLINE)
                .build()
                .unwrap(),
            stop,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// A `POST` with what every message has.
    pub(crate) fn post(&self, token: Option<&str>) -> reqwest::RequestBuilder {
        let request = self
            .client
            .post(self.url())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }

    /// A request of the revision without sessions.
    pub(crate) fn modern(
        &self,
        token: &str,
        method: &str,
        params: Value,
    ) -> reqwest::RequestBuilder {
        let name = params
            .get("name")
            .or_else(|| params.get("uri"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let mut request = self
            .post(Some(token))
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if let (Some(name), "tools/call" | "prompts/get" | "resources/read") = (name, method) {
            request = request.header("mcp-name", name);
        }
        request.json(&modern_body(method, params))
    }

    /// Its result, or its error.
    pub(crate) async fn ask(&self, token: &str, method: &str, params: Value) -> Value {
        let message = read(self.modern(token, method, params)).await.message();
        assert_eq!(message["id"], 1, "{message}");
        message
    }

    /// Begins a legacy session and returns its id.
    pub(crate) async fn session(&self, token: &str, version: &str) -> String {
        let answer = read(self.post(Some(token)).json(&initialize(version))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let session = answer.session().to_owned();
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let told = read(self.in_session(token, &session).json(&initialized)).await;
        assert_eq!(told.status, 202);
        session
    }

    pub(crate) fn in_session(&self, token: &str, session: &str) -> reqwest::RequestBuilder {
        self.post(Some(token)).header("mcp-session-id", session)
    }

    /// A call of the tool in a legacy session.
    pub(crate) async fn call(&self, token: &str, session: &str, method: &str) -> Value {
        let body = legacy_call(method, None);
        read(self.in_session(token, session).json(&body))
            .await
            .message()
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await.unwrap(),
    }
}

pub(crate) fn initialize(version: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "0"},
        },
    })
}

/// With the metadata that every request of the revision without sessions has.
pub(crate) fn modern_body(method: &str, mut params: Value) -> Value {
    if params.get("_meta").is_none() {
        params["_meta"] = json!({});
    }
    let meta = &mut params["_meta"];
    for (key, value) in [
        (
            "io.modelcontextprotocol/protocolVersion",
            json!("2026-07-28"),
        ),
        ("io.modelcontextprotocol/clientCapabilities", json!({})),
    ] {
        if meta.get(key).is_none() {
            meta[key] = value;
        }
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

pub(crate) fn call_params(method: &str) -> Value {
    json!({
        "name": "wecom_mcp",
        "arguments": {"action": "call", "category": "todo", "method": method},
    })
}

pub(crate) fn legacy_call(method: &str, progress: Option<&str>) -> Value {
    let mut params = call_params(method);
    if let Some(token) = progress {
        params["_meta"] = json!({"progressToken": token});
    }
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.expect(what);
}
