//! The simulator as a caller: its callbacks on real sockets, opened and answered with the
//! crate's own side of the envelope, so that both implementations meet.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod answers;
mod apps;
mod calls;
mod control;
mod faults;
mod media;
mod program;
mod receiver;
mod responses;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use wecom::sim::{AppId, CallbackPace, DEMO_BOT, Entry, Seed, SeedApp, Sim, SimChat, SimOptions};

use receiver::Receiver;

/// Longer than anything here takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(20);
/// The company of the app.
const CORP: &str = "wwCORP0001";
/// Number of the app.
const AGENT: u64 = 1_000_002;
const SECRET: &str = "app-secret";

/// A service that asks quickly, and is patient where a machine is busy.
fn pace() -> CallbackPace {
    CallbackPace {
        answer_within: DEADLINE,
        check_within: DEADLINE,
        poll_interval: Duration::from_millis(10),
        ..CallbackPace::default()
    }
}

/// A simulator with the demo company, whose bot and app are called at `receiver`.
async fn start(receiver: &Receiver) -> Sim {
    start_with(receiver, SimOptions::default(), pace()).await
}

async fn start_with(receiver: &Receiver, options: SimOptions, callbacks: CallbackPace) -> Sim {
    let options = SimOptions {
        seed: Seed::demo(),
        callbacks,
        ..options
    };
    let sim = Sim::start(options).await.unwrap();
    sim.set_webhook(DEMO_BOT, Some(receiver.bot_hook()))
        .unwrap();
    let app = SeedApp::new(CORP, AGENT, SECRET).called_at(receiver.app_hook());
    sim.apps().add(app).unwrap();
    sim
}

fn app() -> AppId {
    AppId::new(CORP, AGENT)
}

fn direct(user: &str) -> SimChat {
    SimChat::direct(DEMO_BOT, user)
}

/// Waits for an entry of the bot or app that is complete.
async fn answer_in(sim: &Sim, chat: &SimChat) -> Entry {
    let is_answer = |entry: &Entry| entry.is_from_bot() && entry.finished;
    sim.wait_for(chat, DEADLINE, is_answer).await.unwrap()
}

/// Why the simulator says that whoever it called broke a rule.
fn reasons(sim: &Sim) -> Vec<String> {
    let violations = sim.violations().into_iter();
    violations.map(|violation| violation.reason).collect()
}

/// Waits until a callback of this kind is over.
async fn done(sim: &Sim, kind: &str) -> wecom::sim::HookCall {
    let is_it = |call: &wecom::sim::HookCall| call.kind == kind && call.done;
    sim.wait_hook_call(DEADLINE, is_it).await.unwrap()
}

/// A receiver that answers every callback with `{}`, or `success`.
async fn quiet() -> Arc<Receiver> {
    Receiver::start(|got| match got.frame() {
        Some(_) => got.seal(&serde_json::json!({})),
        None => receiver::How::text("success"),
    })
    .await
}
