//! Runs that are over.

use rusqlite::{Connection, params};

use crate::store::cron::{
    KEPT_RUNS_PER_JOB, MAX_HISTORY_BYTES, NewRun, RUN_LIFE_MS, RunEnd, RunFilter, StoredRun,
};

const FITS: &str = "ended_at IS NOT NULL
    AND (?1 IS NULL OR job = ?1)
    AND (?2 IS NULL OR run_id = ?2)
    AND (?3 IS NULL OR status = ?3)
    AND (?4 IS NULL OR delivery = ?4)
    AND (?5 IS NULL OR instr(lower(record), lower(?5)) > 0)";

/// How many are new: one or none.
pub(super) fn add(connection: &Connection, run: &NewRun, end: &RunEnd) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO cron_runs
                (run_id, job, due_at, started_at, status, delivery, record, ended_at, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (run_id) DO NOTHING",
        )?
        .execute(params![
            run.run_id,
            run.job,
            run.due_at_ms,
            run.started_at_ms,
            end.status,
            end.delivery_status,
            end.record,
            end.at_ms,
            end.text
        ])
}

pub(super) fn page(
    connection: &Connection,
    filter: &RunFilter,
) -> rusqlite::Result<(Vec<StoredRun>, u32)> {
    let order = if filter.oldest_first { "ASC" } else { "DESC" };
    let runs = connection
        .prepare_cached(&format!(
            "SELECT run_id, job, record FROM cron_runs WHERE {FITS}
             ORDER BY ended_at {order}, number {order} LIMIT ?6 OFFSET ?7"
        ))?
        .query_map(
            params![
                filter.job,
                filter.run_id,
                filter.status,
                filter.delivery_status,
                filter.text,
                filter.limit,
                filter.offset
            ],
            |row| {
                Ok(StoredRun {
                    run_id: row.get(0)?,
                    job: row.get(1)?,
                    record: row.get(2)?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    let total = connection
        .prepare_cached(&format!("SELECT count(*) FROM cron_runs WHERE {FITS}"))?
        .query_row(
            params![
                filter.job,
                filter.run_id,
                filter.status,
                filter.delivery_status,
                filter.text
            ],
            |row| row.get(0),
        )?;
    Ok((runs, total))
}

pub(super) fn prune(connection: &Connection, now_ms: i64) -> rusqlite::Result<usize> {
    let young = now_ms.saturating_sub(RUN_LIFE_MS);
    // A removed job's history goes by its age alone.
    let old = connection
        .prepare_cached(
            "DELETE FROM cron_runs WHERE number IN (
                SELECT number FROM (
                    SELECT runs.number, jobs.id AS known, row_number() OVER (
                        PARTITION BY runs.job ORDER BY runs.ended_at DESC, runs.number DESC
                    ) AS place, runs.ended_at AS ended_at
                    FROM cron_runs AS runs LEFT JOIN cron_jobs AS jobs ON jobs.id = runs.job
                    WHERE runs.ended_at IS NOT NULL)
                WHERE ended_at < ?1 AND (known IS NULL OR place > ?2))",
        )?
        .execute(params![young, KEPT_RUNS_PER_JOB])?;
    let large = connection
        .prepare_cached(
            "DELETE FROM cron_runs WHERE number IN (
                SELECT number FROM (
                    SELECT number, sum(octet_length(record) + coalesce(octet_length(text), 0))
                        OVER (ORDER BY ended_at DESC, number DESC) AS bytes
                    FROM cron_runs WHERE ended_at IS NOT NULL)
                WHERE bytes > ?1)",
        )?
        .execute([MAX_HISTORY_BYTES])?;
    Ok(old + large)
}

/// The keys of sessions are JSON: the agent, then the scope with its kind first.
pub(super) fn prune_sessions(connection: &Connection, before_ms: i64) -> rusqlite::Result<usize> {
    let mut gone = 0;
    for (table, used) in [("acp_sessions", "used_at"), ("history", "at")] {
        gone += connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE session IN (
                    SELECT session FROM {table} GROUP BY session
                    HAVING max({used}) < ?1 AND json_extract(session, '$[1][0]') = 'job-run')"
            ))?
            .execute([before_ms])?;
    }
    Ok(gone)
}
