//! The store of files that WeCom's servers send.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions};
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use super::error::StoreError;
use super::scope::{MediaScope, MediaUri, StoredId};
use super::writing::{Unclaimed, Writing};
use super::{kind, name, sweep};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::config::MediaSettings;
use crate::identity::Identity;
use crate::ids::AccountId;

/// Bytes that all kept files of an account may have together (1 GiB).
const ACCOUNT_QUOTA: u64 = 1024 * 1024 * 1024;

/// How often files that are past their time are looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// The folder of received files below `media.tempDir`.
pub(super) const INBOUND: &str = "inbound";

/// The folder of files on their way out below `media.tempDir`.
pub(super) const OUTBOUND: &str = "outbound";

/// The one shelf of an account there: nothing on it is ever looked up.
const WAITING: &str = "waiting";

/// A kept file that is larger is not opened: what `media.maxBytes` may be at most (100 MiB).
const LARGEST: u64 = 100 * 1024 * 1024;

/// How names of files begin that are being written.
pub(super) const PART: &str = ".part-";

/// Keeps files in `<media.tempDir>/inbound/<account>/<chat or client, hashed>/`, folders for
/// the owner alone (0700) and files too (0600). Of an account's files the oldest go when
/// together they exceed 1 GiB; [`MediaStore::clean_up`] removes those that are past
/// `media.retentionHours`. Files that wait to be sent lie beside them, in
/// `<media.tempDir>/outbound/<account>/waiting/`, until they are dropped.
///
/// None of these folders may be a symbolic link: a link there would lead writing and cleaning
/// to somebody else's files.
///
/// A copy is the same store.
#[derive(Debug, Clone)]
pub struct MediaStore {
    config: LiveConfig,
    clock: SharedClock,
    quota: u64,
    /// Held while folders are made or removed and while room is made: between making a
    /// folder and writing into it nobody may take it away.
    shelves: Arc<Mutex<()>>,
}

/// A kept file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: StoredId,
    /// The account.
    pub account: AccountId,
    /// Where it lies; absolute where `media.tempDir` is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// By its bytes and its name.
    pub content_type: &'static str,
    /// Lower-case hex.
    pub sha256: String,
    /// Its name for people, with an extension where its type has one.
    pub name: String,
}

impl Stored {
    /// Its address for clients on other machines.
    pub fn uri(&self) -> MediaUri {
        MediaUri {
            account: self.account.clone(),
            id: self.id.clone(),
        }
    }
}

/// A kept file, opened.
#[derive(Debug)]
pub struct StoredFile {
    /// At its start.
    pub file: File,
    /// Bytes; at most 100 MiB.
    pub size: u64,
    /// By its bytes and its name.
    pub content_type: &'static str,
    /// Its name for people.
    pub name: String,
}

impl MediaStore {
    /// The store of the configuration's accounts.
    pub fn new(config: LiveConfig, clock: SharedClock) -> Self {
        Self {
            config,
            clock,
            quota: ACCOUNT_QUOTA,
            shelves: Arc::default(),
        }
    }

    /// The folder of one scope, which may not exist yet; `None` for an unknown account.
    pub fn folder(&self, scope: &MediaScope) -> Option<PathBuf> {
        let settings = self.settings(scope.account())?;
        Some(account_folder(&settings, scope.account())?.join(scope.folder()))
    }

    /// Starts a file of at most [`super::MAX_FILE_BYTES`]. Blocking.
    ///
    /// # Errors
    /// [`StoreError::NoFolder`] for an unknown account, else the disk.
    pub fn begin(&self, scope: &MediaScope, name: &str) -> Result<Writing, StoreError> {
        self.begin_of_size(scope, name, super::MAX_FILE_BYTES)
    }

