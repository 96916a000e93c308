//! `wecom_cron`: jobs that people ask for in a chat.
//!
//! A job made here belongs to whoever asked, delivers to the chat where it was asked unless
//! something else is allowed and wanted, and acts for that member when it runs. They see and
//! change their own jobs; owners those of everybody.

mod fields;
mod rights;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::desk::{Desk, DeskError};
use super::job::{DeliveryMode, Job};
use super::schedule;
use super::scheduler::{Scheduler, Started};
use crate::agent::{ToolAnswer, ToolSpec, ToolTurn};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::store::RunFilter;
use fields::{Arguments, Wanted};
use rights::{Caller, Refused};

/// Its name.
pub const NAME: &str = "wecom_cron";

/// Another name that models know.
pub const ALIASES: [&str; 2] = ["cron", "automations"];

/// Jobs or runs of one answer.
const MAX_LISTED: u32 = 200;

/// The tool over the jobs of this process.
#[derive(Debug, Clone)]
pub struct CronTool {
    desk: Desk,
    /// Begins runs; `None` where jobs don't run in this process.
    scheduler: Option<Arc<Scheduler>>,
    config: LiveConfig,
    clock: SharedClock,
}

impl CronTool {
    /// The tool over a desk.
    pub fn new(
        desk: Desk,
        scheduler: Option<Arc<Scheduler>>,
        config: LiveConfig,
        clock: SharedClock,
    ) -> Self {
        Self {
            desk,
            scheduler,
            config,
            clock,
        }
    }

