//! Two months in which clocks change, driven over the scheduler: every time is served once,
//! none is left out.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, Time, date, time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::channel::{Prepared, Surroundings};
use wecom::clock::{Clock, ManualClock};
use wecom::cron::desk::Desk;
use wecom::cron::normalise::read_job;
use wecom::cron::scheduler::{Scheduler, SchedulerParts};
use wecom::store::{RunFilter, SqliteStore, Store};
use wecom::task;

use crate::support::{PATIENCE, configuration, settings};

const ZONE: &str = "Europe/Berlin";
const HALF_HOUR_MS: i64 = 30 * 60_000;

/// When the jobs ran, by their names.
struct Month {
    store: Arc<dyn Store>,
}

impl Month {
    /// Lets the time go from the first to the last instant, half an hour at a time.
    async fn driven(first: Timestamp, last: Timestamp, jobs: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut config = configuration(&home, &settings("ws://127.0.0.1:1", &json!({})));
        config.cron.startup_agent_delay = Duration::ZERO;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
        let clock = ManualClock::at(first.as_millisecond());
        let surroundings = Surroundings::new(&config, store.clone(), clock.clone());
        let (live, media) = (surroundings.config.clone(), surroundings.media.clone());
        let prepared = Prepared::new(surroundings).await.unwrap();
        let desk = Desk::new(store.clone(), live.clone(), clock.clone());
        let scheduler = Scheduler::new(SchedulerParts {
            store: store.clone(),
            config: live,
            clock: clock.clone(),
            agents: prepared.agents(),
            planner: prepared.planner(),
            media,
            changes: desk.changes(),
        });
        for (id, expr) in jobs {
            let job = json!({
                "id": id, "name": id, "sessionTarget": "isolated",
                "schedule": { "kind": "cron", "expr": expr, "tz": ZONE, "staggerMs": 0 },
                "payload": { "kind": "text", "text": "x" }, "delivery": { "mode": "none" },
            });
            let job = read_job(job.as_object().unwrap().clone(), clock.now_ms()).unwrap();
            desk.add(job).await.unwrap();
        }
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        task::spawn(&tracker, "scheduler", scheduler.run(stop.clone()));
        while clock.now_ms() < last.as_millisecond() {
            clock.advance(HALF_HOUR_MS);
            desk.changes().wake();
            let at_rest = async {
                loop {
                    let next = store.next_cron_due().await.unwrap();
                    let is_open = !store.open_cron_runs().await.unwrap().is_empty();
                    if next.is_none_or(|next| next > clock.now_ms()) && !is_open {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(PATIENCE, at_rest).await.unwrap();
        }
        stop.cancel();
        tracker.close();
        tracker.wait().await;
        Self { store }
    }

    async fn runs(&self, job: &str) -> Vec<Timestamp> {
        let mut all = Vec::new();
        loop {
            let filter = RunFilter {
                job: Some(job.to_owned()),
                oldest_first: true,
                offset: u32::try_from(all.len()).unwrap(),
                limit: 200,
                ..RunFilter::default()
            };
            let (runs, total) = self.store.cron_runs(&filter).await.unwrap();
            for run in runs {
                let record: Value = serde_json::from_str(&run.record).unwrap();
                assert_eq!(record["status"], "ok", "{record}");
                let at = record["runAtMs"].as_i64().unwrap();
                all.push(Timestamp::from_millisecond(at).unwrap());
            }
            if all.len() >= usize::try_from(total).unwrap() {
                return all;
            }
        }
    }
}

fn berlin() -> TimeZone {
    TimeZone::get(ZONE).unwrap()
}

/// A time of day on each day from the first on, before the last: where it is missing the end
/// of the gap, where it comes twice the first.
fn daily(first: Date, last: Date, at: Time) -> Vec<Timestamp> {
    let days = first.series(1.day()).take_while(|day| *day < last);
    let instant = |day: Date| {
        let ambiguous = berlin().to_ambiguous_timestamp(day.to_datetime(at));
        if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            let on_the_hour = day.at(at.hour() + 1, 0, 0, 0);
            return on_the_hour.to_zoned(berlin()).unwrap().timestamp();
        }
        ambiguous.earlier().unwrap()
    };
    days.map(instant).collect()
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned(berlin()).unwrap().timestamp()
}

fn hours(from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let mut hours = Vec::new();
    let mut at = from;
    while at < to {
        hours.push(at);
        at += 1.hour();
    }
    hours
}

async fn drive(first: Date, last: Date, hours_of_it: usize) {
    // From just before midnight to just before midnight.
    let (from, to) = (midnight(first), midnight(last));
    let begin = from - 30.minutes();
    let jobs = [
        ("night", "30 2 * * *"),
        ("hourly", "0 * * * *"),
        ("morning", "0 9 * * 1-5"),
    ];
    let month = Month::driven(begin, to - 30.minutes(), &jobs).await;
    assert_eq!(
        month.runs("night").await,
        daily(first, last, time(2, 30, 0, 0))
    );
    let workdays: Vec<Timestamp> = daily(first, last, time(9, 0, 0, 0))
        .into_iter()
        .filter(|at| {
            let day = at.to_zoned(berlin()).weekday().to_monday_one_offset();
            day <= 5
        })
        .collect();
    assert_eq!(month.runs("morning").await, workdays);
    let hourly = month.runs("hourly").await;
    assert_eq!(hourly.len(), hours_of_it);
    assert_eq!(hourly, hours(from, to));
}

#[tokio::test]
async fn march_has_an_hour_less() {
    drive(date(2026, 3, 1), date(2026, 4, 1), 31 * 24 - 1).await;
}

#[tokio::test]
async fn october_has_an_hour_more() {
    drive(date(2026, 10, 1), date(2026, 11, 1), 31 * 24 + 1).await;
}
