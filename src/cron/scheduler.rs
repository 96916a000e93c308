//! Begins what is due, and brings every run to an end that is written down.
//!
//! A run's record and its job's next time become durable together before the run begins, so
//! that a crash can't fire one due time twice. While it runs, the run holds a lease; what a
//! dead process left open is ended by the next one that looks.

mod gone;
mod running;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::changes::Changes;
use super::job::{Job, RunFailure};
use super::schedule::{self, ScheduleError};
use super::spacing::Spacing;
use crate::agent::Agents;
use crate::channel::outbound::Planner;
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::files::MediaStore;
use crate::store::{Claim, Claimed, NewRun, Store, StoreError, StoredJob};
use crate::task;

/// The scheduler looks at least so often, so that a clock that jumps and a machine that
/// slept are noticed.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Two looks are at least so far apart: a clock that moves back would make them endless.
const SHORTEST_SLEEP: Duration = Duration::from_millis(50);

/// How long a run is believed to go on without a word of its process.
const LEASE: Duration = Duration::from_mins(1);

/// How long shutting down waits before running turns are ended.
const POLITENESS: Duration = Duration::from_secs(2);

/// Older than this a one-shot is not made up for any more.
const STALE_ONE_SHOT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Older than this, or than half its period, a missed run is not made up for.
const STALE_MS: i64 = 24 * 60 * 60 * 1_000;

/// What the scheduler works with.
#[derive(Debug, Clone)]
pub struct SchedulerParts {
    /// Jobs and runs.
    pub store: Arc<dyn Store>,
    /// The configuration in use.
    pub config: LiveConfig,
    /// The time of day.
    pub clock: SharedClock,
    /// Who does the work.
    pub agents: watch::Receiver<Arc<Agents>>,
    /// Sends the results.
    pub planner: Arc<Planner>,
    /// Where tools of runs keep their files.
    pub media: MediaStore,
    /// Told when jobs change.
    pub changes: Arc<Changes>,
}

/// Runs the jobs of a store. One in each process; several processes share the work by leases.
#[derive(Debug)]
pub struct Scheduler {
    parts: SchedulerParts,
    /// Names this process in leases.
    owner: String,
    /// A place for each run at a time.
    places: Arc<Semaphore>,
    /// Ends the run of a job.
    running: Mutex<HashMap<String, CancellationToken>>,
    /// Agents are asked from then on: accounts connect first.
    agents_from: Instant,
    /// Keeps messages to many apart.
    spacing: Spacing,
    tracker: TaskTracker,
    /// Ends all runs.
    hard_stop: CancellationToken,
}

/// What is being begun.
struct Due {
    job: Job,
    revision: i64,
    at_ms: i64,
    now_ms: i64,
    by_hand: bool,
}

impl Scheduler {
    /// A scheduler that runs nothing yet.
    pub fn new(parts: SchedulerParts) -> Arc<Self> {
        let config = parts.config.get();
        let places = usize::try_from(config.cron.max_concurrent_runs).unwrap_or(1);
        Arc::new(Self {
            owner: format!("{:016x}", rand::random::<u64>()),
            places: Arc::new(Semaphore::new(places)),
            running: Mutex::default(),
            agents_from: Instant::now() + config.cron.startup_agent_delay,
            spacing: Spacing::default(),
            tracker: TaskTracker::new(),
            hard_stop: CancellationToken::new(),
            parts,
        })
    }

