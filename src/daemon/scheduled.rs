//! The jobs of this process: the desk, the job file, the scheduler, and the tool for agents.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channel::{Prepared, Surroundings};
use crate::cron::desk::Desk;
use crate::cron::mirror::Mirror;
use crate::cron::scheduler::{Scheduler, SchedulerParts};
use crate::cron::served::Served;
use crate::cron::tool::CronTool;
use crate::task;

/// What belongs to the jobs.
#[derive(Debug)]
pub(super) struct Scheduled {
    served: Arc<Served>,
}

impl Scheduled {
    /// The jobs of the store, whose file is `database`.
    pub(super) fn new(surroundings: &Surroundings, prepared: &Prepared, database: PathBuf) -> Self {
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
            changes: desk.changes(),
        };
        let settings = &config.get().cron;
        let file = settings.store.clone();
        let mirror = Mirror::new(file, desk.clone(), store.clone(), clock.clone());
        // Where `cron.enabled` is off jobs are kept and changed, and none runs.
        let scheduler = settings.enabled.then(|| Scheduler::new(parts));
        Self {
            served: Arc::new(Served {
                desk,
                mirror: Arc::new(mirror),
                scheduler,
                store: store.clone(),
                database,
                config: config.clone(),
                clock: clock.clone(),
            }),
        }
    }

    /// The tool that agents are lent.
    pub(super) fn tool(&self) -> CronTool {
        let Served {
            desk,
            scheduler,
            config,
            clock,
            ..
        } = &*self.served;
        CronTool::new(
            desk.clone(),
            scheduler.clone(),
            config.clone(),
            clock.clone(),
        )
    }

    /// What the local API asks.
    pub(super) fn served(&self) -> Arc<Served> {
        self.served.clone()
    }

    /// Lets jobs run until `stop` is cancelled, and keeps the job file until `end` is: what
    /// the last runs left is in it too.
    pub(super) async fn start(
        &self,
        tracker: &TaskTracker,
        stop: CancellationToken,
        end: CancellationToken,
    ) {
        // Before the first run: a job may have been taken out by hand.
        self.served.mirror.catch_up().await;
        task::spawn(tracker, "job file", self.served.mirror.clone().keep(end));
        if let Some(scheduler) = &self.served.scheduler {
            task::spawn(tracker, "scheduler", scheduler.clone().run(stop));
        } else {
            tracing::info!("jobs do not run here: `cron.enabled` is off");
        }
    }
}
