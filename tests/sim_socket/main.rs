//! The simulator as its clients meet it: raw WebSocket frames and raw HTTP on a real
//! port, with nothing of the crate's own client in between.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod attachments;
mod broken_downloads;
mod clicks;
mod client;
mod connection;
mod control;
mod docs;
mod events;
mod faults;
mod hostile;
mod http;
mod proactive;
mod pushes;
mod replies;
mod uploads;

use std::time::Duration;

use wecom::ids::BotId;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Seed, Sim, SimChat, SimOptions};

use client::Client;

/// Longer than anything here takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

/// A simulator with the demo company.
async fn start() -> Sim {
    start_with(SimOptions::default()).await
}

/// The same with other options; the seed is the demo company in any case.
async fn start_with(options: SimOptions) -> Sim {
    let seed = Seed::demo();
    Sim::start(SimOptions { seed, ..options }).await.unwrap()
}

/// A subscribed client of the demo bot.
async fn subscribed(sim: &Sim) -> Client {
    let mut client = Client::connect(sim).await;
    let ack = client.subscribe(DEMO_BOT, DEMO_SECRET).await;
    assert_eq!(ack["errcode"], 0, "{ack}");
    client
}

/// The demo bot.
fn bot() -> BotId {
    DEMO_BOT.into()
}

/// The demo bot's direct chat with a member.
fn direct(user: &str) -> SimChat {
    SimChat::direct(DEMO_BOT, user)
}
