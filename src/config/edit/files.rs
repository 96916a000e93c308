//! Files that are never half written, and the copies kept beside them.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failpoint;

/// Backups beside the file: `.bak` is the newest, then `.bak.1` to `.bak.4`.
pub const BACKUPS: usize = 5;

/// Refused texts beside the file: `.rejected.<time>`.
pub const REJECTED: usize = 5;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The operating system refuses.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another writer holds the lock.
    #[error(
        "another program has been writing the configuration for {waited:?}; end it and try again \
         (lock: {path})",
        path = path.display()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
    /// The file changed under our hands again and again.
    #[error(
        "{path} changed while it was being edited, {attempts} times in a row; try again when \
         nothing else writes it",
        path = path.display()
    )]
    Contended {
        /// The file.
        path: PathBuf,
        /// How often the edit was applied.
        attempts: usize,
    },
    /// A directory, a pipe, a device, or a link to a link.
    #[error("{path} is no regular file; name the file itself", path = path.display())]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// Not UTF-8.
    #[error("{path} is not UTF-8 text (byte {offset}); save it as UTF-8 first", path = path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// First bad byte, from 0.
        offset: usize,
    },
    /// Replacing the file would take it away from its owner.
    #[error(
        "{path} belongs to another user (uid {owner}), who could not read it any more; run the \
         command as that user",
        path = path.display()
    )]
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
}

impl WriteError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}

/// The file behind `path`: a link is followed once and written through.
pub(super) fn target(path: &Path) -> Result<PathBuf, WriteError> {
    let kind = |path: &Path| match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WriteError::io("look at", path, error)),
    };
    let mut target = path.to_path_buf();
    let mut metadata = kind(path)?;
    if metadata.as_ref().is_some_and(Metadata::is_symlink) {
        let link = fs::read_link(path).map_err(|e| WriteError::io("follow", path, e))?;
        target = path
            .parent()
            .map_or_else(|| link.clone(), |p| p.join(&link));
        metadata = kind(&target)?;
    }
    if metadata.is_some_and(|m| !m.is_file()) {
        return Err(WriteError::NotRegular { path: target });
    }
    Ok(target)
}

/// The text of a file; `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, WriteError> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => file
            .read_to_end(&mut bytes)
            .map_err(|e| WriteError::io("read", path, e))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(WriteError::io("read", path, error)),
    };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|e| WriteError::NotUtf8 {
            path: path.to_path_buf(),
            offset: e.utf8_error().valid_up_to(),
        })
}

/// Makes the directory of a file that is to be written, for its owner alone.
pub(super) fn make_parent(path: &Path) -> Result<(), WriteError> {
    let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(parent)
        .map_err(|e| WriteError::io("make the directory", parent, e))
}

/// A complete new text on disk beside its file, which is still as it was.
#[derive(Debug)]
pub(super) struct Prepared(tempfile::NamedTempFile);

impl Prepared {
    /// Writes `text` to a temporary sibling of `target`, with the owner of the existing
    /// file and its mode, or 0600 if that is stricter.
    pub(super) fn write(target: &Path, text: &str) -> Result<Self, WriteError> {
        let directory = target.parent().unwrap_or(Path::new("."));
        let mut prefix = OsString::from(".");
        prefix.push(target.file_name().unwrap_or_default());
        prefix.push(".");
        let io = |source| WriteError::io("write beside", target, source);
        let mut temporary = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".tmp")
            .tempfile_in(directory)
            .map_err(io)?;
        temporary.write_all(text.as_bytes()).map_err(io)?;
        if let Ok(existing) = fs::metadata(target) {
            keep_owner_and_mode(temporary.as_file(), &existing, target)?;
        }
        temporary.as_file().sync_all().map_err(io)?;
        Ok(Self(temporary))
    }

    /// Puts the new text in the file's place: all of it or nothing, whatever happens.
    pub(super) fn commit(self, target: &Path) -> Result<(), WriteError> {
        failpoint::reach("config-before-rename");
        self.0
            .persist(target)
            .map_err(|e| WriteError::io("replace", target, e.error))?;
        sync_directory(target)
    }
}

#[cfg(unix)]
fn keep_owner_and_mode(file: &File, existing: &Metadata, path: &Path) -> Result<(), WriteError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let io = |source| WriteError::io("set owner and mode beside", path, source);
    let ours = file.metadata().map_err(io)?;
    if (ours.uid(), ours.gid()) != (existing.uid(), existing.gid()) {
        let changed = fchown(file, Some(existing.uid()), Some(existing.gid()));
        if changed.is_err() && ours.uid() != existing.uid() {
            return Err(WriteError::ForeignOwner {
                path: path.to_path_buf(),
                owner: existing.uid(),
            });
        }
    }
    let mode = existing.mode() & 0o600;
    file.set_permissions(fs::Permissions::from_mode(mode))
        .map_err(io)
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_: &File, _: &Metadata, _: &Path) -> Result<(), WriteError> {
    Ok(())
}

/// Makes a rename survive a power cut.
fn sync_directory(path: &Path) -> Result<(), WriteError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|d| d.sync_all())
        .map_err(|e| WriteError::io("sync the directory", directory, e))
}

/// Keeps `text`, the present content of `target`, as the newest backup.
pub(super) fn back_up(target: &Path, text: &str) -> Result<(), WriteError> {
    let name = |age: usize| match age {
        0 => with_suffix(target, ".bak"),
        age => with_suffix(target, &format!(".bak.{age}")),
    };
    let copy = Prepared::write(target, text)?;
    for age in (1..BACKUPS).rev() {
        let (from, to) = (name(age - 1), name(age));
        match fs::rename(&from, &to) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(WriteError::io("move the backup", &from, e));
            }
            _ => {}
        }
    }
    let newest = name(0);
    copy.0
        .persist(&newest)
        .map_err(|e| WriteError::io("back up to", &newest, e.error))?;
    Ok(())
}

/// Keeps a text that was refused as `<file>.rejected.<stamp>`, and removes the oldest ones.
/// `stamp` sorts by time.
pub(super) fn keep_rejected(target: &Path, text: &str, stamp: &str) -> Result<PathBuf, WriteError> {
    let prefix = with_suffix(target, ".rejected.");
    let path = with_suffix(&prefix, stamp);
    open_private(&path)
        .and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(text.as_bytes())
        })
        .map_err(|e| WriteError::io("write", &path, e))?;
    let directory = target.parent().unwrap_or(Path::new("."));
    let prefix = prefix.file_name().unwrap_or_default().to_os_string();
    let mut kept: Vec<_> = fs::read_dir(directory)
        .map_err(|e| WriteError::io("list", directory, e))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            name.as_encoded_bytes()
                .starts_with(prefix.as_encoded_bytes())
        })
        .collect();
    kept.sort();
    let surplus = kept.len().saturating_sub(REJECTED);
    for path in kept.into_iter().take(surplus) {
        fs::remove_file(&path).map_err(|e| WriteError::io("remove", &path, e))?;
    }
    Ok(path)
}

/// Opens a file for its owner alone, made if it is not there.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `path` with something behind its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}
