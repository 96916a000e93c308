//! How the command line finds the running daemon: a file in the state directory with its
//! address and a token that is new at every start.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

const FILE: &str = "daemon.json";

/// A local request is answered at once or not at all; a reload may wait for running turns
/// of a replaced connection (30 s).
const TIMEOUT: Duration = Duration::from_mins(1);

/// A long answer says every few seconds that it is still coming; after so long a silence
/// nobody writes it any more.
const SILENCE: Duration = Duration::from_mins(1);

/// A line to the running daemon.
#[derive(Debug)]
pub struct Contact {
    client: reqwest::Client,
    address: SocketAddr,
    base: String,
    token: Secret,
}

/// Why the daemon can't be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContactError {
    /// Nothing runs with this state directory.
    #[error("no daemon runs with the state directory {home}: start it with `wecom run`")]
    NotRunning {
        /// The directory.
        home: PathBuf,
    },
    /// The file can't be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what a daemon writes.
    #[error("{path} is not the file of a daemon")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The daemon answered nothing, or nothing sensible.
    #[error("the daemon did not answer")]
    Request(#[source] reqwest::Error),
    /// The daemon understood, and says no.
    #[error("{message}")]
    Refused {
        /// Why, and what to do.
        message: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Published {
    pid: u32,
    address: SocketAddr,
    token: String,
}

pub(super) fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Writes the file (mode 0600, replaced at once).
pub(super) fn publish(
    home: &Path,
    address: SocketAddr,
    token: &Secret,
) -> Result<PathBuf, ContactError> {
    let path = home.join(FILE);
    let published = Published {
        pid: std::process::id(),
        address,
        token: token.reveal().to_owned(),
    };
    let write = || {
        // A named temporary file has mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(home)?;
        file.write_all(serde_json::to_string(&published)?.as_bytes())?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|source| ContactError::File {
        path: path.clone(),
        source,
    })?;
    Ok(path)
}

pub(super) fn withdraw(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%error, "the contact file was gone already");
    }
}

/// Finds the daemon of a state directory.
pub fn find(home: &Path) -> Result<Contact, ContactError> {
    let path = home.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ContactError::NotRunning {
                home: home.to_owned(),
            });
        }
        Err(source) => return Err(ContactError::File { path, source }),
    };
    let published: Published =
        serde_json::from_str(&text).map_err(|_| ContactError::Malformed { path })?;
    // The client asks for a provider even where it never speaks TLS. An error says that one
    // is installed already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let client = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(TIMEOUT)
        .read_timeout(SILENCE)
        .build()
        .map_err(ContactError::Request)?;
    let address = reachable(published.address);
    Ok(Contact {
        client,
        address,
        base: format!("http://{address}/api/v1"),
        token: Secret::new(published.token),
    })
}

/// A daemon that listens on every address is reached on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

impl Contact {
    /// Where it listens, as this machine reaches it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET` of a path below `/api/v1`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ContactError> {
        self.request(reqwest::Method::GET, path).await
    }

    /// `POST` of a path below `/api/v1`, without a body. Answers with an error status are
    /// answers too.
    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, ContactError> {
        self.request(reqwest::Method::POST, path).await
    }

    /// `POST` of a path below `/api/v1` with a body.
    ///
    /// # Errors
    /// [`ContactError::Refused`] for an answer with an error status.
    pub async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ContactError> {
        let request = self.to(reqwest::Method::POST, path).timeout(TIMEOUT);
        let answer = accepted(request.json(body)).await?;
        answer.json().await.map_err(ContactError::Request)
    }

    /// `POST` of a path below `/api/v1` with a body, for an answer that comes in pieces and
    /// takes its time. Dropping it tells the daemon that nobody waits any more.
    ///
    /// # Errors
    /// As [`Contact::send`].
    pub async fn open(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<BoxStream<'static, Result<Bytes, reqwest::Error>>, ContactError> {
        let request = self.to(reqwest::Method::POST, path).json(body);
        Ok(accepted(request).await?.bytes_stream().boxed())
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: reqwest::Method,
        path: &str,
    ) -> Result<T, ContactError> {
        let request = self.to(method, path).timeout(TIMEOUT);
        let answer = request.send().await.map_err(ContactError::Request)?;
        answer.json().await.map_err(ContactError::Request)
    }

    fn to(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(self.token.reveal())
    }
}

async fn accepted(request: reqwest::RequestBuilder) -> Result<reqwest::Response, ContactError> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let answer = request.send().await.map_err(ContactError::Request)?;
    let Err(status) = answer.error_for_status_ref() else {
        return Ok(answer);
    };
    match answer.json::<Refusal>().await {
        Ok(refusal) => Err(ContactError::Refused {
            message: refusal.error,
        }),
        Err(_) => Err(ContactError::Request(status)),
    }
}
