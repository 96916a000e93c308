//! The planner's bot door on a real socket against the simulator.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a helper does not expect fails its test"
)]

mod doors;
mod house;
