//! The running scheduler and its desk, as the local API sees them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::desk::{Desk, DeskError};
use super::job::Job;
use super::scheduler::{Scheduler, Started};
use super::service::{CronService, Part, RunAnswer, RunRequest, SchedulerStatus};
use crate::clock::SharedClock;
use crate::store::{JobPage, RunFilter, Store};

/// The jobs of this process.
#[derive(Debug, Clone)]
pub struct Served {
    /// Makes and changes them.
    pub desk: Desk,
    /// Runs them; `None` where jobs don't run in this process.
    pub scheduler: Option<Arc<Scheduler>>,
    /// Where they are kept.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: SharedClock,
}

#[async_trait]
impl CronService for Served {
    async fn list(&self, page: &JobPage) -> Result<Part<Job>, DeskError> {
        let (jobs, total) = self.desk.page(page).await?;
        Ok(Part {
            entries: jobs.into_iter().map(|seen| seen.job).collect(),
            total,
        })
    }

    async fn get(&self, wanted: &str) -> Result<Job, DeskError> {
        Ok(self.desk.find(wanted).await?.job)
    }

    async fn add(&self, job: Job) -> Result<Job, DeskError> {
        self.desk.add(job).await
    }

    async fn edit(&self, wanted: &str, patch: &Map<String, Value>) -> Result<Job, DeskError> {
        self.desk.edit(wanted, patch).await
    }

    async fn enable(&self, wanted: &str, enabled: bool) -> Result<Job, DeskError> {
        self.desk.enable(wanted, enabled).await
    }

    async fn remove(&self, wanted: &str) -> Result<Job, DeskError> {
        let removed = self.desk.remove(wanted).await?;
        if let Some(scheduler) = &self.scheduler {
            scheduler.cancel(removed.id.as_str());
        }
        Ok(removed)
    }

    async fn run(&self, wanted: &str, request: RunRequest) -> Result<RunAnswer, DeskError> {
        let job = self.desk.find(wanted).await?.job;
        let Some(scheduler) = &self.scheduler else {
            return Ok(RunAnswer::Stopped);
        };
        if request == RunRequest::Due {
            if !job.enabled {
                return Ok(RunAnswer::Disabled);
            }
            let due = job.state.next_run_at_ms;
            if due.is_none_or(|due| due > self.clock.now_ms()) {
                return Ok(RunAnswer::NotDue);
            }
        }
        Ok(match scheduler.run_now(job.id.as_str()).await? {
            Started::Running(run_id) => RunAnswer::Enqueued { run_id },
            Started::AlreadyRunning | Started::Full => RunAnswer::AlreadyRunning,
            Started::Unknown => {
                return Err(DeskError::NotFound {
                    wanted: wanted.to_owned(),
                });
            }
            Started::Unreadable => RunAnswer::InvalidSpec,
        })
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Part<Value>, DeskError> {
        let (runs, total) = self.desk.runs(filter).await?;
        let records = runs
            .iter()
            .filter_map(|run| serde_json::from_str(&run.record).ok());
        Ok(Part {
            entries: records.collect(),
            total,
        })
    }

    async fn status(&self) -> Result<SchedulerStatus, DeskError> {
        let running = self
            .scheduler
            .as_ref()
            .map_or(0, |scheduler| scheduler.runs());
        Ok(SchedulerStatus {
            enabled: self.scheduler.is_some(),
            jobs: self.store.count_cron_jobs(None).await?,
            running: u32::try_from(running).unwrap_or(u32::MAX),
            next_wake_at_ms: self.store.next_cron_due().await?,
        })
    }
}
