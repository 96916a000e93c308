//! The statements for jobs and their runs. Each function runs inside the group's
//! transaction.

mod history;
mod jobs;
mod runs;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::cron::{
    Claim, Claimed, CronStore, Finished, JobAfterRun, JobChange, JobChanged, JobPage, NewRun,
    OpenRun, RunEnd, RunFilter, StoredJob, StoredRun,
};
use super::{SqliteStore, StoreError};

#[async_trait]
impl CronStore for SqliteStore {
    async fn cron_jobs(&self) -> Result<Vec<StoredJob>, StoreError> {
        self.run(jobs::all).await
    }

    async fn cron_job(&self, id: &str) -> Result<Option<StoredJob>, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| jobs::one(connection, &id)).await
    }

    async fn cron_page(&self, page: &JobPage) -> Result<(Vec<StoredJob>, u32), StoreError> {
        let page = page.clone();
        self.run(move |connection| jobs::page(connection, &page))
            .await
    }

    async fn count_cron_jobs(&self, creator: Option<&str>) -> Result<u32, StoreError> {
        let creator = creator.map(str::to_owned);
        self.run(move |connection| jobs::count(connection, creator.as_deref(), true))
            .await
    }

    async fn add_cron_jobs(&self, added: Vec<StoredJob>) -> Result<bool, StoreError> {
        self.run(move |connection| {
            whole(connection, || {
                for job in &added {
                    if !jobs::add(connection, job)? {
                        return Ok(Step::Undo(false));
                    }
                }
                Ok(Step::Keep(true))
            })
        })
        .await
    }

    async fn change_cron_job(
        &self,
        id: &str,
        revision: i64,
        change: JobChange,
    ) -> Result<JobChanged, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| jobs::change(connection, &id, revision, &change))
            .await
    }

    async fn remove_cron_job(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| jobs::remove(connection, &id))
            .await
    }

    async fn next_cron_due(&self) -> Result<Option<i64>, StoreError> {
        self.run(jobs::next_due).await
    }

    async fn due_cron_jobs(&self, now_ms: i64, limit: u32) -> Result<Vec<StoredJob>, StoreError> {
        self.run(move |connection| jobs::due(connection, now_ms, limit))
            .await
    }

    async fn claim_cron_run(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.run(move |connection| whole(connection, || runs::claim(connection, &claim)))
            .await
    }

    async fn renew_cron_run(
        &self,
        run_id: &str,
        owner: &str,
        until_ms: i64,
    ) -> Result<bool, StoreError> {
        let (run_id, owner) = (run_id.to_owned(), owner.to_owned());
        self.run(move |connection| runs::renew(connection, &run_id, &owner, until_ms))
            .await
    }

    async fn take_over_cron_run(
        &self,
        run_id: &str,
        owner: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<bool, StoreError> {
        let (run_id, owner) = (run_id.to_owned(), owner.to_owned());
        self.run(move |connection| runs::take_over(connection, &run_id, &owner, now_ms, until_ms))
            .await
    }

    async fn keep_cron_text(
        &self,
        run_id: &str,
        owner: &str,
        text: String,
    ) -> Result<bool, StoreError> {
        let (run_id, owner) = (run_id.to_owned(), owner.to_owned());
        self.run(move |connection| runs::keep_text(connection, &run_id, &owner, &text))
            .await
    }

    async fn begin_cron_delivery(&self, run_id: &str, owner: &str) -> Result<bool, StoreError> {
        let (run_id, owner) = (run_id.to_owned(), owner.to_owned());
        self.run(move |connection| runs::begin_delivery(connection, &run_id, &owner))
            .await
    }

    async fn finish_cron_run(
        &self,
        run_id: &str,
        owner: &str,
        end: RunEnd,
        job: JobAfterRun,
    ) -> Result<Finished, StoreError> {
        let (run_id, owner) = (run_id.to_owned(), owner.to_owned());
        self.run(move |connection| {
            whole(connection, || {
                runs::finish(connection, &run_id, &owner, &end, &job)
            })
        })
        .await
    }

    async fn add_cron_history(&self, added: Vec<(NewRun, RunEnd)>) -> Result<usize, StoreError> {
        self.run(move |connection| {
            whole(connection, || {
                let mut new = 0;
                for (run, end) in &added {
                    new += history::add(connection, run, end)?;
                }
                Ok(Step::Keep(new))
            })
        })
        .await
    }

    async fn cron_text(&self, run_id: &str) -> Result<Option<String>, StoreError> {
        let run_id = run_id.to_owned();
        self.run(move |connection| runs::text(connection, &run_id))
            .await
    }

    async fn open_cron_runs(&self) -> Result<Vec<OpenRun>, StoreError> {
        self.run(runs::open).await
    }

    async fn cron_runs(&self, filter: &RunFilter) -> Result<(Vec<StoredRun>, u32), StoreError> {
        let filter = filter.clone();
        self.run(move |connection| history::page(connection, &filter))
            .await
    }

    async fn prune_cron_runs(&self, now_ms: i64) -> Result<usize, StoreError> {
        self.run(move |connection| {
            whole(connection, || {
                history::prune(connection, now_ms).map(Step::Keep)
            })
        })
        .await
    }

    async fn prune_job_sessions(&self, before_ms: i64) -> Result<usize, StoreError> {
        self.run(move |connection| history::prune_sessions(connection, before_ms))
            .await
    }

    async fn cron_value(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.run(move |connection| {
            connection
                .prepare_cached("SELECT value FROM cron_values WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })
        .await
    }

    async fn set_cron_value(&self, name: &str, value: String) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.run(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO cron_values (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![name, value])
                .map(drop)
        })
        .await
    }
}

/// What becomes of several statements.
enum Step<T> {
    Keep(T),
    Undo(T),
}

/// Runs several statements as one: an error, or [`Step::Undo`], leaves nothing of them.
fn whole<T>(
    connection: &Connection,
    statements: impl FnOnce() -> rusqlite::Result<Step<T>>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT cron")?;
    let step = statements();
    let end = match &step {
        Ok(Step::Keep(_)) => "RELEASE cron",
        Ok(Step::Undo(_)) | Err(_) => "ROLLBACK TO cron; RELEASE cron",
    };
    if !connection.is_autocommit() {
        connection.execute_batch(end)?;
    }
    match step? {
        Step::Keep(value) | Step::Undo(value) => Ok(value),
    }
}

#[cfg(test)]
mod tests;
