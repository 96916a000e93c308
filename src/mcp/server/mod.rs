//! The MCP server: the `wecom_mcp` tool and the skills, for any MCP client.
//!
//! One handler ([`Server`]) serves every revision of the protocol over two transports:
//! Streamable HTTP in the daemon ([`http_service`]) and standard input and output
//! ([`serve_stdio`]). Tool calls go to a [`ToolRunner`]: in the daemon to the tool itself,
//! in the process that a client started to the daemon ([`DaemonRunner`]), since only one
//! process may hold a bot's connection. Skills, prompts and static resources are served by
//! whoever is asked, so they are there without a daemon too.

mod daemon_runner;
mod handler;
mod http;
mod local_runner;
mod runner;
mod stdio;
pub mod wire;

pub use daemon_runner::DaemonRunner;
pub use handler::{Server, ServerParts};
pub use http::{HttpParts, http_service, http_service_of};
pub use local_runner::LocalRunner;
pub use runner::{AccountSummary, ToolRunner};
pub use stdio::{serve_stdio, serve_stdio_of};
pub use wire::SESSION_TOKEN_VARIABLE;
