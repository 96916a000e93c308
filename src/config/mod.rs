//! The configuration: one JSON5 file in, effective accounts out.
//!
//! [`load`] reads the file that [`locate`] finds and makes a [`Config`] of it: merged,
//! resolved, validated values with defaults applied, and every problem at once. Nobody
//! outside this module looks at the file's JSON. [`schema`] knows every key, [`reload`]
//! compares two configurations, [`watch`] tells when the files change. [`edit`] changes the
//! file and [`import`] takes over one of OpenClaw's.

mod account;
mod aes_key;
mod assemble;
mod build;
pub mod document;
mod duration;
pub mod edit;
mod effective;
mod environment;
mod findings;
pub mod import;
mod include;
pub mod ip_range;
mod live;
mod load;
mod location;
pub mod path;
pub(crate) mod place;
pub mod proxy;
mod reader;
pub mod reload;
pub mod schema;
mod secret_ref;
mod sources;
mod unknown;
mod variables;
pub mod watch;

pub use account::{normalise_account_id, normalise_agent_id};
pub use aes_key::check_aes_key;
#[cfg(test)]
pub(crate) use aes_key::decode as decode_aes_key;
pub use effective::{
    Access, Account, AccountMatch, AcpBackend, AcpPermissions, AesKey, AgentApp, AgentBackend,
    AgentEntry, AgentsSettings, AlertMode, Binding, BotSocket, BotWebhook, CallbackKeys,
    ChatTargets, CommandsSettings, Config, CronRetry, CronSettings, Demo, DmPolicy, DmScope,
    DynamicAgents, DynamicIdStyle, Echo, FailureAlert, FailureClass, GatewayAuth, GatewayAuthMode,
    GatewaySettings, GroupPolicy, GroupRule, GroupScope, Issue, LinkPort, LocalFiles,
    MarkdownTables, McpAuth, McpClient, McpConfirm, McpDelivery, McpServer, McpServerSettings,
    McpSettings, MediaSettings, NetworkSettings, OpenAiBackend, OpenClawBackend, OpenClawGateway,
    OpenClawLink, OpenClawMode, OpenClawPlugin, PeerMatch, Reclaim, ResetRule, SessionSettings,
    Severity, SocketTiming, SystemPrompt, TlsFiles, ToolPolicy, UnknownAccount, all_issues,
};
pub use environment::{Environment, Language};
pub use live::LiveConfig;
pub use load::{LoadError, Loaded, load, load_text};
pub use location::{Location, locate};
pub use sources::{EffectiveKey, Origin, Sources};
pub use unknown::nearest;

#[cfg(test)]
mod tests;
