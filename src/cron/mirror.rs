//! The job file: a readable copy of the store that may be edited by hand.
//!
//! The store is the record. What was written last is remembered (digest, time, ids), so that
//! an edit is noticed and told apart from what changed in the store since: of a job that
//! both touched, the store's version stays and the edited text is kept beside the file. A
//! missing or broken file removes nothing.

mod disk;
mod merge;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::desk::{Desk, DeskError};
use super::job::Job;
use super::normalise::{JobFileError, VERSION, read_file};
use crate::clock::SharedClock;
use crate::hex::hex;
use crate::store::{Store, StoreError};

/// Under which name the store keeps what was written last.
const WRITTEN: &str = "mirror";

/// Keeps the job file and the store alike.
#[derive(Debug)]
pub struct Mirror {
    path: PathBuf,
    desk: Desk,
    store: Arc<dyn Store>,
    clock: SharedClock,
}

/// What reading the file changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Jobs that are new.
    pub added: usize,
    /// Jobs that are different.
    pub changed: usize,
    /// Jobs that are gone.
    pub removed: usize,
    /// Rows that are no jobs.
    pub quarantined: usize,
    /// Jobs of which the store's version stayed.
    pub conflicts: usize,
}

/// Why the file was not read or written. It is as it was, and so are the jobs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The system refused.
    #[error("cannot use the job file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is no job file.
    #[error("{path} is not read, and not written before it is mended or removed: {source}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        #[source]
        source: JobFileError,
    },
    /// A job was not changed.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A job has no text.
    #[error("a job can't be written")]
    Encode(#[from] serde_json::Error),
}

/// What was written last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Written {
    sha256: String,
    at_ms: i64,
    ids: Vec<String>,
}

#[derive(Serialize)]
struct File<'a> {
    version: u64,
    jobs: &'a [Job],
}

impl Mirror {
    /// A mirror at `path`.
    pub fn new(path: PathBuf, desk: Desk, store: Arc<dyn Store>, clock: SharedClock) -> Self {
        Self {
            path,
            desk,
            store,
            clock,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file if it was edited. It is not written: do that after.
    ///
    /// # Errors
    /// [`MirrorError::Broken`]: nothing is changed, and [`write`](Self::write) will not
    /// replace the file.
    pub async fn read(&self) -> Result<Imported, MirrorError> {
        let Some(text) = disk::read(&self.path)? else {
            return Ok(Imported::default());
        };
        let written = self.written().await?;
        if digest(&text) == written.sha256 {
            return Ok(Imported::default());
        }
        let now_ms = self.clock.now_ms();
        let zone = self.desk.default_zone()?;
        let file = read_file(&text, now_ms, &zone).map_err(|source| MirrorError::Broken {
            path: self.path.clone(),
            source,
        })?;
        let (mut imported, refused) = merge::apply(&self.desk, &written, &file.jobs).await?;
        let mut quarantined = file.quarantined;
        quarantined.extend(refused);
        imported.quarantined = quarantined.len();
        if !quarantined.is_empty() {
            let rows = serde_json::to_string_pretty(&quarantined)?;
            disk::replace(
                &beside(&self.path, "jobs-quarantine.json"),
                &format!("{rows}\n"),
            )?;
        }
        if imported.conflicts > 0 {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy();
            let stamp = jiff::Timestamp::from_millisecond(now_ms)
                .map(|now| now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string())
                .unwrap_or_default();
            disk::replace(
                &beside(&self.path, &format!("{name}.conflict-{stamp}")),
                &text,
            )?;
        }
        Ok(imported)
    }

    /// Writes the jobs into the file; an edit is read first. Call it a moment after a
    /// change, so that several changes make one file.
    pub async fn write(&self) -> Result<Imported, MirrorError> {
        let imported = self.read().await?;
        let jobs: Vec<Job> = self
            .desk
            .all()
            .await?
            .into_iter()
            .map(|seen| seen.job)
            .collect();
        let file = File {
            version: VERSION,
            jobs: &jobs,
        };
        let text = format!("{}\n", serde_json::to_string_pretty(&file)?);
        let written = Written {
            sha256: digest(&text),
            at_ms: self.clock.now_ms(),
            ids: jobs.iter().map(|job| job.id.to_string()).collect(),
        };
        disk::replace(&self.path, &text)?;
        let written = serde_json::to_string(&written)?;
        self.store.set_cron_value(WRITTEN, written).await?;
        Ok(imported)
    }

    async fn written(&self) -> Result<Written, MirrorError> {
        let kept = self.store.cron_value(WRITTEN).await?;
        Ok(kept.map_or_else(
            || Ok(Written::default()),
            |kept| serde_json::from_str(&kept),
        )?)
    }
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;
