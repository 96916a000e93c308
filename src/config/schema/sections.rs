//! Keys of the sections beside `channels.wecom`.
//!
//! These sections are shared with OpenClaw, so most of them have keys that this program
//! does not know; `x-shared` marks where an unknown key is nothing to warn about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::channel::ChannelKeys;
use super::cron::CronKeys;
use super::value::{Foreign, Supplied, TextList};
use crate::config::effective::{
    AcpPermissions, DmScope, GatewayAuthMode, GroupPolicy, GroupScope, OpenClawMode,
};

/// The configuration of wecom, a JSON5 file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(title = "wecom configuration", extend("x-shared" = true))]
pub(crate) struct FileKeys {
    /// Address of this schema, for editors
    #[serde(rename = "$schema")]
    pub(crate) schema: Option<Foreign>,
    /// Stamps of the host program
    pub(crate) meta: Option<Foreign>,
    /// Channels
    pub(crate) channels: ChannelsKeys,
    /// Which agent serves whom
    pub(crate) bindings: Vec<BindingKeys>,
    /// Agents and their back ends
    pub(crate) agents: AgentsKeys,
    /// How messages are gathered into conversations
    pub(crate) session: SessionKeys,
    /// Who may command
    pub(crate) commands: CommandsKeys,
    /// Named lists of senders
    pub(crate) access_groups: BTreeMap<String, AccessGroupKeys>,
    /// HTTP listener and reload
    pub(crate) gateway: GatewayKeys,
    /// Scheduler
    pub(crate) cron: CronKeys,
    /// The link that the plugin inside of OpenClaw dials
    pub(crate) openclaw: OpenClawKeys,
    /// Variables for ${NAME}
    pub(crate) env: EnvKeys,
    /// Providers of secrets
    pub(crate) secrets: SecretsKeys,
    /// MCP servers of the host program
    pub(crate) mcp: Option<Foreign>,
}

/// Channels.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct ChannelsKeys {
    /// WeCom (企业微信)
    pub(crate) wecom: ChannelKeys,
    /// Defaults of all channels
    pub(crate) defaults: ChannelDefaultsKeys,
}

/// Defaults of all channels.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct ChannelDefaultsKeys {
    /// groupPolicy of a channel that sets none
    pub(crate) group_policy: Option<GroupPolicy>,
}

/// Which agent serves whom.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BindingKeys {
    /// Agent that answers
    pub(crate) agent_id: Option<String>,
    /// Which messages
    #[serde(rename = "match")]
    pub(crate) matches: MatchKeys,
    /// Overrides of session
    pub(crate) session: BindingSessionKeys,
    /// Kind of binding; only plain routes are read
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Key of the host program
    pub(crate) acp: Option<Foreign>,
    /// A remark
    pub(crate) comment: Option<Foreign>,
}

/// Which messages a binding takes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MatchKeys {
    /// wecom
    pub(crate) channel: Option<String>,
    /// Account id, * for all; default if absent
    pub(crate) account_id: Option<String>,
    /// One conversation, or one kind of it
    pub(crate) peer: Option<PeerKeys>,
    /// Never set by WeCom
    pub(crate) guild_id: Option<Foreign>,
    /// Never set by WeCom
    pub(crate) team_id: Option<Foreign>,
    /// Never set by WeCom
    pub(crate) roles: Option<Foreign>,
}

/// One conversation, or one kind of it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PeerKeys {
    /// direct or group
    pub(crate) kind: Option<PeerKind>,
    /// Member or group id with its capitals, * for any
    pub(crate) id: Option<String>,
}

/// Kind of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PeerKind {
    /// One member.
    Direct,
    /// The same, older word.
    Dm,
    /// A group.
    Group,
    /// The same, for other channels.
    Channel,
}

/// Overrides of a binding.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct BindingSessionKeys {
    /// Which direct messages share a conversation
    pub(crate) dm_scope: Option<DmScope>,
    /// Which group messages share a conversation
    pub(crate) group_scope: Option<GroupScope>,
}

/// Agents and their back ends.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct AgentsKeys {
    /// Known agents
    pub(crate) list: Vec<AgentEntryKeys>,
    /// What agents have in common
    pub(crate) defaults: AgentDefaultsKeys,
}

