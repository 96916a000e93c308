//! A runtime whose addresses are served, and somebody who calls them as WeCom does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use wecom::agent::Agent;
use wecom::channel::{Backends, Runtime};
use wecom::clock::{Clock, SystemClock};
use wecom::config::{AesKey, CallbackKeys, Config};
use wecom::sim::{CallbackPace, SeedApp, Sim, SimOptions};
use wecom::store::Store;
use wecom::wecom::callback::CallbackCipher;

use crate::support::agents::{self, Turns};
use crate::support::{configuration, open_store, start};

pub(crate) const TOKEN: &str = "canaryTokenA";
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(crate) const OTHER_TOKEN: &str = "canaryTokenB";
pub(crate) const OTHER_KEY: &str = "kX3vN8pQ2rT5wY7zA1bC4dE6fG9hJ0kL3mN5pR8sU2X";
pub(crate) const BOT: &str = "aibHOOK01";
pub(crate) const CORP: &str = "wwCORP0001";
pub(crate) const AGENT_ID: u64 = 1_000_002;
pub(crate) const SECRET: &str = "canary-corp-secret";
pub(crate) const USER: &str = "zhangwei";

/// The bytes of a key: those that the console's text stands for, of the two that are used here.
fn key_bytes(key: &str) -> [u8; 32] {
    use base64::Engine;
    use base64::alphabet::STANDARD;
    use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&STANDARD, lenient);
    engine.decode(key).unwrap().try_into().unwrap()
}

/// WeCom's side of an address.
pub(crate) fn cipher(token: &str, key: &str, receiver: &str) -> CallbackCipher {
    let keys = CallbackKeys {
        token: token.into(),
        aes_key: AesKey::new(key_bytes(key)),
    };
    CallbackCipher::new(&keys, Some(receiver))
}

/// A runtime whose addresses are served. The API of its apps is the simulator's.
pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) runtime: Runtime,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) config: Config,
    pub(crate) address: SocketAddr,
    pub(crate) home: Arc<tempfile::TempDir>,
    http: reqwest::Client,
    stop: DropGuard,
}

/// A client without a proxy.
pub(crate) fn http() -> reqwest::Client {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"].as_str().unwrap_or_default().to_owned()
    }
}

