//! Where jobs are made and changed, whoever asks: the command line, the agent's tool, a file.
//!
//! Every change is checked, durable when it returns, and wakes the scheduler, so that it
//! takes effect at once. Who may do what is decided before.

mod error;
mod patch;

use std::sync::Arc;

use super::changes::Changes;
use super::job::{DeliveryChannel, DeliveryMode, Job, JobState, Owner};
use super::normalise::Quarantined;
use super::rules::{MAX_JOBS, Moment, Problem, problems};
use super::schedule::{default_zone, next_run};
use crate::channel::outbound::{Origin, SendRequest, resolve};
use crate::clock::SharedClock;
use crate::config::{Config, LiveConfig};
use crate::ids::UserId;
use crate::store::{JobChange, JobChanged, RunFilter, Store, StoredJob, StoredRun};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

pub use error::DeskError;
pub(super) use patch::apply as apply_patch;

/// How often a change is applied to a job that changes meanwhile: a run touches its job a
/// few times at most.
const ATTEMPTS: usize = 8;

/// Shortest beginning of an id that may stand for it, in characters.
const MIN_PREFIX: usize = 8;

/// Where jobs are made and changed.
#[derive(Debug, Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
    config: LiveConfig,
    clock: SharedClock,
    changes: Arc<Changes>,
}

/// Whether an imported job brings along what became of it elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// It does: its last run, its failures in a row.
    Kept,
    /// It begins anew.
    Forgotten,
}

/// A job together with the revision that a change must name.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The job.
    pub job: Job,
    /// Its revision.
    pub revision: i64,
}

impl Desk {
    /// A desk over a store.
    pub fn new(store: Arc<dyn Store>, config: LiveConfig, clock: SharedClock) -> Self {
        Self {
            store,
            config,
            clock,
            changes: Arc::default(),
        }
    }

    /// Told after every change.
    pub fn changes(&self) -> Arc<Changes> {
        self.changes.clone()
    }

    /// The zone of jobs that name none.
    ///
    /// # Errors
    /// [`DeskError::Schedule`] for an unknown `cron.defaultTimeZone`.
    pub fn default_zone(&self) -> Result<TimeZone, DeskError> {
        let config = self.config.get();
        Ok(default_zone(config.cron.default_time_zone.as_deref())?)
    }

    /// All jobs that can be read, in the order they were made.
    pub async fn all(&self) -> Result<Vec<Seen>, DeskError> {
        Ok(self.sorted().await?.0)
    }

    /// All jobs that can be read, and the rows that can't, which another program wrote: they
    /// stay as they are, and stand in nobody's way.
    pub async fn sorted(&self) -> Result<(Vec<Seen>, Vec<Quarantined>), DeskError> {
        let mut jobs = Vec::new();
        let mut broken = Vec::new();
        for stored in self.store.cron_jobs().await? {
            match read(&stored) {
                Ok(seen) => jobs.push(seen),
                Err(error) => broken.push(Quarantined {
                    reason: format!("the stored job can't be read: {error}"),
                    job: serde_json::json!({ "id": stored.id }),
                }),
            }
        }
        Ok((jobs, broken))
    }

    /// The job that is meant: by its id; else by its name in any case or by the beginning of
    /// its id (8 characters at least), where only one fits.
    pub async fn find(&self, wanted: &str) -> Result<Seen, DeskError> {
        if let Some(stored) = self.store.cron_job(wanted).await? {
            return read(&stored);
        }
        let name = wanted.trim().to_lowercase();
        let mut fitting: Vec<Seen> = self.all().await?;
        fitting.retain(|seen| {
            let begins =
                wanted.chars().count() >= MIN_PREFIX && seen.job.id.as_str().starts_with(wanted);
            begins || seen.job.name.trim().to_lowercase() == name
        });
        if fitting.len() > 1 {
            return Err(DeskError::Ambiguous {
                wanted: wanted.to_owned(),
                ids: fitting.iter().map(|seen| seen.job.id.to_string()).collect(),
            });
        }
        fitting.pop().ok_or_else(|| not_found(wanted))
    }

    /// Makes a job, or changes the one of the same declaration key. Its times and its state
    /// are set here.
    ///
    /// # Errors
    /// [`DeskError::Invalid`] names everything that is wrong with it.
    pub async fn add(&self, mut job: Job) -> Result<Job, DeskError> {
        if let Some(key) = &job.declaration_key {
            let known = self.all().await?;
            let same = |seen: &&Seen| seen.job.declaration_key.as_ref() == Some(key);
            if let Some(known) = known.iter().find(same) {
                let id = known.job.id.clone();
                return self
                    .change(id.as_str(), |present| {
                        replace(present, &job);
                        Ok(())
                    })
                    .await;
            }
        }
        let now_ms = self.clock.now_ms();
        job.created_at_ms = now_ms;
        job.updated_at_ms = now_ms;
        job.state = JobState::default();
        self.check(&job, Moment::Created).await?;
        self.put(job).await
    }