/// One agent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct AgentEntryKeys {
    /// Its id
    pub(crate) id: Option<String>,
    /// Display name
    pub(crate) name: Option<String>,
    /// Whether it answers where nothing else is said
    pub(crate) default: bool,
    /// Its workspace
    #[schemars(extend("x-path" = true))]
    pub(crate) workspace: Option<String>,
    /// What answers
    pub(crate) backend: Option<BackendKeys>,
}

/// What agents have in common.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct AgentDefaultsKeys {
    /// Root of the workspaces
    #[schemars(extend("x-path" = true))]
    pub(crate) workspace: Option<String>,
    /// Media limit of the host program, MB
    pub(crate) media_max_mb: Option<f64>,
    /// What answers for an agent without a back end of its own
    pub(crate) backend: Option<BackendKeys>,
}

/// What answers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BackendKeys {
    /// Kind of back end
    #[serde(rename = "type")]
    pub(crate) kind: Option<BackendKind>,
    /// Echo, demo: pause between two pieces of an answer, ms
    #[schemars(range(max = 10_000))]
    pub(crate) piece_delay_ms: u64,
    /// OpenClaw: plugin (the default), or gateway for a WebSocket without a plugin
    pub(crate) mode: OpenClawMode,
    /// OpenClaw, mode gateway: its WebSocket, such as ws://127.0.0.1:18789
    pub(crate) url: Option<String>,
    /// OpenClaw, mode gateway: its token
    #[schemars(extend("x-secret" = true))]
    pub(crate) token: Option<Supplied>,
    /// OpenClaw: its agent; by its own bindings if absent
    pub(crate) agent: Option<String>,
    /// OpenClaw: how long a question waits for a gateway that is away, ms; 10000 by default
    #[schemars(range(min = 0, max = 600_000))]
    pub(crate) wait_ms: Option<u64>,
    /// ACP: the agent's program, by its path or found in PATH
    pub(crate) command: Option<String>,
    /// ACP: the program's arguments
    pub(crate) args: Vec<String>,
    /// ACP: environment variables of the program, beside the usual ones
    #[schemars(extend("x-secret" = true))]
    pub(crate) env: BTreeMap<String, Supplied>,
    /// ACP: working directory; the agent's workspace by default
    #[schemars(extend("x-path" = true))]
    pub(crate) cwd: Option<String>,
    /// ACP: what becomes of the program's requests for permission
    pub(crate) permissions: AcpPermissions,
    /// ACP: how long a request for permission waits for a click, ms; 600000 by default
    #[schemars(range(min = 1_000, max = 86_400_000))]
    pub(crate) permission_timeout_ms: Option<u64>,
    /// ACP: how long the program may take to start, and to begin a session, ms; 60000 by default
    #[schemars(range(min = 1_000, max = 600_000))]
    pub(crate) start_timeout_ms: Option<u64>,
    /// ACP: the program ends after so many idle minutes; 30 by default
    #[schemars(range(min = 1, max = 10_080))]
    pub(crate) idle_minutes: Option<u64>,
    /// ACP: whether the program is given the tools of WeCom; true by default
    pub(crate) mcp: Option<bool>,
    /// OpenAI: address that `/chat/completions` is added to, such as https://api.deepseek.com/v1
    pub(crate) base_url: Option<String>,
    /// OpenAI: key of the endpoint; may be left out for one on this machine
    #[schemars(extend("x-secret" = true))]
    pub(crate) api_key: Option<Supplied>,
    /// OpenAI: the model's name at the endpoint
    pub(crate) model: Option<String>,
    /// OpenAI: how freely the model chooses its words; the endpoint's default if left out
    #[schemars(range(min = 0.0, max = 2.0))]
    pub(crate) temperature: Option<f64>,
    /// OpenAI: longest message of the model, tokens; the endpoint's default if left out
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) max_tokens: Option<u32>,
    /// OpenAI: who the assistant is and how it answers; a short text of ours by default
    pub(crate) system_prompt: Option<String>,
    /// OpenAI: the same in a file, which is read at each turn
    #[schemars(extend("x-path" = true))]
    pub(crate) system_prompt_file: Option<String>,
    /// OpenAI: whether the model understands pictures; false by default
    pub(crate) images: Option<bool>,
    /// OpenAI: how much of the conversation the model is reminded of, tokens; 32000 by default, 0
    /// remembers nothing
    #[schemars(range(max = 2_000_000))]
    pub(crate) history_tokens: Option<u32>,
    /// OpenAI: how often the model may use tools before it has to answer; 16 by default
    #[schemars(range(min = 1, max = 100))]
    pub(crate) max_tool_rounds: Option<u32>,
    /// OpenAI: how long the model may be silent, ms; 60000 by default
    #[schemars(range(min = 1_000, max = 3_600_000))]
    pub(crate) idle_timeout_ms: Option<u64>,
    /// OpenAI: requests at the same time; 8 by default
    #[schemars(range(min = 1, max = 256))]
    pub(crate) concurrency: Option<u32>,
    /// OpenAI: more headers of each request
    #[schemars(extend("x-secret" = true))]
    pub(crate) headers: BTreeMap<String, Supplied>,
    /// OpenAI: which tools the model is offered
    pub(crate) tools: BackendToolsKeys,
    /// OpenAI: more members of each request, in place of ours; null takes one of ours out
    pub(crate) extra_body: Option<Foreign>,
    /// OpenAI: proxy of its own, or `direct`; the environment's by default
    #[schemars(extend("x-secret" = "user-info"))]
    pub(crate) proxy: Option<Supplied>,
    /// OpenAI: authorities in addition to the built-in ones, PEM
    #[schemars(extend("x-path" = true))]
    pub(crate) ca_file: Option<String>,
}