/// The keys of one bot and one agent app, with more keys of `channels.wecom`.
pub(crate) fn channel(sim: &Sim, more: &Value) -> Value {
    let mut channel = json!({
        "enabled": true,
        "dmPolicy": "open",
        "connectionMode": "webhook",
        "botId": BOT,
        "token": TOKEN,
        "encodingAESKey": KEY,
        "debounceMs": 20,
        "agent": {
            "corpId": CORP,
            "corpSecret": SECRET,
            "agentId": AGENT_ID,
            "token": OTHER_TOKEN,
            "encodingAESKey": OTHER_KEY,
        },
        "network": { "apiBaseUrl": sim.api_url() },
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        channel[key] = value.clone();
    }
    channel
}

impl House {
    /// One account with a webhook bot and an agent app, and the configured echo.
    pub(crate) async fn open(more: Value) -> Self {
        Self::with(more, None).await
    }

    /// The same with an agent that the test plays.
    pub(crate) async fn played(more: Value) -> (Self, Turns) {
        let (agent, turns) = agents::played();
        (Self::with(more, Some(Arc::new(agent))).await, turns)
    }

    /// As [`played`](Self::played), with a simulator of this pace.
    pub(crate) async fn paced(more: Value, pace: CallbackPace) -> (Self, Turns) {
        let (agent, turns) = agents::played();
        let options = SimOptions {
            callbacks: pace,
            ..SimOptions::default()
        };
        (
            Self::built(more, Some(Arc::new(agent)), options).await,
            turns,
        )
    }

    pub(crate) async fn with(more: Value, agent: Option<Arc<dyn Agent>>) -> Self {
        Self::built(more, agent, SimOptions::default()).await
    }

    async fn built(more: Value, agent: Option<Arc<dyn Agent>>, options: SimOptions) -> Self {
        let sim = crate::support::simulator(options).await;
        for (id, name) in [(USER, "张伟"), ("lina", "李娜")] {
            sim.add_user(id, name).unwrap();
        }
        let apps = sim.apps();
        apps.add(SeedApp::new(CORP, AGENT_ID, SECRET)).unwrap();
        let channel = channel(&sim, &more);
        let home = Arc::new(tempfile::tempdir().unwrap());
        let config = configuration(&home, &json!({ "channels": { "wecom": channel } }));
        let store = open_store(&home.path().join("state.db"));
        Self::begin(sim, config, store, home, agent).await
    }

    async fn begin(
        sim: Sim,
        config: Config,
        store: Arc<dyn Store>,
        home: Arc<tempfile::TempDir>,
        agent: Option<Arc<dyn Agent>>,
    ) -> Self {
        let backends = agent.map_or(Backends::Configured, Backends::Only);
        let runtime = start(&config, store.clone(), backends).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = wecom::http::serve(listener, runtime.callbacks(), stop.clone());
        wecom::task::spawn(&TaskTracker::new(), "http", serving);
        let house = Self {
            sim,
            runtime,
            store,
            config,
            address,
            home,
            http: http(),
            stop: stop.drop_guard(),
        };
        house.listening().await;
        house
    }

    /// The same house with a new runtime on the same state, as after a restart.
    pub(crate) async fn reopen(self, agent: Option<Arc<dyn Agent>>) -> Self {
        let Self {
            sim,
            runtime,
            store,
            config,
            home,
            stop,
            ..
        } = self;
        let hurry = CancellationToken::new();
        runtime.shutdown(Duration::ZERO, &hurry).await;
        drop((stop, runtime, store));
        let store = open_store(&home.path().join("state.db"));
        Self::begin(sim, config, store, home, agent).await
    }

    /// Every address is open.
    async fn listening(&self) {
        crate::support::eventually("the addresses are open", async || {
            let path = "/plugins/wecom/bot";
            let bot = self.request("POST", path, "", b"").await.status != 404;
            let path = "/plugins/wecom/agent";
            let app = self.request("POST", path, "", b"").await.status != 404;
            (bot && app).then_some(())
        })
        .await;
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        query: &str,
        body: &[u8],
    ) -> Answer {
        let mut url: url::Url = format!("http://{}/", self.address).parse().unwrap();
        url.set_path(path);
        if !query.is_empty() {
            url.set_query(Some(query));
        }
        let request = self
            .http
            .request(method.parse().unwrap(), url)
            .body(body.to_vec());
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// Calls the bot with `message` and opens the answer.
    pub(crate) async fn bot(&self, message: &Value) -> Value {
        let caller = Caller::of_bot();
        let (query, body) = caller.json(message);
        let answer = self
            .request("POST", "/plugins/wecom/bot", &query, &body)
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        caller.open_json(&answer.body)
    }

    /// Says something to the bot in a direct chat.
    pub(crate) async fn say(&self, id: &str, text: &str) -> Value {
        self.bot(&said(id, text)).await
    }

    /// Asks for a stream.
    pub(crate) async fn poll(&self, question: &str, stream: &str) -> Value {
        self.bot(&json!({
            "msgid": question, "aibotid": BOT, "chattype": "single",
            "from": { "userid": USER }, "msgtype": "stream", "stream": { "id": stream },
        }))
        .await
    }

    /// Asks until the stream is finished.
    pub(crate) async fn poll_to_end(&self, stream: &str) -> Value {
        crate::support::eventually("the stream is finished", async || {
            let question = format!("poll-{:08x}", rand::random::<u32>());
            let answer = self.poll(&question, stream).await;
            (answer["stream"]["finish"] == true).then_some(answer)
        })
        .await
    }

    /// Calls the agent app.
    pub(crate) async fn app(&self, inner: &str) -> Answer {
        let (query, body) = Caller::of_app().xml(&document(inner));
        self.request("POST", "/plugins/wecom/agent", &query, &body)
            .await
    }

    /// The first text of the app that `looked_for` says.
    pub(crate) async fn app_says(&self, looked_for: &str) -> (String, String) {
        crate::support::eventually(looked_for, async || {
            let sent = self.sent_by_app();
            sent.into_iter().find(|(_, text)| text.contains(looked_for))
        })
        .await
    }

    /// What the app sent to members, oldest first.
    pub(crate) fn sent_by_app(&self) -> Vec<(String, String)> {
        let entries = self.sim.apps().messages();
        let text = |entry: &wecom::sim::AppEntry| {
            let content = entry.body["content"].as_str().unwrap_or_default();
            (entry.touser.clone(), content.to_owned())
        };
        entries.iter().map(text).collect()
    }
}

/// Somebody who calls an address with a token and a key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) cipher: CallbackCipher,
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
}

impl Caller {
    pub(crate) fn with(token: &str, key: &str, receiver: &str) -> Self {
        let seconds = SystemClock.now_ms() / 1_000;
        Self {
            cipher: cipher(token, key, receiver),
            timestamp: seconds.to_string(),
            nonce: format!("{:016x}", rand::random::<u64>()),
        }
    }

    pub(crate) fn of_bot() -> Self {
        Self::with(TOKEN, KEY, "")
    }

    pub(crate) fn of_app() -> Self {
        Self::with(OTHER_TOKEN, OTHER_KEY, CORP)
    }

    /// The query that signs a sealed text.
    pub(crate) fn query(&self, sealed: &str) -> String {
        let signature = self.cipher.sign(&self.timestamp, &self.nonce, sealed);
        let (timestamp, nonce) = (&self.timestamp, &self.nonce);
        format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}")
    }

    /// Query and body of a bot's callback.
    pub(crate) fn json(&self, message: &Value) -> (String, Vec<u8>) {
        self.json_of(&message.to_string())
    }

    pub(crate) fn json_of(&self, message: &str) -> (String, Vec<u8>) {
        let sealed = self.cipher.seal(message);
        let body = json!({ "encrypt": sealed }).to_string().into_bytes();
        (self.query(&sealed), body)
    }

    /// Query and body of an agent app's callback.
    pub(crate) fn xml(&self, message: &str) -> (String, Vec<u8>) {
        let sealed = self.cipher.seal(message);
        let body = format!(
            "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[{AGENT_ID}]]></AgentID>\
             <Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        );
        (self.query(&sealed), body.into_bytes())
    }

    /// Query of a check of the address.
    pub(crate) fn echo(&self, text: &str) -> String {
        let sealed = self.cipher.seal(text);
        let encoded: String = url::form_urlencoded::byte_serialize(sealed.as_bytes()).collect();
        format!("{}&echostr={encoded}", self.query(&sealed))
    }

    /// What the answer of a bot's address says, if everything about it is right.
    #[track_caller]
    pub(crate) fn open_json(&self, body: &str) -> Value {
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["nonce"], self.nonce.as_str());
        let timestamp = body["timestamp"].as_str().expect("a text");
        let sealed = body["encrypt"].as_str().unwrap();
        let signature = self.cipher.sign(timestamp, &self.nonce, sealed);
        assert_eq!(body["msgsignature"], signature.as_str());
        serde_json::from_str(&self.cipher.open(sealed).unwrap()).unwrap()
    }
}

/// A text message of [`USER`] in a direct chat.
pub(crate) fn said(id: &str, text: &str) -> Value {
    json!({
        "msgid": id, "aibotid": BOT, "chattype": "single", "from": { "userid": USER },
        "msgtype": "text", "text": { "content": text },
    })
}

/// The inner document of an agent app's callback by [`USER`].
pub(crate) fn document(inner: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName>\
         <FromUserName><![CDATA[{USER}]]></FromUserName><CreateTime>1760000001</CreateTime>\
         {inner}<AgentID>{AGENT_ID}</AgentID></xml>"
    )
}

/// A text message to an agent app.
pub(crate) fn text(id: &str, text: &str) -> String {
    format!("<MsgType>text</MsgType><Content><![CDATA[{text}]]></Content><MsgId>{id}</MsgId>")
}
