//! The link: how the connector plugin inside of an OpenClaw gateway and this program talk.
//!
//! The plugin dials, JSON lines go both ways, one connection for each gateway process:
//!
//! ```text
//! socket ─► listen ─► connection ─► Link ─► inbox of a turn     (turn.event, turn.ack)
//!           (peer,     (hello,       │
//!            token)     pings)       └───► LinkHost             (out, tool, pairing)
//! ```
//!
//! [`Link`] outlives connections: turns and questions wait in it while the gateway restarts.
//! [`LinkHost`] is what the daemon does for OpenClaw.
//!
//! **A lost connection ends no turn.** Whoever is connected next is asked first which turns it
//! still knows; those go on where they were, and the others are told that they are forgotten.

mod connection;
mod frame;
mod host;
mod hub;
mod inbox;
mod lines;
mod listen;
mod service;

pub use frame::*;
pub use host::{AccountReport, LinkHost, OutAnswer};
pub use hub::{AskError, Gateway, Gone, Link, LinkStatus, TurnSeat};
pub use inbox::Signal;
pub use lines::{Assembler, LineTooLong, MAX_LINE};
pub use listen::{ListenError, Listener};
