//! Keys of `channels.wecom` and of its accounts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agent_app::AgentKeys;
use super::mcp::McpKeys;
use super::value::{Foreign, Supplied, TextList};
use crate::config::effective::{DmPolicy, DynamicIdStyle, GroupPolicy, MarkdownTables};

/// The channel's own keys; those of an account stand here too, as defaults of all accounts.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the file; accounts are merged as values"
)]
pub(crate) struct ChannelKeys {
    /// Account that is meant where none is named
    pub(crate) default_account: Option<String>,
    /// Accounts by id; keys of an account override those of the channel
    #[schemars(extend("x-reload" = "lifecycle"))]
    pub(crate) accounts: BTreeMap<String, AccountKeys>,
    #[serde(flatten)]
    pub(crate) account: AccountKeys,
}

/// Keys of one account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AccountKeys {
    /// Whether the channel or account is on
    #[schemars(extend("x-reload" = "lifecycle"))]
    pub(crate) enabled: Option<bool>,
    /// Transport of the bot
    #[schemars(extend("x-reload" = "reconnect"))]
    pub(crate) connection_mode: ConnectionMode,
    /// Display name
    #[schemars(length(max = 128))]
    pub(crate) name: String,

    /// Bot ID of the admin console
    #[schemars(extend("x-reload" = "reconnect"))]
    pub(crate) bot_id: Option<Supplied>,
    /// Secret of the bot's long connection
    #[schemars(extend("x-reload" = "reconnect", "x-secret" = true))]
    pub(crate) secret: Option<Supplied>,
    /// Address of the long connection: wss, or ws on loopback
    #[schemars(extend("x-reload" = "reconnect"))]
    pub(crate) websocket_url: Option<String>,
    /// Whether a turn starts with a thinking placeholder
    pub(crate) send_thinking_message: bool,
    /// Extra roots and client identity of the long connection
    #[schemars(extend("x-reload" = "reconnect"))]
    pub(crate) tls: TlsKeys,
    /// Numbers of the long connection
    #[schemars(extend("x-reload" = "reconnect"))]
    pub(crate) websocket: WebsocketKeys,

    /// Token of the bot's callback, 3 to 32 letters and digits
    #[schemars(extend("x-reload" = "re-register", "x-secret" = true))]
    pub(crate) token: Option<Supplied>,
    /// Key of the bot's callback, 43 characters
    #[serde(rename = "encodingAESKey")]
    #[schemars(extend("x-reload" = "re-register", "x-secret" = true))]
    pub(crate) encoding_aes_key: Option<Supplied>,
    /// Receiver id of the bot's callback; empty is not checked
    #[schemars(extend("x-reload" = "re-register"))]
    pub(crate) receive_id: Option<String>,
    /// Answer when somebody opens the chat
    #[schemars(extend("x-max-bytes" = WELCOME_TEXT_BYTES))]
    pub(crate) welcome_text: Option<String>,
    /// First content of a polled stream
    #[schemars(extend("x-max-bytes" = STREAM_PLACEHOLDER_BYTES))]
    pub(crate) stream_placeholder_content: String,
    /// Window in which quick messages are joined, ms
    #[schemars(range(max = 10_000))]
    pub(crate) debounce_ms: u64,
    /// Numbers of the bot's callback
    pub(crate) webhook: WebhookKeys,

    /// Who may write to the bot directly
    pub(crate) dm_policy: Option<DmPolicy>,
    /// Senders admitted under pairing and allowlist
    pub(crate) allow_from: Option<TextList>,
    /// Which groups may use the bot; falls back to channels.defaults.groupPolicy
    pub(crate) group_policy: Option<GroupPolicy>,
    /// Groups admitted under allowlist
    pub(crate) group_allow_from: TextList,
    /// Rules per group id, or * for the others
    pub(crate) groups: BTreeMap<String, GroupKeys>,

    /// Folders that local files may be sent from
    #[schemars(extend("x-path" = true))]
    pub(crate) media_local_roots: TextList,
    /// Media limits and storage
    pub(crate) media: MediaKeys,
    /// HTTP to WeCom
    pub(crate) network: NetworkKeys,
    /// The agent app (自建应用)
    pub(crate) agent: AgentKeys,

    /// Agents made on demand
    pub(crate) dynamic_agents: DynamicAgentsKeys,
    /// What happens to messages that no binding claims
    pub(crate) routing: RoutingKeys,
    /// Characters per outbound piece
    #[schemars(range(min = 100, max = 20_000))]
    pub(crate) text_chunk_limit: u64,
    /// How long a turn may take, ms
    #[schemars(range(min = 10_000, max = 86_400_000))]
    pub(crate) turn_timeout_ms: u64,
    /// MCP servers
    pub(crate) mcp: McpKeys,

    /// Rendering
    pub(crate) markdown: MarkdownKeys,
    /// Supervision
    pub(crate) health_monitor: HealthMonitorKeys,
    /// Key of the host program
    pub(crate) capabilities: Option<Foreign>,
    /// Key of the host program
    pub(crate) response_prefix: Option<Foreign>,
    /// Key of the host program
    pub(crate) config_writes: Option<Foreign>,
    /// Key of the host program
    pub(crate) commands: Option<Foreign>,
}

