//! Where gateways dial: a socket in the state directory, which the system keeps from other
//! users, or a port of this machine, which a token does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Surroundings};
use super::{Link, LinkHost};
use crate::clock::SharedClock;
use crate::secret::Secret;
use crate::task;

/// Connections at the same time: one gateway, another that takes its place, and some that
/// have not said who they are.
const MAX_CONNECTIONS: usize = 16;

/// A pause where the system gives no connection: it is out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The socket's name below the state directory.
const SOCKET: [&str; 2] = ["run", "openclaw.sock"];

/// Where gateways dial.
#[derive(Debug)]
pub struct Listener {
    door: Door,
    token: Option<Secret>,
}

#[derive(Debug)]
enum Door {
    #[cfg(unix)]
    Socket {
        listener: tokio::net::UnixListener,
        path: PathBuf,
    },
    Port(TcpListener),
}

/// Why nobody can dial.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The socket can't be made.
    #[error("the socket {path} can't be made")]
    Socket {
        /// Its path. Systems take about 100 bytes.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Something else lies where the socket belongs.
    #[error("{0} is no socket: move it away")]
    Occupied(PathBuf),
    /// The port is taken.
    #[error("cannot listen on {address} for OpenClaw: set `openclaw.listen` to a free port")]
    Port {
        /// As configured.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// This system has no such sockets.
    #[error("this system has no sockets in files: set `openclaw.listen` and `openclaw.token`")]
    NoSockets,
}

impl Listener {
    /// The socket below the state directory. What an earlier process left there is removed:
    /// the state directory's lock says that it is gone.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn socket(home: &Path) -> Result<Self, ListenError> {
        let path = SOCKET
            .iter()
            .fold(home.to_owned(), |path, part| path.join(part));
        bound(path).map(|door| Self { door, token: None })
    }

    /// A port of this machine. Who dials has to know the token.
    ///
    /// # Errors
    /// [`ListenError::Port`].
    pub async fn port(address: SocketAddr, token: Secret) -> Result<Self, ListenError> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| ListenError::Port { address, source })?;
        Ok(Self {
            door: Door::Port(listener),
            token: Some(token),
        })
    }

    /// The address of the port, if it is one.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.door {
            #[cfg(unix)]
            Door::Socket { .. } => None,
            Door::Port(listener) => listener.local_addr().ok(),
        }
    }

    /// Takes connections until `stop` is cancelled.
    pub async fn serve(
        self,
        link: Link,
        host: Arc<dyn LinkHost>,
        clock: SharedClock,
        tracker: TaskTracker,
        stop: CancellationToken,
    ) {
        let around = Surroundings {
            link,
            host,
            clock,
            token: self.token.clone(),
            tracker: tracker.clone(),
            stop: stop.clone(),
        };
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let place = tokio::select! {
                () = stop.cancelled() => break,
                place = places.clone().acquire_owned() => place,
            };
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.door.accept() => accepted,
            };
            match accepted {
                Ok(Some(stream)) => {
                    let around = around.clone();
                    task::spawn(&tracker, "openclaw link", async move {
                        let _place = place;
                        match stream {
                            #[cfg(unix)]
                            Stream::Socket(stream) => connection::serve(stream, around).await,
                            Stream::Port(stream) => connection::serve(stream, around).await,
                        }
                    });
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a gateway could not be let in");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        self.door.close();
    }
}

enum Stream {
    #[cfg(unix)]
    Socket(tokio::net::UnixStream),
    Port(tokio::net::TcpStream),
}

impl Door {
    /// The next connection; `None` where it is somebody else's.
    async fn accept(&self) -> std::io::Result<Option<Stream>> {
        match self {
            #[cfg(unix)]
            Self::Socket { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                let peer = stream.peer_cred()?.uid();
                if peer != rustix::process::geteuid().as_raw() {
                    tracing::warn!(peer, "another user dialled the link's socket");
                    return Ok(None);
                }
                Ok(Some(Stream::Socket(stream)))
            }
            Self::Port(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Some(Stream::Port(stream)))
            }
        }
    }

    fn close(self) {
        #[cfg(unix)]
        if let Self::Socket { listener, path } = self {
            drop(listener);
            // A socket that stays is removed by the next start.
            std::fs::remove_file(path).ok();
        }
    }
}

#[cfg(unix)]
fn bound(path: PathBuf) -> Result<Door, ListenError> {
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};

    let failed = |source| ListenError::Socket {
        path: path.clone(),
        source,
    };
    let only_owner =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    if let Some(folder) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(failed)?;
        // The folder keeps others out while the socket has the rights it was made with.
        only_owner(folder, 0o700).map_err(failed)?;
    }
    match std::fs::symlink_metadata(&path) {
        Ok(there) if there.file_type().is_socket() => {
            std::fs::remove_file(&path).map_err(failed)?;
        }
        Ok(_) => return Err(ListenError::Occupied(path)),
        Err(_) => {}
    }
    let listener = tokio::net::UnixListener::bind(&path).map_err(failed)?;
    only_owner(&path, 0o600).map_err(failed)?;
    Ok(Door::Socket { listener, path })
}

#[cfg(not(unix))]
fn bound(_path: PathBuf) -> Result<Door, ListenError> {
    Err(ListenError::NoSockets)
}
