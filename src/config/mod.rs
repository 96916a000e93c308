//! The configuration: one JSON5 file in, effective accounts out.
//!
//! [`load`] reads the file that [`locate`] finds and makes a [`Config`] of it: merged,
//! resolved, validated values with defaults applied, and every problem at once. Nobody
//! outside this module looks at the file's JSON. [`schema`] knows every key, [`reload`]
//! compares two configurations, [`watch`] tells when the files change.

pub mod document;
pub mod edit;
mod effective;
mod environment;
mod findings;
pub mod ip_range;
mod load;
mod location;
pub mod path;
mod place;
pub mod proxy;
pub mod schema;
mod sources;

pub use effective::{
    Access, Account, AccountMatch, AesKey, AgentApp, AgentBackend, AgentEntry, AgentsSettings,
    AlertMode, Binding, BotSocket, BotWebhook, CallbackKeys, ChatTargets, CommandsSettings, Config,
    CronRetry, CronSettings, DmPolicy, DmScope, DynamicAgents, DynamicIdStyle, Echo, FailureAlert,
    FailureClass, GatewayAuth, GatewayAuthMode, GatewaySettings, GroupPolicy, GroupRule,
    GroupScope, Issue, LocalFiles, MarkdownTables, McpAuth, McpClient, McpConfirm, McpDelivery,
    McpServer, McpServerSettings, McpSettings, MediaSettings, NetworkSettings, PeerMatch, Reclaim,
    ResetRule, SessionSettings, Severity, SocketTiming, TlsFiles, all_issues,
};
pub use environment::{Environment, Language};
pub use load::{LoadError, Loaded};
pub use location::{Location, locate};
pub use sources::{EffectiveKey, Origin, Sources};
