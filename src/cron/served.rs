//! The jobs of this process, as the local API and the command line see them.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::desk::{Desk, DeskError};
use super::history::{self, HistoryReport};
use super::job::Job;
use super::listed::{delivery_preview, listed};
use super::mirror::{Imported, Mirror};
use super::scheduler::{Scheduler, Started};
use super::service::{
    CronService, HISTORY_LINES, ListRequest, ListedJob, Listing, MAX_LISTED, Removed, RunAnswer,
    RunRequest, RunsPage, RunsRequest, SchedulerStatus, ServiceError,
};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::store::{RunFilter, Store};

/// The times of a record that are shown in words too.
const TIMES: [(&str, &str); 3] = [
    ("ts", "tsIso"),
    ("runAtMs", "runAtIso"),
    ("nextRunAtMs", "nextRunAtIso"),
];

/// The jobs of this process.
#[derive(Debug, Clone)]
pub struct Served {
    /// Makes and changes them.
    pub desk: Desk,
    /// Keeps the job file.
    pub mirror: Arc<Mirror>,
    /// Runs them; `None` where jobs don't run in this process.
    pub scheduler: Option<Arc<Scheduler>>,
    /// Where they are kept.
    pub store: Arc<dyn Store>,
    /// The file of the store.
    pub database: PathBuf,
    /// The configuration in use.
    pub config: LiveConfig,
    /// The time of day.
    pub clock: SharedClock,
}

#[async_trait]
impl CronService for Served {
    async fn list(&self, request: &ListRequest) -> Result<Listing, ServiceError> {
        let config = self.config.get();
        let (jobs, mut invalid) = self.desk.sorted().await?;
        let mut jobs: Vec<ListedJob> = jobs
            .into_iter()
            .map(|seen| listed(seen.job, &config))
            .collect();
        if let Some(agent) = &request.agent {
            jobs.retain(|job| job.effective_agent_id.as_ref() == Some(agent));
        }
        let before = jobs.len();
        jobs.retain(|job| request.all || job.job.enabled);
        let (total, hidden) = (jobs.len(), before - jobs.len());
        let snapshot_revision = revision(&jobs);
        if request.all {
            invalid.extend(self.mirror.quarantined()?);
        } else {
            invalid.clear();
        }
        let limit = request.limit.clamp(1, MAX_LISTED);
        let jobs: Vec<ListedJob> = jobs
            .into_iter()
            .skip(usize::try_from(request.offset).unwrap_or(usize::MAX))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        let total_u32 = u32::try_from(total).unwrap_or(u32::MAX);
        let next_offset = next_offset(request.offset, jobs.len(), total_u32);
        let previews = jobs.iter().map(|listed| {
            let preview = delivery_preview(&listed.job, &config);
            (listed.job.id.to_string(), preview)
        });
        Ok(Listing {
            delivery_previews: previews.collect(),
            snapshot_revision,
            total,
            offset: request.offset,
            limit,
            has_more: next_offset.is_some(),
            next_offset,
            hidden,
            invalid,
            jobs,
        })
    }

    async fn get(&self, wanted: &str) -> Result<ListedJob, ServiceError> {
        let job = self.desk.find(wanted).await?.job;
        Ok(listed(job, &self.config.get()))
    }

    async fn add(&self, job: Job) -> Result<Job, ServiceError> {
        Ok(self.desk.add(job).await?)
    }

    async fn edit(&self, wanted: &str, patch: &Map<String, Value>) -> Result<Job, ServiceError> {
        Ok(self.desk.edit(wanted, patch).await?)
    }

    async fn enable(&self, wanted: &str, enabled: bool) -> Result<Job, ServiceError> {
        Ok(self.desk.enable(wanted, enabled).await?)
    }

    async fn remove(&self, wanted: &str) -> Result<Removed, ServiceError> {
        let removed = match self.desk.remove(wanted).await {
            Err(DeskError::NotFound { .. }) if self.mirror.forget(wanted).await? => {
                let id = wanted.to_owned();
                return Ok(Removed::Invalid { id });
            }
            removed => removed?,
        };
        if let Some(scheduler) = &self.scheduler {
            scheduler.cancel(removed.id.as_str());
        }
        Ok(Removed::Job(Box::new(removed)))
    }

    async fn run(&self, wanted: &str, request: RunRequest) -> Result<RunAnswer, ServiceError> {
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
        let started = scheduler.run_now(job.id.as_str()).await;
        Ok(match started.map_err(DeskError::from)? {
            Started::Running(run_id) => RunAnswer::Enqueued { run_id },
            Started::AlreadyRunning | Started::Full => RunAnswer::AlreadyRunning,
            Started::Unknown => {
                let wanted = wanted.to_owned();
                return Err(DeskError::NotFound { wanted }.into());
            }
            Started::Unreadable => RunAnswer::InvalidSpec,
        })
    }

