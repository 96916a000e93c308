//! The daemon as a process: time from start to subscribed, resident memory when idle and
//! after 10,000 chats. The baseline is the same binary doing nothing (`wecom --version`)
//! for the start, and itself when idle for the memory.
//!
//! `cargo bench --bench process` (Linux)
#![allow(
    missing_docs,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench may do what tests may"
)]

#[path = "../tests/runtime/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::process::{Child, Command};
use tokio::time::Instant;
use wecom::ids::BotId;
use wecom::sim::{Entry, EntryKind, Injection, Limits, Seed, Sim, SimChat, SimOptions};

use support::{BOT, SECRET, settings};

const STARTS: usize = 15;
const CHATS: usize = 10_000;
const PATIENCE: Duration = Duration::from_mins(1);

fn daemon(home: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .arg("run")
        .env_clear()
        .env("WECOM_HOME", home)
        .env("WECOM_LOG", "error");
    command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn simulator() -> Sim {
    let options = SimOptions {
        seed: Seed::empty(),
        limits: Limits::NONE,
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await.unwrap();
    sim.add_bot(BOT, SECRET, "Helper").unwrap();
    for n in 0..CHATS {
        sim.add_user(format!("user{n}"), "somebody").unwrap();
    }
    sim
}

fn home(sim: &Sim) -> tempfile::TempDir {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut settings = settings(&sim.bot_url(), &json!({}));
    settings["gateway"] = json!({ "port": 0 });
    std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
    home
}

fn resident_mb(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().unwrap())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kb: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kb / 1024.0
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

async fn starts(sim: &Sim) {
    let bot = BotId::from(BOT);
    let mut nothing = Vec::new();
    let mut subscribed = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut version = Command::new(env!("CARGO_BIN_EXE_wecom"));
        version
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .await
            .unwrap();
        nothing.push(begun.elapsed());

        let home = home(sim);
        let begun = Instant::now();
        let mut child = daemon(home.path());
        sim.wait_subscribed(&bot, PATIENCE).await.unwrap();
        subscribed.push(begun.elapsed());
        child.kill().await.unwrap();
        sim.wait_connection(&bot, PATIENCE, |info| !info.subscribed)
            .await
            .unwrap();
    }
    println!(
        "start to exit, --version        median {:>8.1} ms  n {STARTS}",
        median(nothing)
    );
    println!(
        "start to subscribed, run        median {:>8.1} ms  n {STARTS}",
        median(subscribed)
    );
}

async fn memory(sim: &Sim) {
    let home = home(sim);
    let child = daemon(home.path());
    sim.wait_subscribed(&BotId::from(BOT), PATIENCE)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!(
        "resident, idle                         {:>8.1} MB",
        resident_mb(&child)
    );
    for batch in 0..CHATS / 100 {
        let users: Vec<String> = (0..100)
            .map(|n| format!("user{}", batch * 100 + n))
            .collect();
        for user in &users {
            sim.inject(Injection::text(BOT, user.as_str(), "hello"))
                .unwrap();
        }
        for user in &users {
            let done = |entry: &Entry| entry.kind == EntryKind::Stream && entry.finished;
            let chat = SimChat::direct(BOT, user.as_str());
            sim.wait_for(&chat, PATIENCE, done).await.unwrap();
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!(
        "resident, after {CHATS} chats            {:>8.1} MB",
        resident_mb(&child)
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sim = simulator().await;
        starts(&sim).await;
        memory(&sim).await;
    });
}
