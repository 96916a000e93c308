//! The simulated category servers as their clients meet them: with the protocol's own
//! Rust client, and with raw HTTP where a client would not go.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod broken;
mod calendar;
mod control;
mod documents;
mod handshake;
mod meetings;
mod messages;
mod people;
mod server;
mod todos;

use std::time::Duration;

use wecom::clock::ManualClock;
use wecom::sim::{DEMO_BOT, McpHandle, Seed, Sim, SimOptions};

use server::Server;

/// Longer than anything here takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

/// The demo company on the first of September 2026 at ten; the clock stands.
async fn start() -> Sim {
    let sim = Sim::start(SimOptions {
        seed: Seed::demo(),
        clock: ManualClock::at(0),
        ..SimOptions::default()
    })
    .await
    .unwrap();
    sim.company().set_time(Some("2026-09-01 10:00:00")).unwrap();
    sim
}

/// The demo bot's category servers.
fn demo(sim: &Sim) -> McpHandle {
    sim.mcp(DEMO_BOT)
}

/// One of them, asked for a member.
fn server(sim: &Sim, category: &'static str, member: &str) -> Server {
    Server::new(sim, category).acting_for(member)
}
