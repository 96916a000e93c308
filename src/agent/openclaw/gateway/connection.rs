//! One WebSocket to a gateway.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;

use super::error::GatewayError;
use super::frame::Frame;
use crate::config::TlsFiles;
use crate::wecom::bot::load_tls;

/// How long reaching it may take: name, TCP, TLS and WebSocket together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a frame may take to leave.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of the largest frame that is taken: an answer's text and names of files.
const MAX_FRAME: usize = 8 * 1024 * 1024;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open WebSocket.
pub(super) struct Socket(WebSocketStream<Box<dyn Duplex>>);

impl Socket {
    /// Opens it.
    ///
    /// # Errors
    /// There is no way to the gateway.
    pub(super) async fn open(url: &Url) -> Result<Self, GatewayError> {
        let address = address(url);
        let unreachable = |reason: String| GatewayError::Unreachable {
            address: address.clone(),
            reason,
        };
        let opening = async {
            let stream = TcpStream::connect(&address).await;
            let stream = stream.map_err(|error| unreachable(error.to_string()))?;
            stream.set_nodelay(true).ok();
            let stream = if url.scheme() == "wss" {
                secured(url, stream).await.map_err(unreachable)?
            } else {
                Box::new(stream) as Box<dyn Duplex>
            };
            let limits = WebSocketConfig::default()
                .max_message_size(Some(MAX_FRAME))
                .max_frame_size(Some(MAX_FRAME));
            let handshake = client_async_with_config(url.as_str(), stream, Some(limits));
            let (socket, _) = handshake
                .await
                .map_err(|error| unreachable(error.to_string()))?;
            Ok(Self(socket))
        };
        let opened = tokio::time::timeout(CONNECT_TIMEOUT, opening).await;
        opened.unwrap_or_else(|_| Err(unreachable("it took too long".to_owned())))
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// The connection is gone.
    pub(super) async fn send(&mut self, text: String) -> Result<(), GatewayError> {
        let sending = self.0.send(Message::text(text));
        match tokio::time::timeout(SEND_TIMEOUT, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(GatewayError::Lost),
        }
    }

    /// The next frame. Pings are answered on the way.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// The connection is gone, or what came is no frame.
    pub(super) async fn next_frame(&mut self) -> Result<Frame, GatewayError> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Frame::parse(&text),
                // Any of them is a sign of life.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(Frame::Other),
                Some(Ok(Message::Binary(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(GatewayError::Lost),
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        // Who does not listen any more needs no goodbye.
        let closing = self.0.close(None);
        tokio::time::timeout(Duration::from_secs(1), closing)
            .await
            .ok();
    }
}

async fn secured(url: &Url, stream: TcpStream) -> Result<Box<dyn Duplex>, String> {
    let host = url.host_str().unwrap_or_default();
    let name = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let config = load_tls(&TlsFiles::default()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::clone(&config));
    let stream = connector.connect(name, stream).await;
    Ok(Box::new(stream.map_err(|error| error.to_string())?))
}

/// Host and port, without what else the address has.
pub(super) fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}")
}