    async fn put(&self, mut job: Job) -> Result<Job, DeskError> {
        if self.store.count_cron_jobs(None).await? >= MAX_JOBS {
            return Err(DeskError::TooMany { limit: MAX_JOBS });
        }
        self.restart(&mut job)?;
        if !self.store.add_cron_jobs(vec![row(&job)?]).await? {
            return Err(DeskError::Exists {
                id: job.id.to_string(),
            });
        }
        self.changes.tell();
        Ok(job)
    }

    /// Takes over jobs from a file, with the times of the file, in one write. One-shots may be
    /// over already. When each is due is told anew; what became of it so far is kept from
    /// the file or forgotten.
    ///
    /// The answer has a place for each job, in their order.
    ///
    /// # Errors
    /// The store did not do it; what is wrong with one job is in its place.
    pub async fn import(
        &self,
        jobs: Vec<Job>,
        past: Past,
    ) -> Result<Vec<Result<Job, DeskError>>, DeskError> {
        let room = MAX_JOBS.saturating_sub(self.store.count_cron_jobs(None).await?);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        let mut taken = Vec::with_capacity(jobs.len());
        for job in jobs {
            let ready = if rows.len() < room {
                self.ready(job, past).await
            } else {
                Err(DeskError::TooMany { limit: MAX_JOBS })
            };
            if let Ok(job) = &ready {
                rows.push(row(job)?);
            }
            taken.push(ready);
        }
        if !rows.is_empty() && !self.store.add_cron_jobs(rows).await? {
            // One of the ids was taken meanwhile: then each for itself.
            for place in &mut taken {
                if let Ok(job) = place
                    && !self.store.add_cron_jobs(vec![row(job)?]).await?
                {
                    let id = job.id.to_string();
                    *place = Err(DeskError::Exists { id });
                }
            }
        }
        self.changes.tell();
        Ok(taken)
    }

    async fn ready(&self, mut job: Job, past: Past) -> Result<Job, DeskError> {
        self.check(&job, Moment::Kept).await?;
        let before = std::mem::take(&mut job.state);
        self.restart(&mut job)?;
        if past == Past::Kept {
            job.state = JobState {
                next_run_at_ms: job.state.next_run_at_ms,
                schedule_activated_at_ms: job.state.schedule_activated_at_ms,
                running_at_ms: None,
                queued_at_ms: None,
                startup_catchup_at_ms: None,
                ..before
            };
        }
        Ok(job)
    }

    /// Changes a job by a partial one: objects are merged, `null` clears. Its id, its state
    /// and its times stay.
    pub async fn edit(&self, id: &str, patch: &Map<String, Value>) -> Result<Job, DeskError> {
        self.change(id, |job| patch::apply(job, patch)).await
    }

    /// Switches a job on or off. Switched on, it counts its failures anew.
    pub async fn enable(&self, id: &str, enabled: bool) -> Result<Job, DeskError> {
        let set = |job: &mut Job| {
            job.enabled = enabled;
            Ok(())
        };
        self.change(id, set).await
    }

    /// Changes a job; `change` may be asked again if the job changes meanwhile. Where its
    /// schedule or `enabled` changes, it is due anew, and its failures are forgotten.
    pub async fn change(
        &self,
        id: &str,
        change: impl Fn(&mut Job) -> Result<(), DeskError>,
    ) -> Result<Job, DeskError> {
        let mut seen = self.find(id).await?;
        for _ in 0..ATTEMPTS {
            let mut job = seen.job.clone();
            change(&mut job)?;
            let identity = job.schedule_identity()?;
            let rescheduled = identity != seen.job.schedule_identity()?;
            let moment = if rescheduled && job.enabled {
                Moment::Created
            } else {
                Moment::Kept
            };
            self.check(&job, moment).await?;
            job.updated_at_ms = self.clock.now_ms();
            let mut fields = JobChange {
                definition: Some(job.definition()?),
                enabled: Some(job.enabled),
                ..JobChange::default()
            };
            if rescheduled {
                self.restart(&mut job)?;
                fields.state = Some(serde_json::to_string(&job.state)?);
                fields.next_run_ms = Some(job.state.next_run_at_ms);
            }
            let id = job.id.as_str();
            match self
                .store
                .change_cron_job(id, seen.revision, fields)
                .await?
            {
                JobChanged::Done(_) => {
                    self.changes.tell();
                    return Ok(job);
                }
                JobChanged::Stale(stored) => seen = read(&stored)?,
                JobChanged::Gone => return Err(not_found(id)),
            }
        }
        Err(DeskError::Contended { id: id.to_owned() })
    }

