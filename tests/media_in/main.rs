//! Fetching what people send, from real sockets: a server that says and does what no proper
//! one would, and a folder that is looked at afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod guard;
mod names;
mod order;
mod retries;
mod scene;
mod sealed;
mod server;
mod shelf;
mod sizes;