    async fn runs(&self, request: &RunsRequest) -> Result<RunsPage, ServiceError> {
        let job = match request.job.as_deref() {
            None => None,
            Some(wanted) => Some(self.job_of_history(wanted).await?),
        };
        let limit = request.limit.clamp(1, MAX_LISTED);
        let filter = RunFilter {
            job,
            run_id: request.run_id.clone(),
            status: request.status.clone(),
            delivery_status: request.delivery_status.clone(),
            text: request.query.clone(),
            oldest_first: request.oldest_first,
            offset: request.offset,
            limit,
        };
        let (runs, total) = self.desk.runs(&filter).await?;
        let records = runs
            .iter()
            .filter_map(|run| serde_json::from_str(&run.record).ok());
        let mut entries: Vec<Map<String, Value>> = records.collect();
        entries.iter_mut().for_each(with_times);
        let next_offset = next_offset(request.offset, runs.len(), total);
        Ok(RunsPage {
            entries,
            total,
            offset: request.offset,
            limit,
            has_more: next_offset.is_some(),
            next_offset,
        })
    }

    async fn status(&self) -> Result<SchedulerStatus, ServiceError> {
        let running = self
            .scheduler
            .as_ref()
            .map_or(0, |scheduler| scheduler.runs());
        let jobs = self.store.count_cron_jobs(None).await;
        let next = self.store.next_cron_due().await;
        Ok(SchedulerStatus {
            enabled: self.scheduler.is_some(),
            triggers_enabled: false,
            store_path: self.mirror.path().to_owned(),
            storage: "sqlite".to_owned(),
            sqlite_path: self.database.clone(),
            jobs: jobs.map_err(DeskError::from)?,
            invalid: self.mirror.quarantined()?.len(),
            running: u32::try_from(running).unwrap_or(u32::MAX),
            next_wake_at_ms: next.map_err(DeskError::from)?,
        })
    }

    async fn import(&self, jobs: &str, states: Option<&str>) -> Result<Imported, ServiceError> {
        Ok(self.mirror.import(jobs, states).await?)
    }

    async fn import_history(
        &self,
        job: Option<&str>,
        lines: Vec<String>,
    ) -> Result<HistoryReport, ServiceError> {
        let mut report = HistoryReport::default();
        for some in lines.chunks(HISTORY_LINES) {
            let runs: Vec<_> = some
                .iter()
                .filter_map(|line| history::read_line(line, job))
                .collect();
            let read = runs.len();
            let added = self.store.add_cron_history(runs).await;
            let added = added.map_err(DeskError::from)?;
            report.added += added;
            report.known += read - added;
            report.passed_over += some.len() - read;
        }
        Ok(report)
    }

    async fn export(&self) -> Result<String, ServiceError> {
        Ok(self.mirror.export().await?)
    }

    async fn reload(&self) -> Result<Imported, ServiceError> {
        Ok(self.mirror.write().await?)
    }
}

impl Served {
    /// The id whose history is meant: also that of a job that was removed.
    async fn job_of_history(&self, wanted: &str) -> Result<String, ServiceError> {
        let not_found = match self.desk.find(wanted).await {
            Ok(seen) => return Ok(seen.job.id.to_string()),
            Err(error @ DeskError::NotFound { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        let filter = RunFilter {
            job: Some(wanted.to_owned()),
            limit: 1,
            ..RunFilter::default()
        };
        match self.desk.runs(&filter).await? {
            (_, 0) => Err(not_found.into()),
            _ => Ok(wanted.to_owned()),
        }
    }
}

fn next_offset(offset: u32, shown: usize, total: u32) -> Option<u32> {
    let end = offset.saturating_add(u32::try_from(shown).unwrap_or(u32::MAX));
    (end < total && shown > 0).then_some(end)
}

/// Changes with every change of one of the jobs, and of what became of them.
fn revision(jobs: &[ListedJob]) -> String {
    let mut digest = Sha256::new();
    for ListedJob { job, status, .. } in jobs {
        digest.update(job.id.as_str());
        digest.update(job.updated_at_ms.to_be_bytes());
        digest.update(job.state.next_run_at_ms.unwrap_or(-1).to_be_bytes());
        digest.update(job.state.last_run_at_ms.unwrap_or(-1).to_be_bytes());
        digest.update(status);
    }
    let short = digest.finalize();
    let short = short.iter().take(8);
    let short = short.fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{short:016x}")
}

fn with_times(record: &mut Map<String, Value>) {
    for (ms, iso) in TIMES {
        let at = record.get(ms).and_then(Value::as_i64);
        let at = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        if let Some(at) = at {
            record.insert(iso.to_owned(), at.to_string().into());
        }
    }
}