    /// How it is announced: the model needs the time and the zone to understand "tomorrow".
    pub fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: format!("{} It is now {}.", fields::DESCRIPTION, self.now()),
            parameters: Self::parameters(),
        }
    }

    /// JSON schema of its arguments.
    pub fn parameters() -> Value {
        fields::schema()
    }

    fn now(&self) -> String {
        let zone = self.desk.default_zone().unwrap_or(jiff::tz::TimeZone::UTC);
        let now = Timestamp::from_millisecond(self.clock.now_ms());
        let now = now.map(|now| now.to_zoned(zone));
        now.map_or_else(
            |_| "unknown".to_owned(),
            |now| now.strftime("%A, %Y-%m-%dT%H:%M:%S%:z (%Q)").to_string(),
        )
    }

    /// One use of it.
    pub async fn call(&self, turn: &ToolTurn, arguments: Map<String, Value>) -> ToolAnswer {
        let answer = match Arguments::read(arguments) {
            Ok(arguments) => self.answer(turn, arguments).await,
            Err(message) => Err(Fault::Arguments(message)),
        };
        answer.unwrap_or_else(ToolAnswer::from)
    }

    async fn answer(&self, turn: &ToolTurn, arguments: Arguments) -> Result<ToolAnswer, Fault> {
        let config = self.config.get();
        let caller = Caller::of(&config, turn).ok_or(Fault::NobodyAsks)?;
        match arguments.wanted {
            Wanted::Status => self.status(&caller).await,
            Wanted::List { disabled } => self.list(&caller, disabled).await,
            Wanted::Get { id } => {
                let job = self.own(&caller, &id).await?;
                Ok(told(json!({ "job": job, "next": self.next_words(&job) })))
            }
            Wanted::Add { job } => self.add(&caller, job).await,
            Wanted::Update { id, patch } => self.update(&caller, &id, &patch).await,
            Wanted::Remove { id } => {
                let job = self.own(&caller, &id).await?;
                let removed = self.desk.remove(job.id.as_str()).await?;
                if let Some(scheduler) = &self.scheduler {
                    scheduler.cancel(removed.id.as_str());
                }
                Ok(told(json!({ "removed": true, "name": removed.name })))
            }
            Wanted::Run { id, only_if_due } => self.run(&caller, &id, only_if_due).await,
            Wanted::Runs { id, limit, offset } => {
                let job = self.own(&caller, &id).await?;
                let filter = RunFilter {
                    job: Some(job.id.as_str().to_owned()),
                    limit: limit.min(MAX_LISTED),
                    offset,
                    ..RunFilter::default()
                };
                let (runs, total) = self.desk.runs(&filter).await?;
                let entries: Vec<Value> = (runs.iter())
                    .filter_map(|run| serde_json::from_str(&run.record).ok())
                    .collect();
                Ok(told(json!({ "entries": entries, "total": total })))
            }
        }
    }

    async fn status(&self, caller: &Caller<'_>) -> Result<ToolAnswer, Fault> {
        let jobs = self.visible(caller).await?;
        let enabled = jobs.iter().filter(|job| job.enabled);
        let next = enabled
            .clone()
            .filter_map(|job| job.state.next_run_at_ms)
            .min();
        Ok(told(json!({
            "enabled": self.scheduler.is_some(),
            "jobs": jobs.len(),
            "enabledJobs": enabled.count(),
            "nextWakeAtMs": next,
            "now": self.now(),
        })))
    }

    async fn list(&self, caller: &Caller<'_>, disabled: bool) -> Result<ToolAnswer, Fault> {
        let mut jobs = self.visible(caller).await?;
        jobs.retain(|job| disabled || job.enabled);
        let total = jobs.len();
        jobs.truncate(usize::try_from(MAX_LISTED).unwrap_or(usize::MAX));
        let jobs: Vec<Value> = (jobs.iter())
            .map(|job| json!({ "job": job, "next": self.next_words(job) }))
            .collect();
        Ok(told(json!({ "jobs": jobs, "total": total })))
    }

    async fn add(
        &self,
        caller: &Caller<'_>,
        fields: Map<String, Value>,
    ) -> Result<ToolAnswer, Fault> {
        let now_ms = self.clock.now_ms();
        let mut job = fields::job(fields, caller, now_ms).map_err(Fault::Arguments)?;
        let made = self.desk.count_of(caller.sender).await?;
        caller.may_make(&job, made, &self.desk.default_zone()?, now_ms)?;
        if let Some(parent) = caller.parent() {
            let parent = self.desk.find(parent).await?.job;
            Caller::may_follow(&parent, &mut job)?;
        }
        let job = self.desk.add(job).await?;
        Ok(told(json!({
            "job": job,
            "next": self.next_words(&job),
            "say": "Repeat to the person what was understood: when, what, and where it goes.",
        })))
    }

    async fn update(
        &self,
        caller: &Caller<'_>,
        id: &str,
        patch: &Map<String, Value>,
    ) -> Result<ToolAnswer, Fault> {
        let seen = self.own(caller, id).await?;
        let now_ms = self.clock.now_ms();
        let zone = self.desk.default_zone()?;
        let patch = fields::patch(patch);
        let is_others = !caller.made(&seen);
        // Looked at before it is stored: what the change would make of the job.
        let mut changed = seen.clone();
        super::desk::apply_patch(&mut changed, &patch)?;
        caller.may_make(&changed, 0, &zone, now_ms)?;
        let clears = is_others && fields::touches_identity(&patch) && seen.run_as.is_some();
        let job = self.desk.edit(seen.id.as_str(), &patch).await?;
        let job = if clears {
            self.desk
                .change(job.id.as_str(), |job| {
                    job.run_as = None;
                    Ok(())
                })
                .await?
        } else {
            job
        };
        let mut answer = json!({ "job": job, "next": self.next_words(&job) });
        if let (true, Some(fields)) = (clears, answer.as_object_mut()) {
            let note = "The job was somebody else's: it does not act for them any more.";
            fields.insert("note".to_owned(), note.into());
        }
        Ok(told(answer))
    }

    async fn run(
        &self,
        caller: &Caller<'_>,
        id: &str,
        only_if_due: bool,
    ) -> Result<ToolAnswer, Fault> {
        let job = self.own(caller, id).await?;
        let Some(scheduler) = &self.scheduler else {
            return Err(Fault::Off);
        };
        let is_due = (job.state.next_run_at_ms).is_some_and(|due| due <= self.clock.now_ms());
        if only_if_due && !is_due {
            return Ok(told(json!({ "ran": false, "reason": "not-due" })));
        }
        let reason = match scheduler
            .run_now(job.id.as_str())
            .await
            .map_err(DeskError::from)?
        {
            Started::Running(run_id) => {
                return Ok(told(json!({ "enqueued": true, "runId": run_id })));
            }
            Started::AlreadyRunning => "already-running",
            Started::Full => "too many jobs run at the moment",
            Started::Unknown | Started::Unreadable => "invalid-spec",
        };
        Ok(told(json!({ "ran": false, "reason": reason })))
    }

    /// The job that is meant, if it is one that the caller may see.
    async fn own(&self, caller: &Caller<'_>, id: &str) -> Result<Job, Fault> {
        let mut jobs = self.visible(caller).await?;
        if let Some(position) = jobs.iter().position(|job| job.id.as_str() == id) {
            return Ok(jobs.swap_remove(position));
        }
        let wanted = id.trim().to_lowercase();
        jobs.retain(|job| job.name.trim().to_lowercase() == wanted);
        let several = jobs.len() > 1;
        match jobs.pop() {
            Some(job) if !several => Ok(job),
            Some(_) => Err(Fault::Arguments(format!(
                "several jobs are called `{id}`: use the id"
            ))),
            // One of somebody else looks the same as none.
            None => Err(Fault::Desk(DeskError::NotFound {
                wanted: id.to_owned(),
            })),
        }
    }

    async fn visible(&self, caller: &Caller<'_>) -> Result<Vec<Job>, Fault> {
        let jobs = self.desk.all().await?;
        let jobs = jobs.into_iter().map(|seen| seen.job);
        Ok(jobs.filter(|job| caller.may_see(job)).collect())
    }

    /// When the job runs next, in words, in its own zone.
    fn next_words(&self, job: &Job) -> Option<String> {
        let at = Timestamp::from_millisecond(job.state.next_run_at_ms?).ok()?;
        let zone = match &job.schedule {
            super::job::Schedule::Cron(timing) => {
                timing.tz.as_deref().and_then(|tz| schedule::zone(tz).ok())
            }
            _ => None,
        };
        let zone = zone.or_else(|| self.desk.default_zone().ok())?;
        let at = at
            .to_zoned(zone)
            .strftime("%A, %Y-%m-%d %H:%M:%S %:z (%Q)")
            .to_string();
        let where_to = match &job.delivery {
            Some(delivery) if delivery.mode == DeliveryMode::Announce => {
                format!(
                    ", to {}",
                    delivery
                        .to
                        .as_deref()
                        .unwrap_or("the chat where it was made")
                )
            }
            _ => String::new(),
        };
        Some(format!("Next run: {at}{where_to}."))
    }
}

