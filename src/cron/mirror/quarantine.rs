//! Rows that are no jobs: kept beside the job file with the reason, until somebody mends or
//! removes them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Imported, MirrorError, disk};
use crate::cron::normalise::{JobFileError, Quarantined};

/// Rows that are kept. Beyond it nothing more is taken from files: what is refused would be
/// lost.
const MAX_ROWS: usize = 10_000;

/// The file with the rows.
#[derive(Debug)]
pub(super) struct Quarantine {
    path: PathBuf,
}

impl Quarantine {
    /// The file beside the job file.
    pub(super) fn beside(mirror: &Path) -> Self {
        Self {
            path: mirror.with_file_name("jobs-quarantine.json"),
        }
    }

    pub(super) fn rows(&self) -> Result<Vec<Quarantined>, MirrorError> {
        let Some(text) = disk::read(&self.path)? else {
            return Ok(Vec::new());
        };
        serde_json::from_str(&text).map_err(|error| MirrorError::Broken {
            path: self.path.clone(),
            source: JobFileError::Syntax(error),
        })
    }

    /// Adds what was refused, each row once; rows whose id is in `mended` go.
    pub(super) async fn update(
        &self,
        mended: &HashSet<String>,
        refused: &[Quarantined],
    ) -> Result<(), MirrorError> {
        let before = self.rows()?;
        let mut rows = before.clone();
        rows.retain(|row| !row.id().is_some_and(|id| mended.contains(&id)));
        rows.retain(|row| refused.iter().all(|new| new.job != row.job));
        rows.extend_from_slice(refused);
        if rows.len() > MAX_ROWS {
            return Err(MirrorError::QuarantineFull {
                path: self.path.clone(),
                limit: MAX_ROWS,
            });
        }
        if rows == before {
            return Ok(());
        }
        self.write(&rows).await
    }

    /// Removes the rows of an id; whether there were any.
    pub(super) async fn remove(&self, id: &str) -> Result<bool, MirrorError> {
        let before = self.rows()?;
        let mut rows = before.clone();
        rows.retain(|row| row.id().as_deref() != Some(id));
        if rows.len() == before.len() {
            return Ok(false);
        }
        self.write(&rows).await?;
        Ok(true)
    }

    async fn write(&self, rows: &[Quarantined]) -> Result<(), MirrorError> {
        let rows = serde_json::to_string_pretty(rows)?;
        disk::replace(&self.path, format!("{rows}\n")).await
    }
}

/// Notes what was refused in the report.
pub(super) fn report(imported: &mut Imported, refused: Vec<Quarantined>) {
    imported.quarantined = refused.len();
    imported.refused = refused;
}
