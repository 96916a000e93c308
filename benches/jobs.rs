//! What ten thousand jobs cost: telling the next time, a look when nothing is due, a fire.
//!
//! The baseline of the same run is a heap of instants in memory, which knows nothing of
//! expressions, zones or durability. The store is a file, synced with every change.
//!
//! `cargo bench --bench jobs` (Linux)
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

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use serde_json::json;
use wecom::clock::SystemClock;
use wecom::config::LiveConfig;
use wecom::cron::desk::{Desk, Past};
use wecom::cron::job::Job;
use wecom::cron::mirror::Mirror;
use wecom::cron::normalise::read_job;
use wecom::cron::schedule::next_run;
use wecom::store::{
    Claim, Claimed, Finished, JobAfterRun, JobChange, NewRun, RunEnd, SqliteStore, Store,
};

use support::{configuration, settings};

const JOBS: u32 = 10_000;

/// Looks and fires that are timed.
const ROUNDS: u32 = 1_000;

const ZONES: [&str; 3] = ["Asia/Shanghai", "Europe/Berlin", "America/New_York"];

fn job(n: u32, now_ms: i64) -> Job {
    let zone = ZONES[n as usize % ZONES.len()];
    let fields = json!({
        "id": format!("job-{n:05}"), "name": format!("Job {n}"),
        "schedule": {
            "kind": "cron", "expr": format!("{} {} * * 1-5", n % 60, n / 60 % 24),
            "tz": zone,
        },
        "payload": { "kind": "agentTurn", "message": "Write the report of this department." },
        "delivery": { "mode": "none" },
    });
    read_job(fields.as_object().unwrap().clone(), now_ms).unwrap()
}

/// Memory of this process, in KiB.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

fn each(took: Duration, count: u32) -> String {
    let ns = took.as_nanos() as f64 / f64::from(count);
    if ns < 1_000.0 {
        format!("{ns:.0} ns")
    } else {
        format!("{:.1} µs", ns / 1_000.0)
    }
}

fn row(what: &str, baseline: &str, ours: &str) {
    println!("| {what} | {baseline} | {ours} |");
}

#[tokio::main]
async fn main() {
    let home = tempfile::tempdir().unwrap();
    let clock = SystemClock::shared();
    let now_ms = clock.now_ms();
    let jobs: Vec<Job> = (0..JOBS).map(|n| job(n, now_ms)).collect();
    println!("| {JOBS} jobs | heap of instants | jobs |\n|---|---|---|");

    let begun = Instant::now();
    let next: Vec<i64> = jobs
        .iter()
        .map(|job| next_run(job, now_ms, &TimeZone::UTC).unwrap().unwrap())
        .collect();
    let telling = begun.elapsed();
    let begun = Instant::now();
    let added: Vec<i64> = (0..i64::from(JOBS))
        .map(|n| black_box(now_ms + n))
        .collect();
    row(
        "the next time, each",
        &each(begun.elapsed(), JOBS),
        &each(telling, JOBS),
    );
    drop(added);

    let before = resident();
    let begun = Instant::now();
    let mut heap: BinaryHeap<Reverse<(i64, u32)>> = next
        .iter()
        .zip(0..)
        .map(|(at, n)| Reverse((*at, n)))
        .collect();
    let (heap_built, heap_kib) = (begun.elapsed(), resident() - before);

    let config = configuration(&home, &settings("ws://127.0.0.1:1", &json!({})));
    let database = home.path().join("state.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&database).unwrap());
    let desk = Desk::new(store.clone(), LiveConfig::new(config), clock.clone());
    let begun = Instant::now();
    let taken = desk.import(jobs, Past::Forgotten).await.unwrap();
    assert!(taken.iter().all(Result::is_ok));
    row(
        "adding them all, each",
        &each(heap_built, JOBS),
        &each(begun.elapsed(), JOBS),
    );
    drop(taken);

    // As a new process finds them.
    drop((desk, store));
    let before = resident();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&database).unwrap());
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(heap.peek());
    }
    let peeking = begun.elapsed();
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(store.open_cron_runs().await.unwrap());
        black_box(store.due_cron_jobs(now_ms, 9).await.unwrap());
        black_box(store.next_cron_due().await.unwrap());
    }
    row(
        "a look when nothing is due",
        &each(peeking, ROUNDS),
        &each(begun.elapsed(), ROUNDS),
    );
    let kib = resident() - before;
    row("memory", &format!("{heap_kib} KiB"), &format!("{kib} KiB"));

    let begun = Instant::now();
    for _ in 0..ROUNDS {
        let Reverse((at, n)) = heap.pop().unwrap();
        heap.push(Reverse((at + 86_400_000, n)));
    }
    let popping = begun.elapsed();
    let begun = Instant::now();
    for round in 0..ROUNDS {
        fire(&*store, round).await;
    }
    row(
        "a fire, written down twice",
        &each(popping, ROUNDS),
        &each(begun.elapsed(), ROUNDS),
    );

    let config = configuration(&home, &settings("ws://127.0.0.1:1", &json!({})));
    let desk = Desk::new(store.clone(), LiveConfig::new(config), clock.clone());
    let file = home.path().join("cron/jobs.json");
    let mirror = Mirror::new(file.clone(), desk, store, clock);
    let begun = Instant::now();
    mirror.write().await.unwrap();
    let size = std::fs::metadata(&file).unwrap().len() / 1024;
    row(
        "the job file",
        "–",
        &format!(
            "{:.0} ms, {size} KiB",
            begun.elapsed().as_secs_f64() * 1_000.0
        ),
    );
}

/// What a run costs the store: it is claimed, and its end is written down.
async fn fire(store: &dyn Store, round: u32) {
    let id = format!("job-{:05}", round % JOBS);
    let stored = store.cron_job(&id).await.unwrap().unwrap();
    let due_at_ms = stored.next_run_ms.unwrap();
    let run_id = format!("{id}:{round}");
    let claim = Claim {
        run: NewRun {
            run_id: run_id.clone(),
            job: id,
            due_at_ms,
            started_at_ms: due_at_ms,
            owner: "bench".to_owned(),
            lease_until_ms: i64::MAX,
        },
        revision: stored.revision,
        state: stored.state.clone(),
        next_run_ms: Some(due_at_ms + 86_400_000),
    };
    let Claimed::Ours(revision) = store.claim_cron_run(claim).await.unwrap() else {
        panic!("somebody else runs it");
    };
    let end = RunEnd {
        status: "ok".to_owned(),
        delivery_status: Some("not-requested".to_owned()),
        record: "{\"status\":\"ok\"}".to_owned(),
        at_ms: due_at_ms,
        text: None,
    };
    let change = JobChange {
        state: Some(stored.state),
        ..JobChange::default()
    };
    let after = JobAfterRun::Change { revision, change };
    let finished = store.finish_cron_run(&run_id, "bench", end, after).await;
    assert_eq!(finished.unwrap(), Finished::Done);
}
