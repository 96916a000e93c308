//! The client of WeCom's own MCP servers.
//!
//! WeCom runs one MCP server for each bot and category. [`Servers`] finds its address
//! (configured, or asked for over the bot's socket), opens a session where the server
//! keeps any, and makes the requests. It remembers addresses, sessions and tool lists, and
//! knows from each failure what to forget and whether to try again.

mod address;
mod body;
mod book;
mod exchange;
mod failure;
mod flights;
mod handshake;
mod jsonrpc;
mod lines;
mod lists;
mod outgoing;
mod place;
mod result;
mod route;
mod servers;
mod sessions;
mod sse;
mod tasks;
mod unescape;
mod verdict;
mod words;

pub use servers::Servers;

#[cfg(test)]
mod tests;
