//! The configuration: one JSON5 file in, effective accounts out.
//!
//! [`Config`] is what the rest of the program sees: merged, resolved, validated values
//! with defaults applied. Nobody outside this module looks at the file's JSON.

mod effective;

pub use effective::{
    Access, Account, AgentBackend, AgentEntry, AgentsSettings, BotSocket, Config, DmPolicy, Echo,
    GatewaySettings, GroupPolicy, GroupRule, Issue, Reclaim, Severity, SocketTiming, TlsFiles,
};

pub mod edit;
pub mod path;