/// Longest `welcomeText` that WeCom takes, in bytes.
pub(crate) const WELCOME_TEXT_BYTES: u64 = 2_048;

/// Longest `streamPlaceholderContent`, in bytes.
pub(crate) const STREAM_PLACEHOLDER_BYTES: u64 = 1_024;

/// Display name of an account without one.
pub(crate) const DEFAULT_NAME: &str = "企业微信";

impl Default for AccountKeys {
    fn default() -> Self {
        Self {
            enabled: None,
            connection_mode: ConnectionMode::Websocket,
            name: DEFAULT_NAME.to_owned(),
            bot_id: None,
            secret: None,
            websocket_url: None,
            send_thinking_message: true,
            tls: TlsKeys::default(),
            websocket: WebsocketKeys::default(),
            token: None,
            encoding_aes_key: None,
            receive_id: None,
            welcome_text: None,
            stream_placeholder_content: "1".to_owned(),
            debounce_ms: 500,
            webhook: WebhookKeys::default(),
            dm_policy: None,
            allow_from: None,
            group_policy: None,
            group_allow_from: TextList::default(),
            groups: BTreeMap::new(),
            media_local_roots: TextList::default(),
            media: MediaKeys::default(),
            network: NetworkKeys::default(),
            agent: AgentKeys::default(),
            dynamic_agents: DynamicAgentsKeys::default(),
            routing: RoutingKeys::default(),
            text_chunk_limit: 4_000,
            turn_timeout_ms: 1_800_000,
            mcp: McpKeys::default(),
            markdown: MarkdownKeys::default(),
            health_monitor: HealthMonitorKeys::default(),
            capabilities: None,
            response_prefix: None,
            config_writes: None,
            commands: None,
        }
    }
}

/// Transport of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ConnectionMode {
    /// Long connection, opened by this program.
    Websocket,
    /// Callbacks, opened by WeCom.
    Webhook,
}

/// PEM files of the long connection.
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TlsKeys {
    /// Roots in addition to the built-in ones
    #[schemars(extend("x-path" = true))]
    pub(crate) ca_file: Option<String>,
    /// Client certificate chain
    #[schemars(extend("x-path" = true))]
    pub(crate) client_cert_file: Option<String>,
    /// Client key
    #[schemars(extend("x-path" = true))]
    pub(crate) client_key_file: Option<String>,
}

/// Numbers of the long connection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct WebsocketKeys {
    /// Heartbeat interval, ms
    #[schemars(range(min = 5_000, max = 120_000))]
    pub(crate) heartbeat_ms: u64,
    /// Reconnects per fast round after network failures; -1 is unlimited
    #[schemars(range(min = -1, max = 1_000_000))]
    pub(crate) max_reconnects: i64,
    /// Retries after a refused subscribe; -1 is unlimited
    #[schemars(range(min = -1, max = 1_000_000))]
    pub(crate) max_auth_retries: i64,
    /// When a running answer leaves its stream, ms
    #[schemars(range(min = 60_000, max = 570_000))]
    pub(crate) stream_handover_ms: u64,
    /// How long a final answer is kept while the socket is down, ms
    #[schemars(range(min = 300_000, max = 3_600_000))]
    pub(crate) undelivered_ttl_ms: u64,
    /// Version strings sent to WeCom; empty sends none
    pub(crate) compat_version: String,
    /// Taking the bot back after another connection took it over; absent stays parked
    pub(crate) reclaim: Option<ReclaimKeys>,
}

impl Default for WebsocketKeys {
    fn default() -> Self {
        Self {
            heartbeat_ms: 30_000,
            max_reconnects: 10,
            max_auth_retries: 5,
            stream_handover_ms: 330_000,
            undelivered_ttl_ms: 1_800_000,
            compat_version: "2026.4.29".to_owned(),
            reclaim: None,
        }
    }
}

/// Taking the bot back after a kick.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ReclaimKeys {
    /// Delay before the first attempt, ms
    #[schemars(range(min = 10_000, max = 86_400_000))]
    pub(crate) initial_delay_ms: u64,
    /// Cap of the doubling delay, ms
    #[schemars(range(min = 10_000, max = 86_400_000))]
    pub(crate) max_delay_ms: u64,
}

