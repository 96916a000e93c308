//! After the write: the running daemon takes the account up, or it does not.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Setup;
use crate::cli::channels::status::text;
use crate::cli::tokio_runtime;
use crate::config::edit::Outcome;
use crate::daemon::{Contact, ContactError};
use crate::http::ReloadReport;

/// How long an account may take to come up.
const LIMIT: Duration = Duration::from_secs(15);

/// How often it is looked at meanwhile.
const INTERVAL: Duration = Duration::from_millis(250);

/// How the running daemon took the new settings.
#[derive(Debug)]
pub(super) enum Settled {
    /// None runs.
    NoDaemon,
    /// It does not follow the file, by its own configuration.
    NotWatching,
    /// It refuses the file, for this reason.
    Refused(String),
    /// The account is in this state.
    State {
        state: String,
        last_error: Option<String>,
    },
}

pub(super) fn wait(
    setup: &Setup<'_>,
    account: &str,
    outcome: &Outcome,
) -> anyhow::Result<Option<Settled>> {
    if !outcome.refused.is_empty() {
        return Ok(None);
    }
    let Some(daemon) = &setup.daemon else {
        return Ok(Some(Settled::NoDaemon));
    };
    if !outcome.is_watched {
        return Ok(Some(Settled::NotWatching));
    }
    let settled = tokio_runtime()?.block_on(follow(daemon, account));
    Ok(Some(match settled {
        Ok(settled) => settled,
        // Its file was left behind by one that was killed.
        Err(ContactError::Request(error)) if error.is_connect() => Settled::NoDaemon,
        Err(error) => return Err(error.into()),
    }))
}

async fn follow(daemon: &Contact, account: &str) -> Result<Settled, ContactError> {
    let report: ReloadReport = daemon.post("/reload").await?;
    if !report.applied {
        return Ok(Settled::Refused(report.problems.join("; ")));
    }
    let deadline = Instant::now() + LIMIT;
    loop {
        let records: Vec<Value> = daemon.get("/status").await?;
        let record = records
            .iter()
            .find(|record| text(record, "accountId") == Some(account));
        let state = record
            .and_then(|record| text(record, "state"))
            .unwrap_or("unknown");
        let is_moving = matches!(state, "starting" | "reconnecting" | "unknown");
        if !is_moving || Instant::now() >= deadline {
            return Ok(Settled::State {
                state: state.to_owned(),
                last_error: record
                    .and_then(|record| text(record, "lastError"))
                    .map(str::to_owned),
            });
        }
        sleep(INTERVAL).await;
    }
}
