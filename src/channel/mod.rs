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
mod bots;
mod command;
mod draft;
mod inbound;
mod mailbox;
pub mod media;
pub mod outbound;
pub mod policy;
mod reply;
mod runtime;
mod throttle;
mod turn;

pub use account::{AccountState, AccountStatus};
pub use runtime::{Applied, Backends, ResumeError, Runtime};
