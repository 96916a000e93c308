//! The addresses that WeCom calls, on real sockets: who is let in, what is answered, and what
//! is kept before it is.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod apps;
mod bots;
mod house;
mod load;
mod refusals;
mod simulated;
#[path = "../runtime/support/mod.rs"]
mod support;