    /// Removes a job; its history stays for seven days.
    pub async fn remove(&self, id: &str) -> Result<Job, DeskError> {
        let job = self.find(id).await?.job;
        if !self.store.remove_cron_job(job.id.as_str()).await? {
            return Err(not_found(id));
        }
        self.changes.tell();
        Ok(job)
    }

    /// How many jobs a member made.
    pub async fn count_of(&self, creator: &UserId) -> Result<u32, DeskError> {
        Ok(self.store.count_cron_jobs(Some(&creator.folded())).await?)
    }

    /// Runs that are over, and how many fit in all.
    pub async fn runs(&self, filter: &RunFilter) -> Result<(Vec<StoredRun>, u32), DeskError> {
        Ok(self.store.cron_runs(filter).await?)
    }

    /// Sets when the job is due, and forgets what belongs to the schedule before.
    fn restart(&self, job: &mut Job) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        job.state.consecutive_errors = 0;
        job.state.consecutive_skipped = 0;
        job.state.schedule_error_count = 0;
        job.state.auto_disabled = None;
        job.state.startup_catchup_at_ms = None;
        job.state.schedule_activated_at_ms = Some(now_ms);
        job.state.next_run_at_ms = if job.enabled {
            next_run(job, now_ms, &self.default_zone()?)?
        } else {
            None
        };
        Ok(())
    }

    async fn check(&self, job: &Job, moment: Moment) -> Result<(), DeskError> {
        let config = self.config.get();
        let now_ms = self.clock.now_ms();
        let mut found = problems(job, moment, now_ms, &self.default_zone()?);
        found.extend(unknown_agent(&config, job));
        found.extend(self.unreachable(&config, job).await);
        if found.is_empty() {
            Ok(())
        } else {
            Err(DeskError::Invalid(found))
        }
    }

    /// Why nothing could be delivered, as far as it is known before the run.
    async fn unreachable(&self, config: &Config, job: &Job) -> Option<Problem> {
        let delivery = job.delivery.as_ref()?;
        if delivery.mode != DeliveryMode::Announce {
            return None;
        }
        let Some(target) = &delivery.to else {
            let named = delivery.account_id.as_deref()?;
            let error = config.account(named).err()?;
            return Some(Problem {
                field: "delivery.accountId",
                message: error.to_string(),
            });
        };
        if delivery.channel() == DeliveryChannel::Last && delivery.channel.is_some() {
            return Some(Problem {
                field: "delivery.channel",
                message: "a target goes with the channel wecom, not with last".to_owned(),
            });
        }
        let request = SendRequest {
            account: delivery.account_id.clone(),
            target: target.clone(),
            text: Some(job.name.clone()),
            origin: Origin::Cron,
            ..SendRequest::default()
        };
        let error = resolve(config, &*self.store, &request).await.err()?;
        Some(Problem {
            field: "delivery.to",
            message: error.to_string(),
        })
    }
}

fn unknown_agent(config: &Config, job: &Job) -> Option<Problem> {
    let wanted = job.agent_id.as_deref()?;
    let agents = &config.agents.list;
    if agents.iter().any(|agent| agent.id == wanted) {
        return None;
    }
    let known: Vec<&str> = agents.iter().map(|agent| agent.id.as_str()).collect();
    Some(Problem {
        field: "agentId",
        message: format!("there is no agent `{wanted}`; known: {}", known.join(", ")),
    })
}

/// Everything of `new` but what belongs to the job that is there.
fn replace(present: &mut Job, new: &Job) {
    *present = Job {
        id: present.id.clone(),
        created_at_ms: present.created_at_ms,
        state: present.state.clone(),
        ..new.clone()
    };
}

/// A job as the store has it.
pub(super) fn read(stored: &StoredJob) -> Result<Seen, DeskError> {
    let job = Job::from_parts(&stored.definition, &stored.state, stored.enabled)?;
    Ok(Seen {
        job,
        revision: stored.revision,
    })
}

/// The store's row of a job.
pub(super) fn row(job: &Job) -> Result<StoredJob, DeskError> {
    let creator = |owner: &Owner| {
        let user = owner.user_id.as_deref()?;
        Some(UserId::new(user).folded().into_owned())
    };
    Ok(StoredJob {
        id: job.id.to_string(),
        definition: job.definition()?,
        state: serde_json::to_string(&job.state)?,
        enabled: job.enabled,
        next_run_ms: job.state.next_run_at_ms,
        creator: job.owner.as_ref().and_then(creator),
        revision: 0,
    })
}

fn not_found(wanted: &str) -> DeskError {
    DeskError::NotFound {
        wanted: wanted.to_owned(),
    }
}

#[cfg(test)]
mod tests;
