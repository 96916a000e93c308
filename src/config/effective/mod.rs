//! What a loaded configuration means: the types that the runtime works with.

mod access;
mod agent_app;
mod agents;
mod backend_acp;
mod backend_openai;
mod backend_openclaw;
mod bot;
mod cron;
mod gateway;
mod issue;
mod mcp;
mod network;
mod session;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::account::normalise_account_id;
use crate::ids::AccountId;

pub use access::{Access, CommandsSettings, DmPolicy, GroupPolicy, GroupRule};
pub use agent_app::AgentApp;
pub use agents::{
    AccountMatch, AgentBackend, AgentEntry, AgentsSettings, Binding, Demo, DynamicAgents,
    DynamicIdStyle, Echo, PeerMatch,
};
pub use backend_acp::{AcpBackend, AcpPermissions};
pub use backend_openai::{OpenAiBackend, SystemPrompt, ToolPolicy};
pub use backend_openclaw::{
    LinkPort, OpenClawBackend, OpenClawGateway, OpenClawLink, OpenClawMode, OpenClawPlugin,
};
pub use bot::{AesKey, BotSocket, BotWebhook, CallbackKeys, Reclaim, SocketTiming, TlsFiles};
pub use cron::{AlertMode, ChatTargets, CronRetry, CronSettings, FailureAlert, FailureClass};
pub use gateway::{GatewayAuth, GatewayAuthMode, GatewaySettings};
pub use issue::{Issue, Severity};
pub use mcp::{
    LocalFiles, McpAuth, McpClient, McpConfirm, McpDelivery, McpServer, McpServerSettings,
    McpSettings,
};
pub use network::{MediaSettings, NetworkSettings};
pub use session::{DmScope, GroupScope, ResetRule, SessionSettings};

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
    /// Which agent serves whom, in file order.
    pub bindings: Vec<Binding>,
    /// How messages are gathered into conversations.
    pub session: SessionSettings,
    /// Who may command.
    pub commands: CommandsSettings,
    /// The scheduler.
    pub cron: CronSettings,
    /// The link that OpenClaw's plugin dials.
    pub openclaw: OpenClawLink,
    /// The MCP server that this program is.
    pub mcp_server: McpServerSettings,
    /// Problems that belong to no single account, worst first.
    pub issues: Vec<Issue>,
}

/// One account with everything inherited and every reference resolved.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of the file"
)]
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
    /// The bot's webhooks, when this account has them and owns the bot.
    pub bot_webhook: Option<BotWebhook>,
    /// The agent app.
    pub agent_app: Option<AgentApp>,
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
    /// How tables are rendered; `None` is `off` for the bot and `bullets` for the app.
    pub markdown_tables: Option<MarkdownTables>,
    /// Whether the supervisor may restart a stalled account.
    pub health_monitor: bool,
    /// Messages that no binding claims are refused.
    pub fail_closed_on_default_route: bool,
    /// Agents made on demand.
    pub dynamic_agents: DynamicAgents,
    /// HTTP to WeCom.
    pub network: NetworkSettings,
    /// Media.
    pub media: MediaSettings,
    /// MCP servers that it calls.
    pub mcp: McpSettings,
    /// Problems of this account, worst first. An `Error` that concerns a capability means
    /// that the capability is `None`.
    pub issues: Vec<Issue>,
}

impl Config {
    /// Everything at its default: no file, one account `default` that is off and has
    /// nothing. For programs that fill a configuration in themselves.
    pub fn unconfigured(home: &Path) -> Self {
        crate::config::assemble::unconfigured(home)
    }

    /// The account that somebody named; the name is normalised first.
    ///
    /// # Errors
    /// There is none of that id. Nothing else is taken instead.
    pub fn account(&self, name: &str) -> Result<&Account, UnknownAccount> {
        let id = AccountId::new(normalise_account_id(name));
        self.accounts.get(&id).ok_or_else(|| UnknownAccount {
            id,
            known: self.accounts.keys().cloned().collect(),
        })
    }
}

/// An account that somebody named does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no account `{id}`; known: {}", listed(.known))]
pub struct UnknownAccount {
    /// The id asked for, normalised.
    pub id: AccountId,
    /// Ids that exist.
    pub known: Vec<AccountId>,
}

fn listed(ids: &[AccountId]) -> String {
    let ids: Vec<&str> = ids.iter().map(AccountId::as_str).collect();
    ids.join(", ")
}

impl Account {
    /// An account that is on and has every default, but nothing configured. For programs
    /// that fill a configuration in themselves.
    pub fn unconfigured(id: AccountId, home: &Path) -> Self {
        crate::config::build::unconfigured_account(id, home)
    }

    /// What its HTTPS is checked with: `tls`, which is read as a whole for a long connection, and
    /// as far as roots go for every account.
    pub(crate) fn tls(&self) -> TlsFiles {
        match &self.bot_socket {
            Some(socket) => socket.tls.clone(),
            None => TlsFiles {
                ca_file: self.network.ca_file.clone(),
                ..TlsFiles::default()
            },
        }
    }

    /// Whether something is wrong with it that keeps a part of it, or all, from starting.
    pub fn has_errors(&self) -> bool {
        self.issues
            .iter()
            .any(|issue| issue.severity == Severity::Error)
    }

    /// Whether anything of it can start.
    pub fn is_configured(&self) -> bool {
        self.bot_socket.is_some()
            || self.bot_webhook.is_some()
            || self.agent_app.is_some()
            || !self.mcp.servers.is_empty()
    }
}

/// How a Markdown table reaches people whose client shows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MarkdownTables {
    /// As written.
    Off,
    /// As a list.
    Bullets,
    /// As a code block.
    Code,
}

/// Every finding, of the file and of each account, worst first, then by path; repeated
/// ones (a key that several accounts inherit) once.
pub fn all_issues(config: &Config) -> Vec<&Issue> {
    let mut issues: Vec<&Issue> = config
        .issues
        .iter()
        .chain(config.accounts.values().flat_map(|account| &account.issues))
        .collect();
    issues.sort_by_key(|issue| (issue.severity, &issue.path, issue.code, &issue.message));
    issues.dedup();
    issues
}
