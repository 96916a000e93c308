//! One account at work: its seats in WeCom, each with an intake and mailboxes of its own.

mod app;
mod core;
mod event;
mod fetch;
mod frames;
mod gate;
mod hook;
mod intake;
mod notice;
mod outgoing;
mod recovery;
mod running;
mod seat;
mod socket;
mod status;
mod ways;
mod worker;

use self::core::{Core, spawn};
pub(super) use self::core::{Shared, StartError};
pub(super) use app::AppCallbacks;
pub(super) use hook::HookCallbacks;
pub(super) use running::{Change, RunningAccount};
pub(super) use status::of_idle;
pub use status::{AccountState, AccountStatus};
