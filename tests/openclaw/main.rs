//! OpenClaw through its connector plugin: a plugin that the test plays, on the real daemon and
//! the simulated WeCom. What is asserted is what the gateway and the chat see.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod house;
mod kill;
mod link;
mod losses;
mod out;
mod pairing;
mod plugin;
#[path = "../runtime/support/mod.rs"]
mod support;
mod tools;
mod turns;
