//! Keeps the job file up to date while the daemon runs.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Mirror;

/// How long changes are collected before the file is written: people see theirs at once, and
/// many of them make one file.
const PAUSE: Duration = Duration::from_millis(300);

/// How long shutting down waits for the last write.
const LAST_WRITE: Duration = Duration::from_secs(5);

impl Mirror {
    /// Writes the file after every change, until `stop` is cancelled.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let changes = self.desk.changes();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = changes.file() => {}
            }
            // What changes while this one waits is written with it.
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(PAUSE) => {}
            }
            self.catch_up().await;
        }
        let last = tokio::time::timeout(LAST_WRITE, self.catch_up()).await;
        if last.is_err() {
            tracing::warn!("the job file is not up to date; the next start writes it");
        }
    }

    /// Reads the file if it was edited, writes it, and says in the log what came of it. What
    /// is wrong with it is said once, not with every change of a job.
    pub async fn catch_up(&self) {
        let problem = match self.write().await {
            Ok(imported) => {
                if !imported.is_empty() {
                    tracing::info!("the job file was edited: {imported}");
                }
                for row in &imported.refused {
                    tracing::warn!(job = row.id(), reason = row.reason, "a row is set aside");
                }
                None
            }
            Err(error) => Some(error),
        };
        let words = problem.as_ref().map(ToString::to_string);
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = problem
            && *said != words
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the job file is not kept; the jobs are as they were"
            );
        }
        *said = words;
    }
}
