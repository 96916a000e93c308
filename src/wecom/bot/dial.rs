//! Reaching WeCom: name, TCP, proxy, TLS. Every step has its own time-out.

use std::error::Error;
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::time::Duration;

use futures_util::TryFutureExt;
use rustls::CertificateError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::proxy::Proxy;
use super::settings::{Server, ServerTls};
use super::{Cause, ConnectStep};

/// How long each step of connecting may take.
pub(super) const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// A byte stream to WeCom's door.
pub(super) type Transport = Box<dyn Duplex>;

/// Both directions of a byte stream.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Opens byte streams to WeCom: over the network, or to a peer inside a test.
pub(super) trait Dial: Send + 'static {
    /// Opens one. Each step within is limited in time.
    fn dial(&mut self) -> impl Future<Output = Result<Transport, Cause>> + Send;
}

/// One machine to connect to.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    /// Name or address, IPv6 without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// `None` is plain text.
    pub(super) tls: Option<ServerTls>,
}

/// The real network.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) server: Hop,
    pub(super) proxy: Option<Proxy>,
}

impl Network {
    pub(super) fn new(server: &Server, proxy: Option<Proxy>) -> Self {
        Self {
            server: server.hop.clone(),
            proxy,
        }
    }
}

impl Dial for Network {
    async fn dial(&mut self) -> Result<Transport, Cause> {
        let Hop { host, port, tls } = &self.server;
        let link: Transport = match &self.proxy {
            None => Box::new(tcp(host, *port).await?),
            Some(proxy) => {
                let hop = &proxy.hop;
                let link = Box::new(tcp(&hop.host, hop.port).await?);
                let link = encrypted(link, hop.tls.as_ref()).await?;
                step(ConnectStep::Proxy, proxy.tunnel(link, host, *port)).await?
            }
        };
        encrypted(link, tls.as_ref()).await
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, Cause> {
    let addresses: Vec<_> = step(ConnectStep::Resolve, lookup_host((host, port)))
        .await?
        .collect();
    let connect = async {
        // An address that swallows packets must not use up the others' time.
        let share = STEP_TIMEOUT / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let mut failure = io::Error::other("the name has no address");
        for address in addresses {
            failure = match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => error,
                Err(_) => io::ErrorKind::TimedOut.into(),
            };
        }
        Err(failure)
    };
    let stream = step(ConnectStep::Tcp, connect).await?;
    // Frames are small and somebody watches them appear. A socket without the option works.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY is not available");
    }
    Ok(stream)
}

async fn encrypted(link: Transport, tls: Option<&ServerTls>) -> Result<Transport, Cause> {
    let Some(ServerTls { config, name }) = tls else {
        return Ok(link);
    };
    let connector = TlsConnector::from(config.clone());
    let handshake = connector.connect(name.clone(), link).map_err(with_remedy);
    Ok(Box::new(step(ConnectStep::Tls, handshake).await?))
}

/// Adds what to do about the one TLS error that a working server causes.
fn with_remedy(error: io::Error) -> io::Error {
    let tls = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<rustls::Error>());
    if matches!(
        tls,
        Some(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer
        ))
    ) {
        io::Error::other(format!("{error}; a private authority goes into tls.caFile"))
    } else {
        error
    }
}

/// Runs one step with its time-out; its failure names the step.
pub(super) async fn step<T, E>(
    step: ConnectStep,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Cause>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let detail = match timeout(STEP_TIMEOUT, work).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => chain(&*error.into()),
        Err(_) => format!("no answer within {} s", STEP_TIMEOUT.as_secs()),
    };
    Err(Cause::Connect { step, detail })
}

/// An error and its causes on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
