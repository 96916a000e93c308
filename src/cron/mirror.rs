//! The job file: a readable copy of the store that may be edited by hand.
//!
//! The store is the record. What was written last is remembered (digest, time, ids), so that
//! an edit is noticed and told apart from what changed in the store since: of a job that
//! both touched, the store's version stays and the edited text is kept beside the file. A
//! missing or broken file removes nothing.

mod disk;
mod foreign;
mod keeper;
mod merge;
mod quarantine;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::desk::{Desk, DeskError};
use super::job::Job;
use super::normalise::{JobFileError, Quarantined, VERSION, read_file};
use crate::clock::SharedClock;
use crate::hex::hex;
use crate::store::{Store, StoreError};
use quarantine::Quarantine;

/// Under which name the store keeps what was written last.
const WRITTEN: &str = "mirror";

/// Keeps the job file and the store alike.
#[derive(Debug)]
pub struct Mirror {
    path: PathBuf,
    desk: Desk,
    store: Arc<dyn Store>,
    clock: SharedClock,
    quarantine: Quarantine,
    /// Held while the file is read and written: what was written last is told by one.
    turn: tokio::sync::Mutex<()>,
    /// The problem that was said last.
    said: std::sync::Mutex<Option<String>>,
}

/// What reading the file changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Imported {
    /// Jobs that are new.
    pub added: usize,
    /// Jobs that are different.
    pub changed: usize,
    /// Jobs that are as they were.
    pub unchanged: usize,
    /// Jobs that are gone.
    pub removed: usize,
    /// Rows that are no jobs.
    pub quarantined: usize,
    /// Jobs of which the store's version stayed.
    pub conflicts: usize,
    /// The rows that are no jobs, and why.
    pub refused: Vec<Quarantined>,
}

impl Imported {
    /// Whether nothing came of it.
    pub fn is_empty(&self) -> bool {
        let Self {
            added,
            changed,
            removed,
            quarantined,
            conflicts,
            ..
        } = self;
        [added, changed, removed, quarantined, conflicts]
            .iter()
            .all(|count| **count == 0)
    }
}

/// The counts in words, those that are not zero: `2 added, 1 quarantined`.
impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.added, "added"),
            (self.changed, "changed"),
            (self.unchanged, "unchanged"),
            (self.removed, "removed"),
            (self.quarantined, "quarantined"),
            (self.conflicts, "kept as they are here"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if words.is_empty() {
            return f.write_str("nothing changed");
        }
        f.write_str(&words.join(", "))
    }
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
    /// The file to be taken over is no job file.
    #[error(transparent)]
    Source(JobFileError),
    /// The file of states to be taken over is none.
    #[error("the file of states is no JSON: {0}")]
    States(#[source] serde_json::Error),
    /// There is no room for what is refused.
    #[error("{path} has {limit} rows: mend or remove some, then read the file again")]
    QuarantineFull {
        /// The file with the rows.
        path: PathBuf,
        /// As many as it may have.
        limit: usize,
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
            quarantine: Quarantine::beside(&path),
            turn: tokio::sync::Mutex::default(),
            said: std::sync::Mutex::default(),
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

    /// Rows that are no jobs, with the reasons.
    pub fn quarantined(&self) -> Result<Vec<Quarantined>, MirrorError> {
        self.quarantine.rows()
    }

    /// Forgets the row of an id that is no job; whether there was one.
    pub async fn forget(&self, id: &str) -> Result<bool, MirrorError> {
        let _one_at_a_time = self.turn.lock().await;
        self.quarantine.remove(id).await
    }

    /// Reads the file if it was edited, and writes the jobs into it where it does not say
    /// them already. Call it a moment after a change, so that several changes make one file.
    ///
    /// # Errors
    /// [`MirrorError::Broken`]: nothing is changed, and the file stays until it is mended or
    /// removed.
    pub async fn write(&self) -> Result<Imported, MirrorError> {
        let _one_at_a_time = self.turn.lock().await;
        let found = disk::read(&self.path)?;
        let imported = match &found {
            Some(text) => self.read(text).await?,
            None => Imported::default(),
        };
        let at_ms = self.clock.now_ms();
        let (text, ids) = self.text().await?;
        if found.as_ref() == Some(&text) {
            return Ok(imported);
        }
        let written = Written {
            sha256: digest(&text),
            at_ms,
            ids,
        };
        disk::replace(&self.path, text).await?;
        let written = serde_json::to_string(&written)?;
        self.store.set_cron_value(WRITTEN, written).await?;
        Ok(imported)
    }

    /// The jobs as a job file has them.
    pub async fn export(&self) -> Result<String, MirrorError> {
        Ok(self.text().await?.0)
    }

    /// The jobs as a job file has them, and their ids.
    async fn text(&self) -> Result<(String, Vec<String>), MirrorError> {
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
        Ok((text, jobs.iter().map(|job| job.id.to_string()).collect()))
    }

    /// Takes over what was edited.
    async fn read(&self, text: &str) -> Result<Imported, MirrorError> {
        let written = self.written().await?;
        if digest(text) == written.sha256 {
            return Ok(Imported::default());
        }
        let now_ms = self.clock.now_ms();
        let zone = self.desk.default_zone()?;
        let file = read_file(text, now_ms, &zone).map_err(|source| MirrorError::Broken {
            path: self.path.clone(),
            source,
        })?;
        let mut refused = file.quarantined;
        let merged = merge::apply(&self.desk, &written, &file.jobs, &mut refused).await?;
        let (mut imported, mended) = merged;
        self.quarantine.update(&mended, &refused).await?;
        quarantine::report(&mut imported, refused);
        if imported.conflicts > 0 {
            let name = self.path.file_name().unwrap_or_default().to_string_lossy();
            let stamp = jiff::Timestamp::from_millisecond(now_ms)
                .map(|now| now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string())
                .unwrap_or_default();
            let aside = self.path.with_file_name(format!("{name}.conflict-{stamp}"));
            disk::replace(&aside, text.to_owned()).await?;
        }
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

#[cfg(test)]
mod tests;