    /// Begins what is due until `stop` is cancelled, then lets runs end and says how many it
    /// had to break off.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let wait = match self.look().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the jobs can't be read"
                    );
                    LONGEST_SLEEP
                }
            };
            // Every branch is cancel safe.
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.parts.changes.scheduler() => {}
                () = tokio::time::sleep(wait.max(SHORTEST_SLEEP)) => {}
            }
        }
        self.tracker.close();
        if tokio::time::timeout(POLITENESS, self.tracker.wait())
            .await
            .is_err()
        {
            let left = self.running().len();
            tracing::warn!(
                runs = left,
                "runs of jobs are broken off; the next start ends them"
            );
            self.hard_stop.cancel();
            self.tracker.wait().await;
        }
    }

    /// One look: ends what dead processes left, begins what is due. How long until the next.
    async fn look(self: &Arc<Self>) -> Result<Duration, StoreError> {
        self.end_abandoned().await?;
        let now_ms = self.parts.clock.now_ms();
        let room = u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX);
        let due = self
            .parts
            .store
            .due_cron_jobs(now_ms, room.saturating_add(1))
            .await?;
        for stored in due {
            if !self.may_begin(&stored) {
                continue;
            }
            // Whoever ends wakes the scheduler.
            let Ok(place) = self.places.clone().try_acquire_owned() else {
                return Ok(LONGEST_SLEEP);
            };
            self.begin_due(stored, place, now_ms).await?;
        }
        let Some(next) = self.parts.store.next_cron_due().await? else {
            return Ok(LONGEST_SLEEP);
        };
        let wait = u64::try_from(next.saturating_sub(self.parts.clock.now_ms())).unwrap_or(0);
        // What is due and was not begun waits for something else than the time.
        let wait = if wait == 0 {
            LONGEST_SLEEP
        } else {
            Duration::from_millis(wait)
        };
        let agents_in = self.agents_from.saturating_duration_since(Instant::now());
        let wait = if agents_in.is_zero() {
            wait
        } else {
            wait.min(agents_in)
        };
        Ok(wait.min(LONGEST_SLEEP))
    }

    /// Whether it may begin now: agents are not asked right after the start.
    fn may_begin(&self, stored: &StoredJob) -> bool {
        if Instant::now() >= self.agents_from {
            return true;
        }
        let job = Job::from_parts(&stored.definition, &stored.state, stored.enabled);
        job.is_ok_and(|job| !job.payload.needs_agent())
    }

    async fn begin_due(
        self: &Arc<Self>,
        stored: StoredJob,
        place: OwnedSemaphorePermit,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let Some(due_ms) = stored.next_run_ms else {
            return Ok(());
        };
        let job = match Job::from_parts(&stored.definition, &stored.state, stored.enabled) {
            Ok(job) => job,
            Err(error) => {
                tracing::error!(job = stored.id, %error, "a job can't be read and does not run");
                return Ok(());
            }
        };
        let due = Due {
            job,
            revision: stored.revision,
            at_ms: due_ms,
            now_ms,
            by_hand: false,
        };
        if let Some(reason) = self.is_too_late(&due) {
            return self.skip(due, reason).await;
        }
        self.begin(due, place).await.map(drop)
    }

    /// Claims a due time and works on it. `None`: it is not ours to run now.
    async fn begin(
        self: &Arc<Self>,
        due: Due,
        place: OwnedSemaphorePermit,
    ) -> Result<Option<String>, StoreError> {
        let Due { job, now_ms, .. } = &due;
        // A repetition may serve the same due time.
        let number = rand::random::<u16>();
        let run_id = if due.by_hand {
            format!("manual:{}:{now_ms}:{number}", job.id.as_str())
        } else {
            format!("{}:{}:{number:04x}", job.id.as_str(), due.at_ms)
        };
        let mut state = job.state.clone();
        state.running_at_ms = Some(*now_ms);
        let next_run_ms = if due.by_hand {
            job.state.next_run_at_ms
        } else {
            self.next_of(job, *now_ms).unwrap_or(None)
        };
        state.next_run_at_ms = next_run_ms;
        let run = NewRun {
            run_id,
            job: job.id.as_str().to_owned(),
            due_at_ms: due.at_ms,
            started_at_ms: *now_ms,
            owner: self.owner.clone(),
            lease_until_ms: now_ms.saturating_add(ms(LEASE)),
        };
        let claim = Claim {
            run: run.clone(),
            revision: due.revision,
            state: serde_json::to_string(&state).unwrap_or_default(),
            next_run_ms,
        };
        match self.parts.store.claim_cron_run(claim).await? {
            Claimed::Ours(_) => self.parts.changes.tell(),
            Claimed::Running => {
                tracing::info!(job = run.job, "a job is due while it runs: left out");
                self.skip(due, RunFailure::AlreadyRunning).await?;
                return Ok(None);
            }
            Claimed::Stale(_) | Claimed::Gone => {
                // Somebody changed it, or runs it elsewhere: the next look tells.
                self.parts.changes.wake();
                return Ok(None);
            }
        }
        let id = run.run_id.clone();
        let cancel = self.hard_stop.child_token();
        self.running().insert(run.job.clone(), cancel.clone());
        let span = tracing::info_span!(parent: None, "job", job = run.job, run = run.run_id);
        let (scheduler, by_hand, job) = (self.clone(), due.by_hand, due.job);
        let work = async move {
            scheduler.work(job, run, by_hand, cancel).await;
            drop(place);
            // A place is free, and the job may be due again.
            scheduler.parts.changes.tell();
        };
        task::spawn(&self.tracker, "job", work.instrument(span));
        Ok(Some(id))
    }

    /// Why a missed time is not made up for; nobody wants Friday's good morning on Sunday.
    fn is_too_late(&self, due: &Due) -> Option<RunFailure> {
        let late = due.now_ms.saturating_sub(due.at_ms);
        if due.job.is_one_shot() {
            return (late > STALE_ONE_SHOT_MS).then_some(RunFailure::Stale);
        }
        let was_missed = late > ms(LONGEST_SLEEP).saturating_mul(2);
        if !was_missed {
            return None;
        }
        if self.parts.config.get().cron.skip_missed_jobs {
            return Some(RunFailure::Stale);
        }
        let following = self.next_of(&due.job, due.at_ms).ok().flatten()?;
        let half = following.saturating_sub(due.at_ms) / 2;
        (late > half.min(STALE_MS)).then_some(RunFailure::Stale)
    }

    /// When the schedule is due after an instant.
    fn next_of(&self, job: &Job, after_ms: i64) -> Result<Option<i64>, ScheduleError> {
        let config = self.parts.config.get();
        let zone = schedule::default_zone(config.cron.default_time_zone.as_deref())?;
        schedule::next_run(job, after_ms, &zone)
    }

    /// Begins a job by hand, whenever it is due and whether or not it is enabled.
    ///
    /// # Errors
    /// The state can't be read or written.
    pub async fn run_now(self: &Arc<Self>, id: &str) -> Result<Started, StoreError> {
        let Some(stored) = self.parts.store.cron_job(id).await? else {
            return Ok(Started::Unknown);
        };
        let Ok(job) = Job::from_parts(&stored.definition, &stored.state, stored.enabled) else {
            return Ok(Started::Unreadable);
        };
        if self.running().contains_key(id) {
            return Ok(Started::AlreadyRunning);
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return Ok(Started::Full);
        };
        let now_ms = self.parts.clock.now_ms();
        let due = Due {
            job,
            revision: stored.revision,
            at_ms: now_ms,
            now_ms,
            by_hand: true,
        };
        Ok(match self.begin(due, place).await? {
            Some(run_id) => Started::Running(run_id),
            None => Started::AlreadyRunning,
        })
    }

    /// Ends the run of a job that was removed.
    pub fn cancel(&self, id: &str) {
        if let Some(cancel) = self.running().get(id) {
            cancel.cancel();
        }
    }

    /// How many runs are open here.
    pub fn runs(&self) -> usize {
        self.running().len()
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a start by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It runs; the run's id.
    Running(String),
    /// A run of it is open.
    AlreadyRunning,
    /// As many jobs run as may.
    Full,
    /// There is no such job.
    Unknown,
    /// What is kept of it can't be read.
    Unreadable,
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