fn told(mut answer: Value) -> ToolAnswer {
    if let Some(fields) = answer.as_object_mut() {
        fields.shift_insert(0, "ok".to_owned(), true.into());
    }
    ToolAnswer::ok(serde_json::to_string_pretty(&answer).unwrap_or_default())
}

/// Why nothing was done.
#[derive(Debug)]
enum Fault {
    Arguments(String),
    Refused(Refused),
    Desk(DeskError),
    NobodyAsks,
    Off,
}

impl From<DeskError> for Fault {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Fault> for ToolAnswer {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Arguments(message) => Self::refused(
                "invalid_args",
                &message,
                "Correct the arguments, or ask the person what is meant.",
            ),
            Fault::Refused(refused) => {
                Self::refused("authorization", &refused.to_string(), refused.next())
            }
            Fault::NobodyAsks => Self::refused(
                "authorization",
                "it is not known for whom this is asked",
                "Tell the operator: jobs of nobody are made on the command line.",
            ),
            Fault::Off => Self::refused(
                "unavailable",
                "jobs do not run in this process",
                "Tell the person; the operator can switch the scheduler on.",
            ),
            Fault::Desk(DeskError::Store(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the tool could not reach the jobs"
                );
                Self::refused(
                    "internal",
                    "the state can't be read or written",
                    "Tell the person that it did not work.",
                )
            }
            Fault::Desk(error) => Self::refused(
                "invalid_args",
                &error.to_string(),
                "Nothing was changed. Correct it, or ask the person.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
