//! What the simulator's tasks share.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::apps::Apps;
use super::company::Company;
use super::faults::{FaultRequest, Faults};
use super::hooks::{Hooks, Wire};
use super::options::CallbackPace;
use super::sim::SimError;
use super::world::World;
use crate::clock::SharedClock;
use crate::ids::BotId;

/// What the simulator's tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Taken before the world where both are.
    company: Mutex<Company>,
    world: Mutex<World>,
    /// Held alone.
    apps: Mutex<Apps>,
    /// Held alone.
    hooks: Mutex<Hooks>,
    /// The way out, to those who are called.
    pub(super) wire: Wire,
    /// How they are called.
    pub(super) pace: CallbackPace,
    clock: SharedClock,
    /// How far the simulator's time is ahead of the clock, in milliseconds.
    ahead_ms: AtomicI64,
    /// Ends everything.
    pub(super) stop: CancellationToken,
    /// Owns all tasks.
    pub(super) tasks: TaskTracker,
    /// Until when connections are refused.
    pub(super) closed_until: watch::Sender<Option<Instant>>,
    /// Whether others than this machine may use the control API.
    pub(super) allow_remote: bool,
}

impl Shared {
    /// Shares a world.
    pub(super) fn new(
        world: World,
        wire: Wire,
        pace: CallbackPace,
        clock: SharedClock,
        allow_remote: bool,
    ) -> Self {
        Self {
            company: Mutex::new(Company::new(rand::random())),
            world: Mutex::new(world),
            apps: Mutex::new(Apps::default()),
            hooks: Mutex::new(Hooks::default()),
            wire,
            pace,
            clock,
            ahead_ms: AtomicI64::new(0),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            closed_until: watch::Sender::new(None),
            allow_remote,
        }
    }

    /// The world, for a short section. A panic of another section is reported where it
    /// happened; the world goes on.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The company behind the category servers. Never asked for by a holder of the world.
    pub(super) fn company(&self) -> MutexGuard<'_, Company> {
        self.company.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Self-built apps. Never asked for by a holder of the world or the company.
    pub(super) fn apps(&self) -> MutexGuard<'_, Apps> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Callbacks. Never asked for by a holder of anything else here.
    pub(super) fn hooks(&self) -> MutexGuard<'_, Hooks> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time of day (Unix milliseconds).
    pub(super) fn now(&self) -> i64 {
        self.clock.now_ms() + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Sets the time of day, which goes on from there; `None` is the clock's own.
    pub(super) fn set_time(&self, now_ms: Option<i64>) {
        let ahead_ms = now_ms.map_or(0, |now_ms| now_ms - self.clock.now_ms());
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }

    /// Makes things go wrong.
    pub(super) fn apply_faults(
        &self,
        bot: &BotId,
        request: &FaultRequest,
    ) -> Result<Faults, SimError> {
        let faults = self.world().apply_faults(bot, request, self.now())?;
        if let Some(ms) = request.refuse_tcp {
            let until = Instant::now() + Duration::from_millis(ms);
            self.closed_until.send_replace(Some(until));
        }
        Ok(faults)
    }
}
