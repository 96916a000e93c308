//! Scheduled work: what a job is, when it is due, and who changes it.
//!
//! ```text
//! jobs.json (edited by hand) ─┐
//! command line ───────────────┼─► desk ─► store ─► scheduler ─► run ─► delivery
//! tool of an agent ───────────┘
//! ```
//!
//! - [`job`] is a job as it stands in the file, and the rules that it must keep;
//! - [`schedule`] tells when it is due next.

pub mod job;
pub mod schedule;
pub mod turn;
