//! Jobs.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::cron::{JobChange, JobChanged, JobPage, StoredJob};

const COLUMNS: &str = "id, definition, state, enabled, next_run, creator, revision";

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<StoredJob>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM cron_jobs ORDER BY number"))?
        .query_map([], read)?
        .collect()
}

pub(super) fn one(connection: &Connection, id: &str) -> rusqlite::Result<Option<StoredJob>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM cron_jobs WHERE id = ?1"))?
        .query_row([id], read)
        .optional()
}

pub(super) fn page(
    connection: &Connection,
    page: &JobPage,
) -> rusqlite::Result<(Vec<StoredJob>, u32)> {
    let jobs = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cron_jobs
             WHERE (?1 IS NULL OR creator = ?1) AND (?2 OR enabled = 1)
             ORDER BY number LIMIT ?3 OFFSET ?4"
        ))?
        .query_map(
            params![page.creator, page.disabled, page.limit, page.offset],
            read,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let total = count(connection, page.creator.as_deref(), page.disabled)?;
    Ok((jobs, total))
}

pub(super) fn count(
    connection: &Connection,
    creator: Option<&str>,
    disabled: bool,
) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM cron_jobs
             WHERE (?1 IS NULL OR creator = ?1) AND (?2 OR enabled = 1)",
        )?
        .query_row(params![creator, disabled], |row| row.get(0))
}

/// Whether the id was new.
pub(super) fn add(connection: &Connection, job: &StoredJob) -> rusqlite::Result<bool> {
    let added = connection
        .prepare_cached(
            "INSERT INTO cron_jobs (id, definition, state, enabled, next_run, creator)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            job.id,
            job.definition,
            job.state,
            job.enabled,
            job.next_run_ms,
            job.creator
        ])?;
    Ok(added > 0)
}

pub(super) fn change(
    connection: &Connection,
    id: &str,
    revision: i64,
    change: &JobChange,
) -> rusqlite::Result<JobChanged> {
    let changed: Option<i64> = connection
        .prepare_cached(
            "UPDATE cron_jobs SET
                definition = coalesce(?3, definition),
                state = coalesce(?4, state),
                enabled = coalesce(?5, enabled),
                next_run = iif(?6, ?7, next_run),
                revision = revision + 1
             WHERE id = ?1 AND revision = ?2 RETURNING revision",
        )?
        .query_row(
            params![
                id,
                revision,
                change.definition,
                change.state,
                change.enabled,
                change.next_run_ms.is_some(),
                change.next_run_ms.flatten()
            ],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(revision) = changed {
        return Ok(JobChanged::Done(revision));
    }
    Ok(match one(connection, id)? {
        Some(job) => JobChanged::Stale(Box::new(job)),
        None => JobChanged::Gone,
    })
}

pub(super) fn remove(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    let removed = connection
        .prepare_cached("DELETE FROM cron_jobs WHERE id = ?1")?
        .execute([id])?;
    Ok(removed > 0)
}

pub(super) fn next_due(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT min(next_run) FROM cron_jobs WHERE enabled = 1 AND next_run IS NOT NULL",
        )?
        .query_row([], |row| row.get(0))
}

pub(super) fn due(
    connection: &Connection,
    now_ms: i64,
    limit: u32,
) -> rusqlite::Result<Vec<StoredJob>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM cron_jobs
             WHERE enabled = 1 AND next_run IS NOT NULL AND next_run <= ?1
             ORDER BY next_run, number LIMIT ?2"
        ))?
        .query_map(params![now_ms, limit], read)?
        .collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredJob> {
    Ok(StoredJob {
        id: row.get(0)?,
        definition: row.get(1)?,
        state: row.get(2)?,
        enabled: row.get(3)?,
        next_run_ms: row.get(4)?,
        creator: row.get(5)?,
        revision: row.get(6)?,
    })
}
