//! The jobs of this process: the desk, the scheduler, and the tool for agents.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channel::{Prepared, Surroundings};
use crate::cron::desk::Desk;
use crate::cron::scheduler::{Scheduler, SchedulerParts};
use crate::cron::tool::CronTool;
use crate::task;

/// What belongs to the jobs.
#[derive(Debug)]
pub(super) struct Scheduled {
    desk: Desk,
    /// `None` where `cron.enabled` is off: jobs are kept and changed, and none runs.
    scheduler: Option<Arc<Scheduler>>,
    surroundings: Surroundings,
}

impl Scheduled {
    pub(super) fn new(surroundings: &Surroundings, prepared: &Prepared) -> Self {
        let Surroundings {
            config,
            store,
            clock,
            media,
            ..
        } = surroundings;
        let desk = Desk::new(store.clone(), config.clone(), clock.clone());
        let parts = SchedulerParts {
            store: store.clone(),
            config: config.clone(),
            clock: clock.clone(),
            agents: prepared.agents(),
            planner: prepared.planner(),
            media: media.clone(),
            changed: desk.changed(),
        };
        let runs = config.get().cron.enabled;
        Self {
            scheduler: runs.then(|| Scheduler::new(parts)),
            desk,
            surroundings: surroundings.clone(),
        }
    }

    /// The tool that agents are lent.
    pub(super) fn tool(&self) -> CronTool {
        let Surroundings { config, clock, .. } = &self.surroundings;
        CronTool::new(
            self.desk.clone(),
            self.scheduler.clone(),
            config.clone(),
            clock.clone(),
        )
    }

    /// Lets jobs run until `stop` is cancelled.
    pub(super) fn start(self, tracker: &TaskTracker, stop: CancellationToken) {
        if let Some(scheduler) = self.scheduler {
            task::spawn(tracker, "scheduler", scheduler.run(stop));
        } else {
            tracing::info!("jobs do not run here: `cron.enabled` is off");
        }
    }
}
