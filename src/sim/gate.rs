//! The listener, which can be closed for a while.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::shared::Shared;

/// A listener that refuses connections until a given time. It does not listen while it
/// does, so that the refusal is the operating system's own.
#[derive(Debug)]
pub(super) struct Gate {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    /// Keeps the port ours while nobody listens: bound, never listening.
    _reserved: TcpSocket,
    closed_until: watch::Receiver<Option<Instant>>,
}

impl Gate {
    /// Binds the address; the gate is open. Port 0 picks a free one.
    pub(super) fn bind(addr: SocketAddr, shared: &Arc<Shared>) -> io::Result<Self> {
        // The plain one refuses an address that another program listens on, which sockets
        // that share a port would not.
        let probe = socket(addr)?;
        probe.bind(addr)?;
        let probe = probe.listen(BACKLOG)?;
        let addr = probe.local_addr()?;
        drop(probe);
        let reserved = sharing(addr)?;
        Ok(Self {
            listener: Some(sharing(addr)?.listen(BACKLOG)?),
            addr,
            _reserved: reserved,
            closed_until: shared.closed_until.subscribe(),
        })
    }

    /// Where it listens.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    async fn listen_again(&mut self) {
        match sharing(self.addr).and_then(|socket| socket.listen(BACKLOG)) {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => {
                tracing::warn!(addr = %self.addr, %error, "cannot listen again yet");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

fn socket(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

/// A socket on a port that several of ours share.
fn sharing(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = socket(addr)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(addr)?;
    Ok(socket)
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

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Pause after the system refused: out of file handles, or the port is taken.
const RETRY: Duration = Duration::from_millis(50);
