//! Runs that are not over.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Step, jobs};
use crate::store::cron::{
    Claim, Claimed, Finished, JobAfterRun, JobChange, JobChanged, NewRun, OpenRun, RunEnd, RunStage,
};

pub(super) fn claim(connection: &Connection, claim: &Claim) -> rusqlite::Result<Step<Claimed>> {
    let run = &claim.run;
    let running: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM cron_runs WHERE job = ?1 AND ended_at IS NULL)",
        )?
        .query_row([&run.job], |row| row.get(0))?;
    if running {
        return Ok(Step::Undo(Claimed::Running));
    }
    let change = JobChange {
        state: Some(claim.state.clone()),
        next_run_ms: Some(claim.next_run_ms),
        ..JobChange::default()
    };
    let revision = match jobs::change(connection, &run.job, claim.revision, &change)? {
        JobChanged::Done(revision) => revision,
        JobChanged::Stale(job) => return Ok(Step::Undo(Claimed::Stale(job))),
        JobChanged::Gone => return Ok(Step::Undo(Claimed::Gone)),
    };
    connection
        .prepare_cached(
            "INSERT INTO cron_runs (run_id, job, due_at, started_at, owner, lease_until, stage)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'working')",
        )?
        .execute(params![
            run.run_id,
            run.job,
            run.due_at_ms,
            run.started_at_ms,
            run.owner,
            run.lease_until_ms
        ])?;
    Ok(Step::Keep(Claimed::Ours(revision)))
}

pub(super) fn renew(
    connection: &Connection,
    run_id: &str,
    owner: &str,
    until_ms: i64,
) -> rusqlite::Result<bool> {
    let renewed = connection
        .prepare_cached(
            "UPDATE cron_runs SET lease_until = ?3
             WHERE run_id = ?1 AND owner = ?2 AND ended_at IS NULL",
        )?
        .execute(params![run_id, owner, until_ms])?;
    Ok(renewed > 0)
}

pub(super) fn take_over(
    connection: &Connection,
    run_id: &str,
    owner: &str,
    now_ms: i64,
    until_ms: i64,
) -> rusqlite::Result<bool> {
    let taken = connection
        .prepare_cached(
            "UPDATE cron_runs SET owner = ?2, lease_until = ?4
             WHERE run_id = ?1 AND lease_until < ?3 AND ended_at IS NULL",
        )?
        .execute(params![run_id, owner, now_ms, until_ms])?;
    Ok(taken > 0)
}

pub(super) fn keep_text(
    connection: &Connection,
    run_id: &str,
    owner: &str,
    text: &str,
) -> rusqlite::Result<bool> {
    let kept = connection
        .prepare_cached(
            "UPDATE cron_runs SET text = ?3, stage = 'written'
             WHERE run_id = ?1 AND owner = ?2 AND stage <> 'delivering' AND ended_at IS NULL",
        )?
        .execute(params![run_id, owner, text])?;
    Ok(kept > 0)
}

pub(super) fn begin_delivery(
    connection: &Connection,
    run_id: &str,
    owner: &str,
) -> rusqlite::Result<bool> {
    let begun = connection
        .prepare_cached(
            "UPDATE cron_runs SET stage = 'delivering'
             WHERE run_id = ?1 AND owner = ?2 AND stage <> 'delivering' AND ended_at IS NULL",
        )?
        .execute(params![run_id, owner])?;
    Ok(begun > 0)
}

pub(super) fn finish(
    connection: &Connection,
    run_id: &str,
    owner: &str,
    end: &RunEnd,
    after: &JobAfterRun,
) -> rusqlite::Result<Step<Finished>> {
    let job: Option<String> = connection
        .prepare_cached(
            "UPDATE cron_runs SET status = ?3, delivery = ?4, record = ?5, ended_at = ?6,
                text = ?7, stage = NULL, owner = NULL, lease_until = NULL
             WHERE run_id = ?1 AND owner = ?2 AND ended_at IS NULL RETURNING job",
        )?
        .query_row(
            params![
                run_id,
                owner,
                end.status,
                end.delivery_status,
                end.record,
                end.at_ms,
                end.text
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(job) = job else {
        return Ok(Step::Undo(Finished::Lost));
    };
    let (revision, change, remove) = match after {
        JobAfterRun::Nothing => return Ok(Step::Keep(Finished::Done)),
        JobAfterRun::Change { revision, change } => (*revision, change.clone(), false),
        JobAfterRun::Remove { revision } => (*revision, JobChange::default(), true),
    };
    match jobs::change(connection, &job, revision, &change)? {
        JobChanged::Done(_) => {}
        JobChanged::Stale(job) => return Ok(Step::Undo(Finished::Stale(job))),
        JobChanged::Gone => return Ok(Step::Undo(Finished::Gone)),
    }
    if remove {
        jobs::remove(connection, &job)?;
    }
    Ok(Step::Keep(Finished::Done))
}

pub(super) fn text(connection: &Connection, run_id: &str) -> rusqlite::Result<Option<String>> {
    let text: Option<Option<String>> = connection
        .prepare_cached("SELECT text FROM cron_runs WHERE run_id = ?1")?
        .query_row([run_id], |row| row.get(0))
        .optional()?;
    Ok(text.flatten())
}

pub(super) fn open(connection: &Connection) -> rusqlite::Result<Vec<OpenRun>> {
    connection
        .prepare_cached(
            "SELECT run_id, job, due_at, started_at, owner, lease_until, stage, text
             FROM cron_runs WHERE ended_at IS NULL ORDER BY number",
        )?
        .query_map([], |row| {
            let stage: String = row.get(6)?;
            Ok(OpenRun {
                run: NewRun {
                    run_id: row.get(0)?,
                    job: row.get(1)?,
                    due_at_ms: row.get(2)?,
                    started_at_ms: row.get(3)?,
                    owner: row.get(4)?,
                    lease_until_ms: row.get(5)?,
                },
                stage: match stage.as_str() {
                    "working" => RunStage::Working,
                    "written" => RunStage::Written,
                    // Whatever else it says, it must not be delivered again.
                    _ => RunStage::Delivering,
                },
                text: row.get(7)?,
            })
        })?
        .collect()
}
