//! What the set-up did, kept in the state directory so that it can be undone.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::keys::Before;

/// The record of one set-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// The program that wrote it.
    pub(super) version: String,
    /// OpenClaw's configuration file.
    pub(super) config_path: PathBuf,
    /// Whether that file existed.
    pub(super) existed: bool,
    /// Digest of the text that the set-up made of it.
    pub(super) after: String,
    /// What was in the place of our keys.
    pub(super) before: Before,
}

impl Record {
    /// The record at `path`; none if nothing was set up.
    ///
    /// # Errors
    /// It can't be read, or somebody changed it.
    pub(super) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let record = serde_json::from_str(&text)
            .with_context(|| format!("{} is not what the set-up wrote", path.display()))?;
        Ok(Some(record))
    }

    /// Writes the record.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        private(path, &serde_json::to_string_pretty(self)?)
    }

    /// Whether `text` is what the set-up made of the file.
    pub(super) fn is_untouched(&self, text: &str) -> bool {
        self.after == digest(text)
    }
}

/// A digest for comparing.
pub(super) fn digest(text: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        // Writing to a string can't fail.
        write!(hex, "{byte:02x}").ok();
    }
    hex
}

/// Writes a file that only its owner may read, whole or not at all: the configuration has
/// secrets.
pub(super) fn private(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        // Such a file is made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
