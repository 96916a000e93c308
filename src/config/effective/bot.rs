//! The two transports of a bot.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::ids::BotId;
use crate::secret::Secret;

/// A bot over the long connection.
#[derive(Debug, Clone, PartialEq)]
pub struct BotSocket {
    /// BotID of the admin console.
    pub bot_id: BotId,
    /// Long-connection secret.
    pub secret: Secret,
    /// `wss`, or `ws` on loopback.
    pub url: Url,
    /// Extra roots and client identity.
    pub tls: TlsFiles,
    /// Egress proxy for this connection, `NO_PROXY` and loopback already applied: `None`
    /// means direct. Holds user info, hence secret.
    pub proxy: Option<Secret>,
    /// Heartbeat and reconnect numbers.
    pub timing: SocketTiming,
    /// Version strings sent to WeCom; `None` leaves the fields out.
    pub compat_version: Option<String>,
    /// Taking the bot back after a kick; `None` (the default) stays parked.
    pub reclaim: Option<Reclaim>,
}

/// PEM files, absolute paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsFiles {
    /// Roots in addition to the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// Client certificate chain; goes with `client_key_file`.
    pub client_cert_file: Option<PathBuf>,
    /// Client key.
    pub client_key_file: Option<PathBuf>,
}

/// Numbers of one long connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketTiming {
    /// Heartbeat interval (5 s to 120 s).
    pub heartbeat: Duration,
    /// Reconnects per fast round after network failures; `None` is unlimited.
    pub max_reconnects: Option<u32>,
    /// Retries after a refused subscribe; `None` is unlimited.
    pub max_auth_retries: Option<u32>,
}

impl Default for SocketTiming {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(30),
            max_reconnects: Some(10),
            max_auth_retries: Some(5),
        }
    }
}

/// Supervised reclaim of a bot after a kick (`websocket.reclaim`): first delay, doubled
/// with ±20 % jitter after every further kick up to the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reclaim {
    /// Delay before the first attempt (`initialDelayMs`, default 60 s, at least 10 s).
    pub initial_delay: Duration,
    /// Cap of the growing delay (`maxDelayMs`, default 1 h).
    pub max_delay: Duration,
}

/// A bot over encrypted webhooks.
#[derive(Debug, Clone, PartialEq)]
pub struct BotWebhook {
    /// BotID of the admin console, where the configuration names it: tells accounts apart that
    /// share token and key.
    pub bot_id: Option<BotId>,
    /// Token and AES key of the console.
    pub callback: CallbackKeys,
    /// Id at the end of each envelope; `None` is not checked (a company's own bot).
    pub receive_id: Option<String>,
    /// First content of a polled stream, at most 1,024 bytes.
    pub stream_placeholder: String,
    /// Window in which quick messages of one sender are joined (0 to 10 s).
    pub debounce: Duration,
    /// How far a callback's timestamp may be off; `None` does not check.
    pub max_clock_skew: Option<Duration>,
}

/// What verifies and opens a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackKeys {
    /// Signing token.
    pub token: Secret,
    /// Key of the envelope.
    pub aes_key: AesKey,
}

/// The 32 bytes that an `encodingAESKey` stands for; never shown, and wiped when no longer
/// used.
#[derive(Clone, PartialEq, Eq)]
pub struct AesKey(Zeroizing<[u8; Self::LENGTH]>);

impl AesKey {
    /// Bytes of an AES-256 key.
    pub const LENGTH: usize = 32;

    /// Wraps the decoded key.
    pub fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key; its first 16 bytes are the initialisation vector of every envelope.
    pub fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl std::hash::Hash for AesKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