/// Which tools a model is offered. `*` stands for any characters.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BackendToolsKeys {
    /// Names of the tools that it may use; all by default
    pub(crate) allow: Option<TextList>,
    /// Names of the tools that it may not use
    pub(crate) deny: TextList,
}

/// Kind of back end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackendKind {
    /// Answers with what it was told.
    Echo,
    /// Shows by a few rules what an agent can do.
    Demo,
    /// A program that speaks the Agent Client Protocol.
    Acp,
    /// An OpenAI-compatible endpoint.
    #[serde(rename = "openai")]
    OpenAi,
    /// An OpenClaw installation.
    OpenClaw,
}

/// The link that the plugin inside of OpenClaw dials.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct OpenClawKeys {
    /// Address and port of this machine beside the socket in the state directory, such as
    /// 127.0.0.1:19790, for a gateway of another user or in a container
    pub(crate) listen: Option<String>,
    /// What the plugin has to say there
    #[schemars(extend("x-secret" = true))]
    pub(crate) token: Option<Supplied>,
}

/// How messages are gathered into conversations.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct SessionKeys {
    /// Which direct messages share a conversation; per-account-channel-peer by default
    pub(crate) dm_scope: Option<DmScope>,
    /// Which group messages share a conversation; per-group by default
    pub(crate) group_scope: Option<GroupScope>,
    /// Name of the one conversation of scope main
    pub(crate) main_key: Option<String>,
    /// Canonical names of people and their addresses
    pub(crate) identity_links: BTreeMap<String, TextList>,
    /// When a conversation starts anew
    pub(crate) reset: Option<ResetKeys>,
    /// The same by kind of chat: direct, group
    pub(crate) reset_by_type: ResetByTypeKeys,
    /// The same by channel
    pub(crate) reset_by_channel: BTreeMap<String, ResetKeys>,
    /// Retired: reset.idleMinutes
    pub(crate) idle_minutes: Option<u64>,
}

/// When conversations of one kind start anew.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct ResetByTypeKeys {
    /// Direct messages
    pub(crate) direct: Option<ResetKeys>,
    /// Groups
    pub(crate) group: Option<ResetKeys>,
    /// Retired: direct
    pub(crate) dm: Option<ResetKeys>,
}

/// When a conversation starts anew.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct ResetKeys {
    /// none, daily or idle; by the other keys if absent
    pub(crate) mode: Option<ResetMode>,
    /// Hour of the daily reset, local time
    #[schemars(range(max = 23))]
    pub(crate) at_hour: Option<u8>,
    /// Length of the silence before an idle reset
    #[schemars(range(min = 1, max = 5_256_000))]
    pub(crate) idle_minutes: Option<u64>,
}

