//! The listener, which can be closed for a while.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::shared::Shared;

/// A listener that refuses connections until a given time. It gives the port up while
/// it does, so that the refusal is the operating system's own.
#[derive(Debug)]
pub(super) struct Gate {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    closed_until: watch::Receiver<Option<Instant>>,
}

impl Gate {
    /// A gate that is open.
    pub(super) fn new(listener: TcpListener, addr: SocketAddr, shared: &Arc<Shared>) -> Self {
        Self {
            listener: Some(listener),
            addr,
            closed_until: shared.closed_until.subscribe(),
        }
    }

    async fn listen_again(&mut self) {
        match TcpListener::bind(self.addr).await {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => {
                tracing::warn!(addr = %self.addr, %error, "cannot listen again yet");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

impl axum::serve::Listener for Gate {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let until = *self.closed_until.borrow_and_update();
            let until = until.filter(|until| *until > Instant::now());
            if let Some(until) = until {
                self.listener = None;
                tokio::time::sleep_until(until).await;
            }
            let Some(listener) = &self.listener else {
                self.listen_again().await;
                continue;
            };
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        if let Err(error) = stream.set_nodelay(true) {
                            tracing::debug!(%error, "cannot set TCP_NODELAY");
                        }
                        return (stream, peer);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(RETRY).await;
                    }
                },
                // The sender lives as long as the server that owns this gate.
                _ = self.closed_until.changed() => {}
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.addr)
    }
}

/// Pause after the system refused: out of file handles, or the port is taken.
const RETRY: Duration = Duration::from_millis(50);
