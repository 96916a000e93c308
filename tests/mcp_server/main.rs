//! The MCP server as its clients meet it: raw HTTP, raw lines, and the protocol's own Rust
//! client. Behind it stands a runner that says what it was given.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod auth;
mod calls;
mod command;
mod features;
mod limits;
mod negotiation;
mod peer;
mod rebinding;
mod server;
mod standalone;
mod stdio;
mod stdio_client;

use std::time::Duration;

/// Longer than anything here takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(30);