impl Default for ReclaimKeys {
    fn default() -> Self {
        Self {
            initial_delay_ms: 60_000,
            max_delay_ms: 3_600_000,
        }
    }
}

/// Numbers of the bot's callback.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct WebhookKeys {
    /// How far a callback's timestamp may be off, seconds; 0 does not check
    pub(crate) max_clock_skew_sec: u64,
}

impl Default for WebhookKeys {
    fn default() -> Self {
        Self {
            max_clock_skew_sec: 300,
        }
    }
}

/// Rules of one group.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct GroupKeys {
    /// Senders admitted; empty admits everybody in the group
    pub(crate) allow_from: TextList,
    /// false blocks the group
    pub(crate) enabled: bool,
}

impl Default for GroupKeys {
    fn default() -> Self {
        Self {
            allow_from: TextList::default(),
            enabled: true,
        }
    }
}

/// Media limits and storage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MediaKeys {
    /// Inbound limit, bytes; outbound cap when below 20 MB
    #[schemars(range(min = 1, max = 104_857_600))]
    pub(crate) max_bytes: u64,
    /// Where downloads are kept; media in the state directory by default
    #[schemars(extend("x-path" = true, "x-reload" = "restart"))]
    pub(crate) temp_dir: Option<String>,
    /// How long downloads are kept, hours; 0 keeps them
    #[schemars(range(min = 0, max = 87_600))]
    pub(crate) retention_hours: f64,
    /// Whether all kept files are removed at start, not only old ones
    pub(crate) cleanup_on_start: bool,
    /// Intranet hosts that remote media may come from
    pub(crate) allowed_hosts: TextList,
    /// Whether remote media may come over plain http
    pub(crate) allow_http: bool,
}

impl Default for MediaKeys {
    fn default() -> Self {
        Self {
            max_bytes: 20_971_520,
            temp_dir: None,
            retention_hours: 72.0,
            cleanup_on_start: false,
            allowed_hosts: TextList::default(),
            allow_http: false,
        }
    }
}

/// HTTP to WeCom.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NetworkKeys {
    /// Time-out of one attempt, ms
    #[schemars(range(min = 1_000, max = 300_000))]
    pub(crate) timeout_ms: u64,
    /// Attempts after the first
    #[schemars(range(max = 10))]
    pub(crate) retries: u32,
    /// First pause between attempts, doubled up to 10 s, ms
    #[schemars(range(max = 60_000))]
    pub(crate) retry_delay_ms: u64,
    /// Proxy for everything that goes to WeCom, or direct
    #[schemars(extend("x-reload" = "reconnect", "x-secret" = "user-info"))]
    pub(crate) egress_proxy_url: Option<Supplied>,
    /// Base of WeCom's HTTP API: https, or http on loopback
    #[schemars(extend("x-reload" = "client"))]
    pub(crate) api_base_url: Option<String>,
}

impl Default for NetworkKeys {
    fn default() -> Self {
        Self {
            timeout_ms: 15_000,
            retries: 2,
            retry_delay_ms: 1_000,
            egress_proxy_url: None,
            api_base_url: None,
        }
    }
}

/// Agents made on demand, one per conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DynamicAgentsKeys {
    /// Whether they are made
    pub(crate) enabled: bool,
    /// For direct chats
    pub(crate) dm_create_agent: bool,
    /// For groups
    pub(crate) group_enabled: bool,
    /// Members who keep the ordinary route
    pub(crate) admin_users: TextList,
    /// Beyond this many the least recently used idle one is archived
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) max_agents: u32,
    /// Form of their ids
    pub(crate) id_style: DynamicIdStyle,
}

impl Default for DynamicAgentsKeys {
    fn default() -> Self {
        Self {
            enabled: false,
            dm_create_agent: true,
            group_enabled: true,
            admin_users: TextList::default(),
            max_agents: 5_000,
            id_style: DynamicIdStyle::default(),
        }
    }
}

/// What happens to messages that no binding claims.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RoutingKeys {
    /// Refuse them; true with accounts, false without
    pub(crate) fail_closed_on_default_route: Option<bool>,
}

/// Rendering.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MarkdownKeys {
    /// How tables are shown: off for the bot, bullets for the app by default
    pub(crate) tables: Option<MarkdownTables>,
}

/// Supervision.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct HealthMonitorKeys {
    /// Whether a stalled account may be restarted
    pub(crate) enabled: bool,
}

impl Default for HealthMonitorKeys {
    fn default() -> Self {
        Self { enabled: true }
    }
}
