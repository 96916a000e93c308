//! Tool calls through the whole program: the daemon as a process of its own, clients that
//! talk plain HTTP to it, and the simulated company behind it. What is asserted is what an
//! outsider sees: the answer, the simulator's journal, the disk, the log.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod failures;
mod files;
mod house;
mod identity;
mod keys;
mod log;
mod program;
