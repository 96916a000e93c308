//! MCP: the servers an account calls, and the server that this program is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, UserId};
use crate::secret::Secret;

/// What one account does with WeCom's own MCP servers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of the file"
)]
pub struct McpSettings {
    /// Static servers by category; a category that is missing is asked for over the socket.
    pub servers: BTreeMap<String, McpServer>,
    /// Account whose bot is used instead of this one's.
    pub via_account: Option<AccountId>,
    /// Whether tool arguments may name local files.
    pub local_files: LocalFiles,
    /// Whether the requester is asked before files leave.
    pub confirm_files: bool,
    /// Folders that a client over standard input may name files in; `None` is the working
    /// directory.
    pub file_roots: Option<Vec<PathBuf>>,
    /// What happens to destructive methods.
    pub confirm: McpConfirm,
    /// Revision offered to WeCom's servers.
    pub protocol_version: String,
    /// Whether the official client's user agent is sent.
    pub compat_user_agent: bool,
    /// Whether a document that needs authorisation is announced with a card.
    pub doc_auth_card: bool,
    /// Whether long documents are moved to a file.
    pub spill: bool,
    /// Interceptors switched off by name.
    pub disabled_interceptors: Vec<String>,
}

/// One static MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpServer {
    /// Holds an API key in its query, hence secret.
    pub url: Secret,
    /// Extra headers.
    pub headers: BTreeMap<String, Secret>,
}

/// Whether tool arguments may name local files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LocalFiles {
    /// Never.
    Off,
    /// Below the allowed roots.
    #[default]
    Roots,
}

/// What happens to a destructive method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum McpConfirm {
    /// It runs; asking first is the skill's business.
    #[default]
    Off,
    /// The client asks the person.
    Elicit,
    /// It is refused.
    Deny,
}

/// The MCP server that this program is (`channels.wecom.mcp`, top level only).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpServerSettings {
    /// Whether clients must show a token.
    pub auth: McpAuth,
    /// Whether `/mcp` is served beyond loopback.
    pub public: bool,
    /// Values of `Origin` admitted besides loopback.
    pub allowed_origins: Vec<String>,
    /// Values of `Host` admitted besides loopback.
    pub allowed_hosts: Vec<String>,
    /// Known clients.
    pub clients: Vec<McpClient>,
    /// Categories offered as one tool a method.
    pub expand: Vec<String>,
    /// Folders with further skills. A skill of a later one takes the place of its namesake
    /// in an earlier one or in the program.
    pub skills_dirs: Vec<PathBuf>,
    /// Whether the skills of the program are served.
    pub built_in_skills: bool,
    /// Whether skills are also offered as a tool.
    pub skill_tool: bool,
}

impl Default for McpServerSettings {
    fn default() -> Self {
        Self {
            auth: McpAuth::default(),
            public: false,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            clients: Vec::new(),
            expand: Vec::new(),
            skills_dirs: Vec::new(),
            built_in_skills: true,
            skill_tool: true,
        }
    }
}

/// Whether MCP clients over HTTP must show a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum McpAuth {
    /// A bearer token.
    #[default]
    Token,
    /// Nothing; loopback only.
    None,
}

/// One MCP client with a token of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct McpClient {
    /// Name for logs.
    pub id: String,
    /// Its token.
    pub token: Secret,
    /// Account it acts through; `None` is the default account.
    pub account: Option<AccountId>,
    /// Accounts it may speak for when it delegates; empty is all.
    pub accounts: Vec<AccountId>,
    /// Member it acts for; `None` may only do what the bot may do by itself.
    pub user: Option<UserId>,
    /// Whether it may ask for tokens of other members.
    pub delegate: bool,
    /// Categories it may use; empty is all.
    pub categories: Vec<String>,
    /// Method patterns it may use; empty is all.
    pub allow_methods: Vec<String>,
    /// Method patterns it may not use.
    pub deny_methods: Vec<String>,
    /// Whether only reading methods are open to it.
    pub read_only: bool,
    /// Folders its arguments may name files in.
    pub file_roots: Vec<PathBuf>,
    /// How files come back.
    pub delivery: McpDelivery,
    /// Tool calls per minute.
    pub calls_per_minute: u32,
}

/// How a file reaches an MCP client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum McpDelivery {
    /// As a resource of the server.
    #[default]
    Resource,
    /// As a path on the server's machine.
    Path,
}
