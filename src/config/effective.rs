//! What a loaded configuration means: the types that the runtime works with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use url::Url;

use crate::ids::{AccountId, BotId};
use crate::secret::Secret;

/// A whole configuration, effective and validated.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// State directory (`$WECOM_HOME`).
    pub home: PathBuf,
    /// The file that was read, or would have been.
    pub path: PathBuf,
    /// Every listed account, in sorted order, disabled and broken ones included.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The account that is meant where none is named.
    pub default_account: AccountId,
    /// Whether `accounts` has entries (multi-account mode).
    pub multi_account: bool,
    /// HTTP listener and reload.
    pub gateway: GatewaySettings,
    /// Known agents and their back ends.
    pub agents: AgentsSettings,
    /// Problems that belong to no single account, worst first.
    pub issues: Vec<Issue>,
}

/// One account with everything inherited and every reference resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Normalised id.
    pub id: AccountId,
    /// The key as the user wrote it, for display and for writing.
    pub authored_id: String,
    /// Display name.
    pub name: String,
    /// Whether it may run at all.
    pub enabled: bool,
    /// The bot's long connection, when this account has it and owns the bot.
    pub bot_socket: Option<BotSocket>,
    /// Who may talk to it.
    pub access: Access,
    /// Whether a turn starts with the thinking placeholder.
    pub send_thinking_message: bool,
    /// Answer to `enter_chat`, at most 2,048 bytes.
    pub welcome_text: Option<String>,
    /// Characters (UTF-16 units) per outbound piece; byte limits apply on top.
    pub text_chunk_limit: usize,
    /// How long a turn may take.
    pub turn_timeout: Duration,
    /// When a running answer leaves its stream, counted from its first frame.
    pub stream_handover: Duration,
    /// How long an undelivered final answer is kept while the socket is down.
    pub undelivered_ttl: Duration,
    /// Problems of this account, worst first. An `Error` that concerns a capability means
    /// that the capability is `None`.
    pub issues: Vec<Issue>,
}

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

/// Who may talk to an account. Entries as written; [`crate::channel::policy`] normalises.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Direct messages.
    pub dm_policy: DmPolicy,
    /// Senders admitted under `pairing` and `allowlist`.
    pub allow_from: Vec<String>,
    /// Groups.
    pub group_policy: GroupPolicy,
    /// Groups admitted under `allowlist`.
    pub group_allow_from: Vec<String>,
    /// Rules per group id, or `*`.
    pub groups: BTreeMap<String, GroupRule>,
    /// Members of `accessGroups` that apply to WeCom (`*` and `wecom` joined), by name.
    pub access_groups: BTreeMap<String, Vec<String>>,
}

/// Rules of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// `false` blocks the group.
    pub enabled: bool,
    /// Senders admitted; empty admits everybody.
    pub allow_from: Vec<String>,
}

/// Policy for direct messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DmPolicy {
    /// Everybody.
    #[default]
    Open,
    /// Listed and paired senders; others get a pairing code.
    Pairing,
    /// Listed and paired senders; others are dropped.
    Allowlist,
    /// Nobody.
    Disabled,
}

/// Policy for groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupPolicy {
    /// Every group that has the bot.
    #[default]
    Open,
    /// Listed groups.
    Allowlist,
    /// None.
    Disabled,
}

/// The daemon's HTTP listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Address to bind; loopback by default.
    pub bind: IpAddr,
    /// Port (default 19789); 0 picks a free one.
    pub port: u16,
    /// Whether changes of the file apply by themselves.
    pub reload: bool,
}

/// Agents and their back ends.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentsSettings {
    /// Known agents by id, in file order. Without a list: one agent `main`.
    pub list: Vec<AgentEntry>,
    /// Id of the agent that answers where nothing else is said; `None` when several are
    /// listed and none is marked.
    pub default_agent: Option<String>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentEntry {
    /// Normalised agent id.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// What answers.
    pub backend: AgentBackend,
}

/// What stands behind an agent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentBackend {
    /// Answers with what it was told.
    Echo(Echo),
}

/// Settings of the echo back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Echo {
    /// Pause between two pieces of an answer (`pieceDelayMs`, default 0, at most 10 s).
    pub piece_delay: Duration,
}

/// One finding of validation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code, for example `half_bot_ws`.
    pub code: &'static str,
    /// Dotted path of the key concerned, as the user would write it.
    pub path: String,
    /// What is wrong, with the value's shape where it helps, never a secret.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// How bad a finding is; orders worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// This account or section does not work.
    Error,
    /// Works, probably not as meant.
    Warning,
    /// Good to know.
    Info,
}
