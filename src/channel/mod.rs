//! The runtime: what becomes of a message.
//!
//! ```text
//! push ─► account::intake ─► store ─► mailbox ─► account::worker ─► turn ─► reply
//!           (policy)       recorded   one a chat                  agent   stream or message
//! ```
//!
//! [`Runtime`] holds all accounts. Each has one intake, which applies [`policy`], makes
//! messages durable and puts them into the mailbox of their chat; each chat with work has
//! one worker, which runs a turn at a time.

mod account;
mod answer;
mod app_way;
mod asking;
mod bots;
pub mod cards;
pub mod command;
mod draft;
mod exchange;
mod fence;
mod files;
mod inbound;
mod mailbox;
pub mod media;
pub mod outbound;
mod outlet;
pub mod pairing;
pub mod policy;
mod polled;
mod questions;
mod reply;
pub mod routing;
mod runtime;
mod surroundings;
mod throttle;
mod turn;
pub mod webhook;

pub use account::{AccountState, AccountStatus};
pub use runtime::{Applied, Backends, Prepared, ResumeError, Runtime};
pub use surroundings::Surroundings;