/// Kind of reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ResetMode {
    /// Never.
    None,
    /// Each day.
    Daily,
    /// After a silence.
    Idle,
}

/// Who may command.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of the file"
)]
pub(crate) struct CommandsKeys {
    /// Slash commands in chats
    pub(crate) text: bool,
    /// /restart for owners
    pub(crate) restart: bool,
    /// /config for owners
    pub(crate) config: bool,
    /// Owners, as wecom:USERID
    pub(crate) owner_allow_from: TextList,
    /// The only source of command rights when present: lists by channel, * for the others
    pub(crate) allow_from: Option<BTreeMap<String, TextList>>,
    /// Retired: false lets every admitted sender command
    pub(crate) use_access_groups: bool,
}

impl Default for CommandsKeys {
    fn default() -> Self {
        Self {
            text: true,
            restart: true,
            config: false,
            owner_allow_from: TextList::default(),
            allow_from: None,
            use_access_groups: true,
        }
    }
}

/// A named list of senders.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct AccessGroupKeys {
    /// message.senders
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Senders by channel, * for all
    pub(crate) members: BTreeMap<String, TextList>,
}

/// HTTP listener and reload.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct GatewayKeys {
    /// Port; 0 picks a free one, 19789 by default
    #[schemars(range(max = 65_535), extend("x-reload" = "restart"))]
    pub(crate) port: Option<u16>,
    /// loopback, lan, or an address
    #[schemars(extend("x-reload" = "restart"))]
    pub(crate) bind: Option<String>,
    /// Operator authentication
    pub(crate) auth: GatewayAuthKeys,
    /// Base of callback URLs as WeCom reaches them
    pub(crate) public_origin: Option<String>,
    /// Proxies whose forwarded addresses are believed, for logs only
    pub(crate) trusted_proxies: TextList,
    /// Reload of this file
    pub(crate) reload: GatewayReloadKeys,
}

/// Operator authentication.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct GatewayAuthKeys {
    /// What is asked for
    pub(crate) mode: GatewayAuthMode,
    /// Bearer token
    #[schemars(extend("x-secret" = true))]
    pub(crate) token: Option<Supplied>,
    /// Password
    #[schemars(extend("x-secret" = true))]
    pub(crate) password: Option<Supplied>,
}

/// Reload of the file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct GatewayReloadKeys {
    /// hybrid applies changes by itself
    pub(crate) mode: Option<ReloadMode>,
    /// Retired: built in
    pub(crate) debounce_ms: Option<Foreign>,
}

/// Whether changes of the file apply by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReloadMode {
    /// They do.
    Hybrid,
    /// They wait for a command or a restart.
    Off,
    /// Retired: hybrid.
    Hot,
    /// Retired: hybrid.
    Restart,
}

/// Variables for `${NAME}`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct EnvKeys {
    /// Variables by name; the process environment and .env win
    #[schemars(extend("x-secret" = true))]
    pub(crate) vars: BTreeMap<String, String>,
}

/// Providers of secrets.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct SecretsKeys {
    /// Providers by name
    pub(crate) providers: BTreeMap<String, ProviderKeys>,
}

/// One provider of secrets.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-shared" = true))]
pub(crate) struct ProviderKeys {
    /// env, file or exec
    pub(crate) source: Option<ProviderSource>,
    /// File: where it is
    #[schemars(extend("x-path" = true))]
    pub(crate) path: Option<String>,
    /// File: json with pointers, or the whole file as one value
    pub(crate) mode: Option<ProviderMode>,
    /// Program: absolute path
    #[schemars(extend("x-path" = true))]
    pub(crate) command: Option<String>,
    /// Program: its arguments
    pub(crate) args: TextList,
}

/// Kind of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProviderSource {
    /// Environment variables.
    Env,
    /// A file.
    File,
    /// A program.
    Exec,
}

/// How a provider's file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ProviderMode {
    /// As JSON; the id is a pointer into it.
    Json,
    /// As one value.
    SingleValue,
}
