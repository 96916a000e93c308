//! Sending of our own accord.
//!
//! ```text
//! SendRequest ─► target ─► planner ─► chunk ─► door ─► DeliveryReport
//!              (whom)     (which way)        (bot, else agent app)
//! ```
//!
//! The way is chosen by the target first, then by what is available. A second way is taken
//! only where it is certain that the first delivered nothing; what may have arrived is
//! never sent again.

mod budget;
pub mod chunk;
pub mod doors;
mod plain;
mod planner;
mod report;
mod request;
pub mod target;

pub(in crate::channel) use budget::RATE_LIMIT_PAUSES;
pub use budget::{Budgets, Priority};
pub use planner::{Planner, Resolved, SendError, resolve};
pub use report::{DeliveryReport, Door, Failure, Fallback, Invalid, Status};
pub use request::{Origin, RequestVia, SendRequest};
pub use target::{Target, TargetError, TargetKind, Via};
