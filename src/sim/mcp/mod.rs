//! The category servers: MCP over HTTP at `/mcp/robot-<category>?apikey=…`, as WeCom's own
//! behave, and as they misbehave when told to.
//!
//! The protocol is written by hand, so that every part of it can go wrong on purpose.
//! What a method does is the company's business ([`super::company`]); what it takes and
//! how it is described comes from the catalogue.

mod addresses;
mod answer;
mod dispatch;
mod fault;
mod gateway;
mod handle;
mod http;
mod journal;
mod routes;
mod rpc;
mod schema;
mod sessions;
mod switches;
mod tools;

pub use self::fault::{McpFault, McpFaultKind};
pub(super) use self::gateway::Gateway;
pub use self::handle::McpHandle;
pub(super) use self::http::serve;
pub use self::journal::{McpCall, McpKey, McpOutcome};
pub(super) use self::routes::router;
pub use self::switches::{McpAnswers, McpSwitches, StaleKey, TodoForm};