    /// Starts a file of at most `limit` bytes; writing more fails with
    /// [`io::ErrorKind::FileTooLarge`]. Blocking.
    ///
    /// # Errors
    /// As [`MediaStore::begin`].
    pub fn begin_of_size(
        &self,
        scope: &MediaScope,
        name: &str,
        limit: u64,
    ) -> Result<Writing, StoreError> {
        let settings = self.settings(scope.account()).ok_or(StoreError::NoFolder)?;
        let parts = [INBOUND, scope.account().as_str(), scope.folder()];
        let file = self.part_file(&settings, scope.account(), &parts)?;
        Ok(Writing::new(self.clone(), scope.clone(), name, limit, file))
    }

    /// A file for something that `account` is about to send; dropping it removes it.
    /// Blocking.
    ///
    /// # Errors
    /// As [`MediaStore::begin`].
    pub fn outbound_file(&self, account: &AccountId) -> Result<NamedTempFile, StoreError> {
        let settings = self.settings(account).ok_or(StoreError::NoFolder)?;
        self.part_file(&settings, account, &[OUTBOUND, account.as_str(), WAITING])
    }

    /// A new file in a folder below `media.tempDir`, which is made first.
    fn part_file(
        &self,
        settings: &MediaSettings,
        account: &AccountId,
        below: &[&str],
    ) -> Result<NamedTempFile, StoreError> {
        if !is_plain(account) {
            return Err(StoreError::NoFolder);
        }
        let _shelves = self.shelves();
        let folder = make_folders(&settings.temp_dir, below)?;
        Ok(tempfile::Builder::new().prefix(PART).tempfile_in(folder)?)
    }

    /// Keeps `bytes`.
    ///
    /// # Errors
    /// Too many of them, no room, or the disk; nothing is left behind. Dropping the future
    /// leaves nothing either.
    pub async fn save(
        &self,
        scope: MediaScope,
        name: String,
        bytes: Bytes,
    ) -> Result<Stored, StoreError> {
        let store = self.clone();
        let limit = super::MAX_FILE_BYTES;
        if bytes.len() as u64 > limit {
            return Err(StoreError::TooLarge {
                size: bytes.len() as u64,
                limit,
            });
        }
        let unclaimed = blocking(move || -> Result<Unclaimed, StoreError> {
            let mut writing = store.begin(&scope, &name)?;
            writing.write_all(&bytes)?;
            writing.finish()
        })
        .await?;
        Ok(unclaimed.claim())
    }

    /// Opens a kept file for `identity`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] alike for a file that is gone and for one that lies on
    /// somebody else's shelf.
    pub async fn open(
        &self,
        uri: &MediaUri,
        identity: &Identity,
    ) -> Result<StoredFile, StoreError> {
        if uri.account != *identity.account() {
            return Err(StoreError::NotFound);
        }
        let folder = self
            .folder(&MediaScope::of(identity))
            .ok_or(StoreError::NotFound)?;
        let id = uri.id.clone();
        blocking(move || find(&folder, &id)).await
    }

    /// Removes what is past its time, at most 10,000 entries of an account; `starting`
    /// empties the folders of accounts with `media.cleanupOnStart`.
    pub async fn clean_up(&self, starting: bool) {
        let store = self.clone();
        let cleaned = blocking(move || {
            let config = store.config.get();
            for account in config
                .accounts
                .values()
                .filter(|account| is_plain(&account.id))
            {
                let age = if starting && account.media.cleanup_on_start {
                    sweep::Age::Any
                } else {
                    sweep::Age::older_than(account.media.retention, account.turn_timeout)
                };
                for folder in [INBOUND, OUTBOUND] {
                    let Some(folder) =
                        real_folder(&account.media.temp_dir, &[folder, account.id.as_str()])
                    else {
                        continue;
                    };
                    let _shelves = store.shelves();
                    sweep::expired(&folder, age, store.clock.now_ms());
                }
            }
            Ok::<(), StoreError>(())
        })
        .await;
        if let Err(error) = cleaned {
            tracing::debug!(error = %error, "media files are not cleaned up");
        }
    }

