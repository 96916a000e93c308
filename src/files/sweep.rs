//! Removing kept files: the old ones, and the oldest where room is needed.

use std::fs::{DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::store::PART;
use super::writing::remove;

/// Entries that one pass looks at; the next pass goes on.
const MAX_ENTRIES: usize = 10_000;

/// A file that is still being written after this long has lost its writer.
const PART_LIFE_MS: i64 = 60 * 60 * 1000;

/// How long a message may have waited before its turn began.
const WAITED: Duration = Duration::from_mins(30);

/// Which files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// All of them.
    Any,
    /// Those older than this many milliseconds.
    OlderThan(i64),
    /// None.
    Never,
}

impl Age {
    /// What a configuration says, and never a file whose turn may still run: a file is
    /// written when its message arrives, so it is needed for as long as the message waits
    /// and its `turn` takes.
    pub(super) fn older_than(retention: Option<Duration>, turn: Duration) -> Self {
        retention.map_or(Self::Never, |retention| {
            let life = retention.max(turn.saturating_add(WAITED));
            Self::OlderThan(i64::try_from(life.as_millis()).unwrap_or(i64::MAX))
        })
    }
}

/// Removes from an account's folder the files of that age, and folders that are empty.
pub(super) fn expired(account: &Path, age: Age, now_ms: i64) {
    let mut removed = 0_u64;
    for file in files(account).take(MAX_ENTRIES) {
        let is_old = |life: i64| now_ms.saturating_sub(file.modified_ms) > life;
        let goes = match age {
            _ if file.is_part => is_old(PART_LIFE_MS),
            Age::Any => true,
            Age::OlderThan(life) => is_old(life),
            Age::Never => false,
        };
        if goes && remove(&file.path) {
            removed += 1;
        }
    }
    for folder in folders(account) {
        // Refused where something is left in it, which is what is wanted.
        let _ = std::fs::remove_dir(folder);
    }
    if removed > 0 {
        tracing::info!(media.removed = removed, "removed old media files");
    }
}

/// Removes the oldest files of an account's folder until at most `bytes` are left, and says
/// how many are.
pub(super) fn make_room(account: &Path, bytes: u64) -> u64 {
    let mut kept: Vec<Kept> = files(account).filter(|file| !file.is_part).collect();
    let mut used: u64 = kept.iter().map(|file| file.size).sum();
    if used > bytes {
        kept.sort_by_key(|file| file.modified_ms);
        for file in kept {
            if used <= bytes {
                break;
            }
            if remove(&file.path) {
                used = used.saturating_sub(file.size);
                tracing::warn!(
                    size_bytes = file.size,
                    "removed a media file before its time: the account's folder is full"
                );
            }
        }
    }
    used
}

struct Kept {
    path: PathBuf,
    size: u64,
    modified_ms: i64,
    is_part: bool,
}

/// Regular files two levels below; symbolic links are neither followed nor removed.
fn files(account: &Path) -> impl Iterator<Item = Kept> {
    folders(account)
        .flat_map(|folder| entries(&folder))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(Kept {
                path: entry.path(),
                size: metadata.len(),
                modified_ms: modified_ms(&metadata),
                is_part: entry
                    .file_name()
                    .to_str()
                    .is_some_and(|name| name.starts_with(PART)),
            })
        })
}

fn folders(account: &Path) -> impl Iterator<Item = PathBuf> {
    entries(account)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> + use<> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
}

fn modified_ms(metadata: &Metadata) -> i64 {
    let since = metadata
        .modified()
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
