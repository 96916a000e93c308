//! The one place that opens a file which somebody outside has named.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use tokio::sync::Semaphore;

use super::error::FileError;
use super::path::{self, shown};
use super::roots::{FileRoots, Root};

/// How long one file may take, reading included: it may lie on a network mount.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Files that may be on their way at once in the whole process. A mount that hangs keeps
/// its thread; more of them than this can't take the threads of everybody else.
const MAX_AT_ONCE: usize = 16;

/// A regular file that may be read.
#[derive(Debug)]
pub struct OpenedFile {
    /// At its start. What is read from it is what was checked.
    pub file: std::fs::File,
    /// Bytes when it was opened, at most `limit`.
    pub size: u64,
    /// Bytes it may have, also if it grows meanwhile.
    pub limit: u64,
    /// Its last component.
    pub name: String,
    /// Where it lies below its root, for the audit log.
    pub relative: String,
    /// Which file it is.
    pub id: FileId,
    /// The path as given.
    pub given: String,
}

/// What makes a file the same file under two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

impl FileId {
    fn of(metadata: &impl MetadataExt) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

impl OpenedFile {
    /// All of it. Blocking.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] where it has grown beyond its limit, else the disk.
    pub fn read(mut self) -> Result<Vec<u8>, FileError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        let read = (&mut self.file)
            .take(self.limit.saturating_add(1))
            .read_to_end(&mut bytes);
        read.map_err(|source| FileError::Io {
            given: shown(&self.given),
            source,
        })?;
        self.within_limit(bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Whether `size` bytes are still allowed.
    ///
    /// # Errors
    /// [`FileError::TooLarge`].
    pub fn within_limit(&self, size: u64) -> Result<(), FileError> {
        if size > self.limit {
            return Err(FileError::TooLarge {
                given: shown(&self.given),
                size,
                limit: self.limit,
            });
        }
        Ok(())
    }
}

impl FileRoots {
    /// Opens the file that `given` names, of at most `limit` bytes, and hands it to `then`
    /// on a thread that may block. Both together have ten seconds.
    ///
    /// The path is first resolved by the letter and compared with the roots; until it lies
    /// below one nothing is asked of the disk. Then each folder on the way is opened below
    /// the one before it, never through a link that leaves the root, and the last component
    /// never through a link at all. What counts is what the opened handle says.
    ///
    /// # Errors
    /// [`FileError`]; outside of the roots the same whether or not the file exists.
    pub async fn open_then<T: Send + 'static>(
        &self,
        given: &str,
        limit: u64,
        then: impl FnOnce(OpenedFile) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        static AT_ONCE: Semaphore = Semaphore::const_new(MAX_AT_ONCE);

        let wanted = path::absolute(given, self.workspace.as_deref(), self.user_home.as_deref())?;
        let given = given.to_owned();
        let failed = {
            let given = shown(&given);
            |source| FileError::Io { given, source }
        };
        let roots = self.clone();
        let work = async {
            let permit = AT_ONCE.acquire().await.map_err(io::Error::other)?;
            tokio::task::spawn_blocking(move || {
                let _permit = permit;
                roots.open(&given, &wanted, limit).and_then(then)
            })
            .await
            .map_err(io::Error::other)
        };
        match tokio::time::timeout(TIME_LIMIT, work).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
        }
    }

    fn open(&self, given: &str, wanted: &Path, limit: u64) -> Result<OpenedFile, FileError> {
        let not_allowed = || FileError::NotAllowed {
            given: shown(given),
            allowed: self.described(),
        };
        let mut candidates = self.by_letter(wanted);
        if candidates.is_empty() {
            candidates = self.by_real_place(wanted);
        }
        let (below, dir) = candidates
            .into_iter()
            .find_map(|(root, below)| Some((below, self.enter(root)?)))
            .ok_or_else(not_allowed)?;
        if path::is_denied(&below) {
            return Err(not_allowed());
        }
        let Some(last) = below.file_name() else {
            return Err(FileError::NotAFile {
                given: shown(given),
            });
        };
        let explain = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound {
                given: shown(given),
            },
            io::ErrorKind::PermissionDenied => not_allowed(),
            _ => FileError::Io {
                given: shown(given),
                source: error,
            },
        };

