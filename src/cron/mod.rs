//! Scheduled work: what a job is, when it is due, who changes it, and what a run does.
//!
//! ```text
//! jobs.json (edited by hand) ─┐
//! command line ───────────────┼─► desk ─► store ─► scheduler ─► run ─► delivery
//! tool of an agent ───────────┘
//! ```
//!
//! - [`job`] is a job as it stands in the file;
//! - [`schedule`] tells when it is due next;
//! - [`mirror`] keeps the job file, which may be edited by hand;
//! - [`normalise`] reads jobs as people and older programs write them;
//! - [`rules`] tells what is wrong with it;
//! - [`changes`] tells who has to look again;
//! - [`desk`] makes and changes jobs, whoever asks;
//! - [`service`] is what the jobs of a process answer, [`served`] how, [`listed`] in words;
//! - [`history`] takes over the history of other programs;
//! - [`tool`] is for agents whose people ask for jobs;
//! - [`scheduler`] begins what is due;
//! - [`turn`] asks an agent, [`deliver`] sends what it said;
//! - [`webhook`] posts it, [`spacing`] keeps messages to many apart;
//! - [`notice`] tells somebody of failures;
//! - [`aftermath`] tells what a run's end does to its job.

pub mod aftermath;
pub mod changes;
pub mod deliver;
pub mod desk;
pub mod history;
pub mod job;
pub mod listed;
pub mod mirror;
pub mod normalise;
pub mod notice;
pub mod outcome;
pub mod prompt;
pub mod record;
pub mod rules;
pub mod schedule;
pub mod scheduler;
pub mod served;
pub mod service;
pub mod spacing;
pub mod tool;
pub mod turn;
pub mod webhook;
