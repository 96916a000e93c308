//! Jobs, their runs and what belongs to them. What a job is, the store does not look at: its
//! definition and its state are text, in two columns, so that an edit and the bookkeeping of
//! a run never overwrite each other.

use async_trait::async_trait;

use super::StoreError;

/// Runs of one job that are kept whatever their age.
pub(super) const KEPT_RUNS_PER_JOB: u32 = 2_000;

/// How long every run is kept, in milliseconds: seven days; those of a removed job too.
pub(super) const RUN_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Bytes of all records of runs; beyond it the oldest go.
pub(super) const MAX_HISTORY_BYTES: i64 = 200 * 1024 * 1024;

/// A job as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJob {
    /// Names it.
    pub id: String,
    /// The definition, in the caller's form.
    pub definition: String,
    /// What became of it so far, in the caller's form.
    pub state: String,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// When it is due, in milliseconds since 1970; `None` is never.
    pub next_run_ms: Option<i64>,
    /// The member who made it, in the form in which ids are compared.
    pub creator: Option<String>,
    /// Grows with every change of the row; a change names the one that it has seen.
    pub revision: i64,
}

/// What a changed job is like. `None` leaves the column as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobChange {
    /// The definition.
    pub definition: Option<String>,
    /// The state.
    pub state: Option<String>,
    /// Whether it runs by itself.
    pub enabled: Option<bool>,
    /// When it is due; `Some(None)` is never.
    pub next_run_ms: Option<Option<i64>>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum JobChanged {
    /// It is durable; the row's revision now.
    Done(i64),
    /// Somebody changed the job since it was read: look at it as it is now and try again.
    Stale(Box<StoredJob>),
    /// There is no such job.
    Gone,
}

/// Which jobs are meant, and which part of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPage {
    /// Those of this creator only.
    pub creator: Option<String>,
    /// Disabled ones too.
    pub disabled: bool,
    /// How many are passed over.
    pub offset: u32,
    /// How many are wanted.
    pub limit: u32,
}

/// A run about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// Names it.
    pub run_id: String,
    /// Its job.
    pub job: String,
    /// The due time that it serves, in milliseconds since 1970.
    pub due_at_ms: i64,
    /// Milliseconds since 1970.
    pub started_at_ms: i64,
    /// The process that runs it.
    pub owner: String,
    /// Until when the process must have said that it still runs.
    pub lease_until_ms: i64,
}

/// A run together with what the job becomes while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run.
    pub run: NewRun,
    /// Revision of the job that was looked at.
    pub revision: i64,
    /// The job's state during the run.
    pub state: String,
    /// When the job is due after this.
    pub next_run_ms: Option<i64>,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Claimed {
    /// The run is ours; the job's revision now.
    Ours(i64),
    /// Another run of the job is open.
    Running,
    /// The due time was claimed before, or the job was changed: look at it again.
    Stale(Box<StoredJob>),
    /// There is no such job.
    Gone,
}

/// How far an open run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStage {
    /// The agent works; nothing was delivered.
    Working,
    /// The text is there; its delivery was not begun.
    Written,
    /// The delivery was begun: whether it arrived is not known.
    Delivering,
}

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun {
    /// As it was begun; with the lease as it is now.
    pub run: NewRun,
    /// How far it has come.
    pub stage: RunStage,
    /// What is to be delivered, in the caller's form.
    pub text: Option<String>,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// `ok`, `error` or `skipped`.
    pub status: String,
    /// What became of the delivery.
    pub delivery_status: Option<String>,
    /// The record of the history, in the caller's form.
    pub record: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// What is kept so that only the delivery is repeated.
    pub text: Option<String>,
}

/// What a run's end does to its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobAfterRun {
    /// It becomes this, if its revision is still the given one.
    Change {
        /// Revision that was looked at.
        revision: i64,
        /// What is changed.
        change: JobChange,
    },
    /// It goes, if its revision is still the given one.
    Remove {
        /// Revision that was looked at.
        revision: i64,
    },
    /// Nothing: it was removed meanwhile.
    Nothing,
}

/// What became of a run's end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Finished {
    /// Both are durable: the record and the job.
    Done,
    /// The job was changed meanwhile; nothing was written. Look at it and try again.
    Stale(Box<StoredJob>),
    /// The job was removed meanwhile; nothing was written. Try again with
    /// [`JobAfterRun::Nothing`].
    Gone,
    /// The run is not this process's any more, or is over.
    Lost,
}

/// Which runs are meant, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Those of this job.
    pub job: Option<String>,
    /// This one.
    pub run_id: Option<String>,
    /// Those that ended like this.
    pub status: Option<String>,
    /// Those whose delivery ended like this.
    pub delivery_status: Option<String>,
    /// Those whose record contains this text, in any case of ASCII letters.
    pub text: Option<String>,
    /// The oldest first, instead of the newest.
    pub oldest_first: bool,
    /// How many are passed over.
    pub offset: u32,
    /// How many are wanted.
    pub limit: u32,
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// Names it.
    pub run_id: String,
    /// Its job.
    pub job: String,
    /// The record, in the caller's form.
    pub record: String,
}