        let folder = self
            .walk(&dir, below.parent().unwrap_or(Path::new("")))
            .map_err(|stopped| match stopped {
                Stopped::Denied => not_allowed(),
                Stopped::Io(error) => explain(error),
            })?;
        // Looked at before it is opened: opening a device can already do something.
        let kind = folder.symlink_metadata(last).map_err(explain)?.file_type();
        if kind.is_symlink() {
            return Err(not_allowed());
        }
        if !kind.is_file() {
            return Err(FileError::NotAFile {
                given: shown(given),
            });
        }
        let mut options = OpenOptions::new();
        options.read(true).nonblock(true).follow(FollowSymlinks::No);
        let file = folder.open_with(last, &options).map_err(explain)?;
        let metadata = file.metadata().map_err(explain)?;
        let id = FileId::of(&metadata);
        let links = metadata.nlink();
        let file = file.into_std();
        let metadata = file.metadata().map_err(explain)?;
        if !metadata.is_file() {
            return Err(FileError::NotAFile {
                given: shown(given),
            });
        }
        if links > 1 && !is_ours(&metadata) {
            return Err(FileError::TooManyLinks {
                given: shown(given),
            });
        }
        if self.is_config_file(id) {
            return Err(not_allowed());
        }
        let opened = OpenedFile {
            file,
            size: metadata.len(),
            limit,
            name: last.to_string_lossy().into_owned(),
            relative: below.to_string_lossy().into_owned(),
            id,
            given: given.to_owned(),
        };
        opened.within_limit(opened.size)?;
        Ok(opened)
    }

    /// Opens a root; `None` where it is gone, or where it must not be one.
    fn enter(&self, root: &Root) -> Option<Dir> {
        let real = std::fs::canonicalize(&root.path).ok()?;
        let holds =
            |path: &PathBuf| std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(&real));
        let is_inside =
            |path: &PathBuf| std::fs::canonicalize(path).is_ok_and(|path| real.starts_with(path));
        let holds_too_much = real.parent().is_none()
            || self.user_home.iter().any(holds)
            // A state directory inside of a root is skipped on the way down; one that is
            // the root would leave nothing to skip.
            || self.protected.iter().any(|path| {
                std::fs::canonicalize(path).is_ok_and(|path| path == real)
            })
            || (!root.is_own && self.protected.iter().any(is_inside));
        if holds_too_much {
            tracing::warn!("a folder for local files is passed over: it holds too much");
            return None;
        }
        Dir::open_ambient_dir(real, ambient_authority()).ok()
    }

    /// The folder `below` a root. Links on the way are resolved first, and what they
    /// resolve to is then walked without following any.
    fn walk(&self, dir: &Dir, below: &Path) -> Result<Dir, Stopped> {
        if below.as_os_str().is_empty() {
            return Ok(dir.try_clone()?);
        }
        let real = dir.canonicalize(below)?;
        if path::is_denied(&real) {
            return Err(Stopped::Denied);
        }
        let protected: Vec<FileId> = self
            .protected
            .iter()
            .filter_map(|path| Dir::open_ambient_dir(path, ambient_authority()).ok())
            .filter_map(|dir| Some(FileId::of(&dir.dir_metadata().ok()?)))
            .collect();
        let mut dir = dir.try_clone()?;
        for component in real.components() {
            dir = dir.open_dir_nofollow(component.as_os_str())?;
            if protected.contains(&FileId::of(&dir.dir_metadata()?)) {
                return Err(Stopped::Denied);
            }
        }
        Ok(dir)
    }

    fn is_config_file(&self, id: FileId) -> bool {
        cap_std::fs::File::open_ambient(&self.config_file, ambient_authority())
            .and_then(|file| file.metadata())
            .is_ok_and(|metadata| FileId::of(&metadata) == id)
    }
}

enum Stopped {
    Denied,
    Io(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Whether a file belongs to the user that this process runs as: another's file may have
/// been linked here by somebody who can't read it.
#[cfg(unix)]
fn is_ours(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    // Who owns a file that we make is who we are; std has no other way to ask.
    static OUR_USER: OnceLock<Option<u32>> = OnceLock::new();
    let ours = OUR_USER.get_or_init(|| {
        let made = tempfile::tempfile().ok()?;
        Some(made.metadata().ok()?.uid())
    });
    *ours == Some(metadata.uid())
}

/// Owners of files are not compared here, so a file with several names is refused.
#[cfg(not(unix))]
fn is_ours(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
