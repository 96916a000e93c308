//! Outgoing HTTP and media of one account.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config::proxy::EgressProxy;

/// How an account talks to WeCom's HTTP API.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSettings {
    /// Time-out of one attempt; uploads and downloads take the larger of this and 60 s.
    pub timeout: Duration,
    /// Attempts after the first (0 to 10).
    pub retries: u32,
    /// First pause between attempts, doubled with ±20 % jitter up to 10 s.
    pub retry_delay: Duration,
    /// `https`, or `http` on loopback.
    pub api_base_url: Url,
    /// Which proxy a connection takes.
    pub proxy: EgressProxy,
    /// Authorities that are trusted besides the built-in ones (`tls.caFile`), PEM.
    pub ca_file: Option<PathBuf>,
}

/// Media of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaSettings {
    /// Folders, besides the program's own, that local files may be sent from; absolute.
    pub local_roots: Vec<PathBuf>,
    /// Inbound limit in bytes, and outbound cap when below 20 MB.
    pub max_bytes: u64,
    /// Where downloads are kept.
    pub temp_dir: PathBuf,
    /// How long downloads are kept; `None` keeps them.
    pub retention: Option<Duration>,
    /// Whether all kept files are removed at start, not only old ones.
    pub cleanup_on_start: bool,
    /// Intranet hosts that remote media may come from.
    pub allowed_hosts: Vec<String>,
    /// Whether remote media may come over plain `http`.
    pub allow_http: bool,
}
