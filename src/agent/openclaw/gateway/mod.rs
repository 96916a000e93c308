//! OpenClaw without a plugin: a client of its gateway's WebSocket.
//!
//! For gateways where no plugin can be installed. A turn is one request `agent`; its text
//! arrives in events while it grows, its end and its files in the request's second answer. A
//! lost connection does not end a turn there: it is looked for again after reconnecting.
//!
//! Only chats go this way. That somebody is a member and no owner is all the gateway learns
//! of the sender: the connection asks for the scopes `operator.read` and `operator.write`
//! and never for `operator.admin`, with which every member's turn would count as the owner's.

mod agent;
mod connection;
mod error;
mod frame;
mod handshake;
mod line;
mod prompt;
mod run;

#[cfg(test)]
mod tests;

pub use agent::{GatewayAgent, GatewayOptions};
