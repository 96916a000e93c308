//! Keys of `channels.wecom.mcp`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::value::{Supplied, TextList};
use crate::config::effective::{LocalFiles, McpAuth, McpConfirm, McpDelivery};

/// MCP: servers that an account calls; the server that this program is (top level only).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct McpKeys {
    /// Static servers by category
    pub(crate) servers: BTreeMap<String, McpServerKeys>,
    /// Account whose bot is used instead
    pub(crate) via_account: Option<String>,
    /// Whether tool arguments may name local files
    pub(crate) local_files: LocalFiles,
    /// Ask the requester before files leave
    pub(crate) confirm_files: bool,
    /// Folders that a client over standard input may name files in
    #[schemars(extend("x-path" = true))]
    pub(crate) file_roots: Option<TextList>,
    /// What happens to destructive methods
    pub(crate) confirm: McpConfirm,
    /// Revision offered to WeCom's servers
    #[schemars(length(min = 1, max = 32))]
    pub(crate) protocol_version: String,
    /// Send the official client's user agent
    pub(crate) compat_user_agent: bool,
    /// Switches of single interceptors, by name
    pub(crate) interceptors: BTreeMap<String, bool>,

    /// HTTP endpoint of this program's server
    #[schemars(extend("x-top-only" = true))]
    pub(crate) http: McpHttpKeys,
    /// Clients with a token of their own
    #[schemars(extend("x-top-only" = true))]
    pub(crate) clients: Vec<McpClientKeys>,
    /// Categories offered as one tool a method
    #[schemars(extend("x-top-only" = true))]
    pub(crate) expand: TextList,
    /// Skills
    #[schemars(extend("x-top-only" = true, "x-reload" = "restart"))]
    pub(crate) skills: McpSkillsKeys,
    /// Offer skills as a tool too
    #[schemars(extend("x-top-only" = true))]
    pub(crate) skill_tool: bool,
}

impl Default for McpKeys {
    fn default() -> Self {
        Self {
            servers: BTreeMap::new(),
            via_account: None,
            local_files: LocalFiles::default(),
            confirm_files: false,
            file_roots: None,
            confirm: McpConfirm::default(),
            protocol_version: "2025-03-26".to_owned(),
            compat_user_agent: false,
            interceptors: BTreeMap::new(),
            http: McpHttpKeys::default(),
            clients: Vec::new(),
            expand: TextList::default(),
            skills: McpSkillsKeys::default(),
            skill_tool: true,
        }
    }
}

/// One static MCP server; the address alone, or the snippet that WeCom's console shows,
/// may stand for it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-form" = "mcp-server", "type" = ["object", "string"]))]
pub(crate) struct McpServerKeys {
    /// Address; holds an API key
    #[schemars(extend("x-secret" = true))]
    pub(crate) url: Option<Supplied>,
    /// Extra headers
    #[schemars(extend("x-secret" = true))]
    pub(crate) headers: BTreeMap<String, Supplied>,
    /// streamable-http, as the console writes
    #[serde(rename = "type")]
    pub(crate) transport: Option<String>,
}

/// HTTP endpoint of this program's MCP server.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct McpHttpKeys {
    /// What clients must show
    pub(crate) auth: McpAuth,
    /// Serve it beyond loopback
    pub(crate) public: bool,
    /// Values of Origin admitted besides loopback
    pub(crate) allowed_origins: TextList,
    /// Values of Host admitted besides loopback
    pub(crate) allowed_hosts: TextList,
}

/// Skills.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct McpSkillsKeys {
    /// Folders with further skills; of two of a name the later folder's counts
    #[schemars(extend("x-path" = true))]
    pub(crate) dir: TextList,
    /// Serve the skills of the program too
    pub(crate) built_in: bool,
}

impl Default for McpSkillsKeys {
    fn default() -> Self {
        Self {
            dir: TextList::default(),
            built_in: true,
        }
    }
}

/// One MCP client.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct McpClientKeys {
    /// Name for logs
    pub(crate) id: String,
    /// Its token
    #[schemars(extend("x-secret" = true))]
    pub(crate) token: Option<Supplied>,
    /// Account it acts through
    pub(crate) account: Option<String>,
    /// Accounts it may speak for
    pub(crate) accounts: TextList,
    /// Member it acts for
    pub(crate) user: Option<String>,
    /// Whether it may ask for tokens of other members
    pub(crate) delegate: bool,
    /// Categories it may use; empty is all
    pub(crate) categories: TextList,
    /// Method patterns
    pub(crate) methods: McpMethodsKeys,
    /// Only reading methods
    pub(crate) read_only: bool,
    /// Folders its arguments may name files in
    #[schemars(extend("x-path" = true))]
    pub(crate) file_roots: TextList,
    /// How files come back
    pub(crate) delivery: McpDelivery,
    /// Tool calls per minute
    #[schemars(range(min = 1, max = 6_000))]
    pub(crate) rate: u32,
}

impl Default for McpClientKeys {
    fn default() -> Self {
        Self {
            id: String::new(),
            token: None,
            account: None,
            accounts: TextList::default(),
            user: None,
            delegate: false,
            categories: TextList::default(),
            methods: McpMethodsKeys::default(),
            read_only: false,
            file_roots: TextList::default(),
            delivery: McpDelivery::default(),
            rate: 120,
        }
    }
}

/// Method patterns of a client.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct McpMethodsKeys {
    /// Allowed; empty is all
    pub(crate) allow: TextList,
    /// Refused
    pub(crate) deny: TextList,
}
