//! Scheduled work: what a job is, when it is due, who changes it, and what a run does.
//!
//! ```text
//! jobs.json (edited by hand) ─┐
//! command line ───────────────┼─► desk ─► store ─► scheduler ─► run ─► delivery
//! tool of an agent ───────────┘
//! ```
//!
//! - [`job`] is a job as it stands in the file, and the rules that it must keep;
//! - [`schedule`] tells when it is due next;
//! - [`turn`] asks an agent, [`deliver`] sends what it said;
//! - [`aftermath`] tells what a run's end does to its job.

pub mod aftermath;
pub mod deliver;
pub mod job;
pub mod outcome;
pub mod prompt;
pub mod record;
pub mod schedule;
pub mod turn;