    /// Cleans up as at a start, then every hour, until `stop`. Dropping it is harmless.
    pub async fn keep_clean(&self, stop: CancellationToken) {
        let mut hours = tokio::time::interval(SWEEP_EVERY);
        let mut starting = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = hours.tick() => self.clean_up(starting).await,
            }
            starting = false;
        }
    }

    /// Moves a finished file to its name.
    pub(super) fn put(
        &self,
        scope: &MediaScope,
        file: NamedTempFile,
        size: u64,
        kept_name: &str,
    ) -> Result<PathBuf, StoreError> {
        let folder = self.folder(scope).ok_or(StoreError::NoFolder)?;
        let _shelves = self.shelves();
        if let Some(account) = folder.parent() {
            let used = sweep::make_room(account, self.quota.saturating_sub(size));
            if used.saturating_add(size) > self.quota {
                return Err(StoreError::Full {
                    size,
                    limit: self.quota,
                });
            }
        }
        let path = folder.join(kept_name);
        file.persist_noclobber(&path)
            .map_err(|failed| StoreError::Io(failed.error))?;
        Ok(path)
    }

    fn settings(&self, account: &AccountId) -> Option<MediaSettings> {
        let config = self.config.get();
        Some(config.accounts.get(account)?.media.clone())
    }

    fn shelves(&self) -> MutexGuard<'_, ()> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same store with another quota.
    #[cfg(test)]
    pub(super) fn with_quota(mut self, quota: u64) -> Self {
        self.quota = quota;
        self
    }
}

/// The folder of an account's received files.
fn account_folder(settings: &MediaSettings, account: &AccountId) -> Option<PathBuf> {
    is_plain(account).then(|| settings.temp_dir.join(INBOUND).join(account.as_str()))
}

/// Whether an id can be the name of a folder. Another would become a path.
fn is_plain(account: &AccountId) -> bool {
    let id = account.as_str();
    !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Makes the folder `below` another, one level after the other, for the owner alone.
///
/// # Errors
/// One of them is no folder, or a symbolic link to one.
fn make_folders(top: &Path, below: &[&str]) -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.recursive(true).create(top)?;
    builder.recursive(false);
    let mut folder = top.to_path_buf();
    for part in below {
        folder.push(part);
        match builder.create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if !is_real_folder(&folder) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
    }
    Ok(folder)
}

/// The folder `below` another, where each level is there and no symbolic link.
fn real_folder(top: &Path, below: &[&str]) -> Option<PathBuf> {
    let mut folder = top.to_path_buf();
    for part in below {
        folder.push(part);
        if !is_real_folder(&folder) {
            return None;
        }
    }
    Some(folder)
}

fn is_real_folder(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder).is_ok_and(|metadata| metadata.is_dir())
}

fn find(folder: &Path, id: &StoredId) -> Result<StoredFile, StoreError> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::NotFound,
        _ => StoreError::Io(error),
    };
    let dir = Dir::open_ambient_dir(folder, cap_std::ambient_authority()).map_err(gone)?;
    for entry in dir.entries()? {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some((name, found)) = file_name.to_str().and_then(name::shown) else {
            continue;
        };
        if found != id.as_str() {
            continue;
        }
        let mut options = OpenOptions::new();
        options.read(true).nonblock(true).follow(FollowSymlinks::No);
        let mut file = dir
            .open_with(&file_name, &options)
            .map_err(gone)?
            .into_std();
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(StoreError::NotFound);
        }
        let mut head = Vec::with_capacity(kind::HEAD_BYTES);
        (&mut file)
            .take(kind::HEAD_BYTES as u64)
            .read_to_end(&mut head)?;
        if kind::is_archive(&head) {
            let rest = kind::ARCHIVE_HEAD_BYTES - kind::HEAD_BYTES;
            (&mut file).take(rest as u64).read_to_end(&mut head)?;
        }
        file.rewind()?;
        let content_type = kind::sniff(&head, metadata.len(), &name);
        return Ok(StoredFile {
            file,
            size: metadata.len(),
            content_type,
            name,
        });
    }
    Err(StoreError::NotFound)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => Err(StoreError::Io(io::Error::other(failed))),
    }
}

#[cfg(test)]
mod tests;
