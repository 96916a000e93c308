//! MCP on both sides: the `wecom_mcp` tool, the server that offers it,
//! and the client of WeCom's own servers.

pub mod auth_cards;
pub mod category;
pub mod credentials;
pub mod schema;
pub mod server;
pub mod tool;
