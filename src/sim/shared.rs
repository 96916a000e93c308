//! What the simulator's tasks share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::{FaultRequest, Faults};
use super::sim::SimError;
use super::world::World;
use crate::clock::SharedClock;
use crate::ids::BotId;

/// What the simulator's tasks share.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    clock: SharedClock,
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
    pub(super) fn new(world: World, clock: SharedClock, allow_remote: bool) -> Self {
        Self {
            world: Mutex::new(world),
            clock,
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

    /// Time of day (Unix milliseconds).
    pub(super) fn now(&self) -> i64 {
        self.clock.now_ms()
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