/// Keeps jobs and their runs.
#[async_trait]
pub trait CronStore: Send + Sync + std::fmt::Debug {
    /// All jobs, in the order they were made.
    async fn cron_jobs(&self) -> Result<Vec<StoredJob>, StoreError>;

    /// One job.
    async fn cron_job(&self, id: &str) -> Result<Option<StoredJob>, StoreError>;

    /// Some jobs in the order they were made, and how many there are in all.
    async fn cron_page(&self, page: &JobPage) -> Result<(Vec<StoredJob>, u32), StoreError>;

    /// How many jobs there are, or how many a member made.
    async fn count_cron_jobs(&self, creator: Option<&str>) -> Result<u32, StoreError>;

    /// Adds jobs (their `revision` is not looked at), all or, where one of them is known
    /// already, none: `false`.
    async fn add_cron_jobs(&self, jobs: Vec<StoredJob>) -> Result<bool, StoreError>;

    /// Changes a job whose revision is `revision`.
    async fn change_cron_job(
        &self,
        id: &str,
        revision: i64,
        change: JobChange,
    ) -> Result<JobChanged, StoreError>;

    /// Removes a job; its history stays for seven days. Whether there was one.
    async fn remove_cron_job(&self, id: &str) -> Result<bool, StoreError>;

    /// The earliest due time of the enabled jobs.
    async fn next_cron_due(&self) -> Result<Option<i64>, StoreError>;

    /// The enabled jobs that are due at `now_ms`, the longest due first, at most `limit`.
    async fn due_cron_jobs(&self, now_ms: i64, limit: u32) -> Result<Vec<StoredJob>, StoreError>;

    /// Begins a run: the record and the job's next time are durable together, so that a
    /// due time is claimed once. An open run stands in the way, also one whose lease is over:
    /// take that over and end it first.
    async fn claim_cron_run(&self, claim: Claim) -> Result<Claimed, StoreError>;

    /// Says that a run goes on; `false`: it is not this process's any more.
    async fn renew_cron_run(
        &self,
        run_id: &str,
        owner: &str,
        until_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Takes over an open run whose lease ended before `now_ms`; `false`: it goes on
    /// elsewhere, or is over.
    async fn take_over_cron_run(
        &self,
        run_id: &str,
        owner: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<bool, StoreError>;

    /// Keeps what is to be delivered; `false`: the run is not this process's any more.
    async fn keep_cron_text(
        &self,
        run_id: &str,
        owner: &str,
        text: String,
    ) -> Result<bool, StoreError>;

    /// Notes that the delivery begins: after this it is never repeated by itself. `false`:
    /// the run is not this process's any more, and must not deliver.
    async fn begin_cron_delivery(&self, run_id: &str, owner: &str) -> Result<bool, StoreError>;

    /// Ends a run: its record and the change of its job are durable together.
    async fn finish_cron_run(
        &self,
        run_id: &str,
        owner: &str,
        end: RunEnd,
        job: JobAfterRun,
    ) -> Result<Finished, StoreError>;

    /// Adds runs that are over already: skipped ones, and those of an imported history. Known
    /// ids are passed over; returns how many are new.
    async fn add_cron_history(&self, runs: Vec<(NewRun, RunEnd)>) -> Result<usize, StoreError>;

    /// The text that a run kept for its delivery, also after its end.
    async fn cron_text(&self, run_id: &str) -> Result<Option<String>, StoreError>;

    /// The runs that are not over, oldest first.
    async fn open_cron_runs(&self) -> Result<Vec<OpenRun>, StoreError>;

    /// Runs that are over, and how many fit the filter in all.
    async fn cron_runs(&self, filter: &RunFilter) -> Result<(Vec<StoredRun>, u32), StoreError>;

    /// Forgets what is old: of each job everything that is neither among its newest 2,000
    /// runs nor younger than seven days; of all, the oldest beyond 200 MiB. Returns how many.
    async fn prune_cron_runs(&self, now_ms: i64) -> Result<usize, StoreError>;

    /// Forgets the sessions of jobs' runs, each of which had one of its own, that nobody used
    /// since `before_ms`: what was said in them, and which session of a program they are.
    /// Returns how many entries went.
    async fn prune_job_sessions(&self, before_ms: i64) -> Result<usize, StoreError>;

    /// A value kept under a name, such as the mirror file's digest.
    async fn cron_value(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Keeps a value under a name.
    async fn set_cron_value(&self, name: &str, value: String) -> Result<(), StoreError>;
}
