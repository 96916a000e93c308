//! Servers: a good one, and whatever a test makes of it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use wecom::clock::{Clock, SystemClock};
use wecom::wecom::callback::{CallbackCipher, CallbackQuery, reply_json, sealed_json, sealed_xml};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) is_get: bool,
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
}

/// A server that ends with the test.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    task: JoinHandle<io::Result<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Over plain HTTP, as the daemon listens.
    pub(crate) async fn plain(
        answer: impl Fn(&Call) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::after(Duration::ZERO, answer).await
    }

    /// The same, each answer held back.
    pub(crate) async fn after(
        delay: Duration,
        answer: impl Fn(&Call) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = listener().await;
        let address = listener.local_addr().unwrap();
        Self {
            address,
            scheme: "http",
            task: served(listener, router(delay, answer)),
        }
    }

    /// Over TLS, showing this chain.
    pub(crate) async fn tls(
        chain: Shown,
        answer: impl Fn(&Call) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = listener().await;
        let address = listener.local_addr().unwrap();
        let listener = TlsListener {
            listener,
            acceptor: TlsAcceptor::from(chain.config()),
        };
        Self {
            address,
            scheme: "https",
            task: served(listener, router(Duration::ZERO, answer)),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    /// The bot's own address.
    pub(crate) fn bot(&self) -> String {
        self.url("/plugins/wecom/bot")
    }

    /// The app's own address.
    pub(crate) fn app(&self) -> String {
        self.url("/plugins/wecom/agent")
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "its owner ends it")]
fn served<L: Listener>(listener: L, router: Router) -> JoinHandle<io::Result<()>>
where
    L::Addr: std::fmt::Debug,
{
    tokio::spawn(async move { axum::serve(listener, router).await })
}

fn router(
    delay: Duration,
    answer: impl Fn(&Call) -> Response + Clone + Send + Sync + 'static,
) -> Router {
    Router::new().fallback(move |request: Request| async move {
        let call = Call {
            is_get: request.method() == http::Method::GET,
            query: request.uri().query().unwrap_or_default().to_owned(),
            body: to_bytes(request.into_body(), 1 << 20).await.unwrap().into(),
        };
        tokio::time::sleep(delay).await;
        answer(&call)
    })
}

/// Answers as the daemon does.
pub(crate) fn daemon(cipher: &CallbackCipher, is_app: bool, call: &Call) -> Response {
    let Ok(query) = CallbackQuery::parse(&call.query) else {
        return response(400, r#"{"error":"missing required query parameters"}"#);
    };
    let sealed = if call.is_get {
        query.echo().unwrap().to_owned()
    } else if is_app {
        sealed_xml(&call.body).unwrap()
    } else {
        sealed_json(&call.body).unwrap()
    };
    let age = SystemClock.now_ms() / 1_000 - query.sent_at();
    if !call.is_get && age.abs() > 300 {
        return response(403, r#"{"error":"stale_timestamp"}"#);
    }
    if !cipher.verify(&query, &sealed) {
        let status = if is_app { 401 } else { 403 };
        return response(status, r#"{"error":"account_not_found"}"#);
    }
    match cipher.open(&sealed) {
        Err(_) => response(400, r#"{"error":"decrypt_failed"}"#),
        Ok(text) if call.is_get => response(200, &text),
        Ok(_) if is_app => response(200, "success"),
        Ok(_) => {
            let nothing = serde_json::json!({});
            let body = reply_json(cipher, &query.timestamp, &query.nonce, &nothing);
            response(200, &body)
        }
    }
}

/// A plain text.
pub(crate) fn response(status: u16, body: &str) -> Response {
    typed(status, "text/plain; charset=utf-8", body)
}

/// A text of some type.
pub(crate) fn typed(status: u16, mime: &str, body: &str) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", mime)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// The same answer with another body; `change` gets the old one.
pub(crate) fn changed(answer: Response, change: impl FnOnce(String) -> String) -> Response {
    let (parts, body) = answer.into_parts();
    let text = futures_util::FutureExt::now_or_never(to_bytes(body, 1 << 20));
    let text = String::from_utf8(text.unwrap().unwrap().into()).unwrap();
    Response::from_parts(parts, Body::from(change(text)))
}

/// A listener whose connections speak TLS; who fails the handshake is forgotten.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else {
                continue;
            };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A certificate authority nobody knows.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What a server shows, its own certificate first.
pub(crate) struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let issuer = CertifiedIssuer::self_signed(authority(), KeyPair::generate().unwrap());
        Self {
            issuer: issuer.unwrap(),
        }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for `localhost`, changed before it is signed.
    pub(crate) fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        issued(&self.issuer, change)
    }

    /// The same by an authority in between, whose certificate comes along or is forgotten.
    pub(crate) fn issue_by_another(&self, is_whole: bool) -> Shown {
        let key = KeyPair::generate().unwrap();
        let between = CertifiedIssuer::signed_by(authority(), key, &self.issuer).unwrap();
        let mut shown = issued(&between, |_| {});
        if is_whole {
            shown.chain.push(between.der().clone());
        }
        shown
    }
}

impl Shown {
    /// A certificate that vouches for itself.
    pub(crate) fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        change(&mut params);
        let chain = vec![params.self_signed(&key).unwrap().der().clone()];
        Self { chain, key }
    }

    fn config(self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain, key);
        Arc::new(config.unwrap())
    }
}

fn issued(by: &Issuer<'_, KeyPair>, change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    change(&mut params);
    let chain = vec![params.signed_by(&key, by).unwrap().der().clone()];
    Shown { chain, key }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    // Two authorities of one name would be told apart by their signatures only.
    let name = format!("authority {:08x}", rand::random::<u32>());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}
