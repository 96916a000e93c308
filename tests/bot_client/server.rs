//! A small WeCom, and clients of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::clock::SystemClock;
use wecom::config::{BotSocket, SocketTiming, TlsFiles};
use wecom::wecom::bot::{BotClient, BotSettings, ConnectionState, PushFrame};

/// How long anything may take on a busy machine before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A byte stream of whatever kind.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The server's end of one connection.
pub(crate) struct Peer {
    pub(crate) socket: WebSocketStream<Box<dyn Duplex>>,
}

/// Listens for bots.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// A server without TLS.
    pub(crate) async fn plain() -> Self {
        Self::bind(None).await
    }

    /// A server with the certificate of `authority` for `localhost`; asks for a client
    /// certificate if `mutual`.
    pub(crate) async fn tls(authority: &Authority, mutual: bool) -> Self {
        let config = authority.server_config(mutual);
        Self::bind(Some(TlsAcceptor::from(config))).await
    }

    async fn bind(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self {
            address,
            listener,
            tls,
        }
    }

    /// The next connection, without WebSocket; `None` if its TLS handshake fails.
    pub(crate) async fn accept_raw(&self) -> Option<Box<dyn Duplex>> {
        let (stream, _) = timeout(DEADLINE, self.listener.accept())
            .await
            .unwrap()
            .unwrap();
        match &self.tls {
            None => Some(Box::new(stream)),
            Some(tls) => Some(Box::new(tls.accept(stream).await.ok()?)),
        }
    }

    /// The next connection, which has not subscribed yet.
    pub(crate) async fn accept(&self) -> Peer {
        let stream = self.accept_raw().await.expect("a working connection");
        let config = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let socket = accept_async_with_config(stream, Some(config))
            .await
            .unwrap();
        Peer { socket }
    }

    /// The next connection, subscribed.
    pub(crate) async fn subscribed(&self) -> Peer {
        let mut peer = self.accept().await;
        let subscribe = peer.recv().await;
        assert_eq!(subscribe["cmd"], "aibot_subscribe");
        peer.ack(&subscribe).await;
        peer
    }
}

impl Peer {
    pub(crate) async fn recv(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn next(&mut self) -> Message {
        let next = timeout(DEADLINE, self.socket.next()).await;
        next.expect("a frame in time").unwrap().unwrap()
    }

    pub(crate) async fn ack(&mut self, frame: &Value) {
        let ack = json!({"headers": frame["headers"], "errcode": 0, "errmsg": "ok"});
        self.send(Message::text(ack.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }
}

/// A running client.
pub(crate) struct Client {
    pub(crate) bot: BotClient,
    pushes: mpsc::Receiver<PushFrame>,
}

impl Client {
    pub(crate) fn start(socket: &BotSocket) -> Self {
        let settings = BotSettings::load("default".into(), socket).unwrap();
        let (bot, pushes) = BotClient::start(
            settings,
            SystemClock::shared(),
            &TaskTracker::new(),
            CancellationToken::new(),
        );
        Self { bot, pushes }
    }

    pub(crate) async fn push(&mut self) -> PushFrame {
        let push = timeout(DEADLINE, self.pushes.recv()).await;
        push.expect("a push in time").unwrap()
    }

    pub(crate) async fn state(&self, wanted: impl Fn(&ConnectionState) -> bool) -> ConnectionState {
        let mut state = self.bot.state();
        let found = timeout(DEADLINE, state.wait_for(|state| wanted(state))).await;
        found.expect("the state in time").unwrap().clone()
    }

    pub(crate) async fn live(&self) {
        self.state(ConnectionState::is_live).await;
    }

    /// Why the first attempt failed.
    pub(crate) async fn failure(&self) -> wecom::wecom::bot::Cause {
        match self
            .state(|state| matches!(state, ConnectionState::Waiting { .. }))
            .await
        {
            ConnectionState::Waiting { cause, .. } => cause,
            other => panic!("{other:?}"),
        }
    }
}

/// Settings for a bot at `scheme://localhost:port/`.
pub(crate) fn bot_at(scheme: &str, address: SocketAddr) -> BotSocket {
    BotSocket {
        bot_id: "aibTEST".into(),
        secret: "s3cr3t-value".into(),
        url: format!("{scheme}://localhost:{}/", address.port())
            .parse()
            .unwrap(),
        tls: TlsFiles::default(),
        proxy: None,
        timing: SocketTiming::default(),
        compat_version: None,
        reclaim: None,
    }
}

/// A certificate authority nobody knows, and its files.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        // Two authorities of one name would be told apart by their signatures only.
        let name = format!("authority {:08x}", rand::random::<u32>());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, dir }
    }

    /// The authority's certificate as a file.
    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A client's certificate and key as files.
    pub(crate) fn identity(&self) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["bot".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let files = (
            self.dir.path().join("cert.pem"),
            self.dir.path().join("key.pem"),
        );
        std::fs::write(&files.0, cert.pem()).unwrap();
        std::fs::write(&files.1, key.serialize_pem()).unwrap();
        files
    }

    /// TLS settings of a server at `localhost`.
    pub(crate) fn server_config(&self, mutual: bool) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = builder.with_single_cert(vec![cert.der().clone()], key);
        Arc::new(config.unwrap())
    }
}
