//! Secrets in files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Largest secret file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// A file that gives no secret. Never holds anything of its content.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the file {path} cannot be read: {reason}", path = .0.display(), reason = .1)]
    Io(PathBuf, String),
    #[error("{path} is not a regular file", path = .0.display())]
    NotRegular(PathBuf),
    #[error("{path} is a symbolic or hard link", path = .0.display())]
    Link(PathBuf),
    #[error("group or others may use {path}", path = .0.display())]
    Open(PathBuf),
    #[error("{path} is larger than 1 MiB", path = .0.display())]
    TooLarge(PathBuf),
    #[error("{path} is not UTF-8 text", path = .0.display())]
    Encoding(PathBuf),
    #[error("{path} is not JSON", path = .0.display())]
    Json(PathBuf),
    #[error("{path} has no text at {pointer}", path = .0.display(), pointer = .1)]
    Pointer(PathBuf, String),
}

impl FileError {
    pub(super) fn fix(&self) -> &'static str {
        match self {
            Self::Io(..) => "check that the file exists and is readable",
            Self::NotRegular(_) | Self::Link(_) => "name the file itself",
            Self::Open(_) => "chmod 600 the file",
            Self::TooLarge(_) | Self::Encoding(_) | Self::Json(_) => "is this the right file?",
            Self::Pointer(..) => "check the pointer, for example /wecom/secret",
        }
    }
}

/// A secret and whether others may read it.
pub(super) struct WholeFile {
    pub(super) text: String,
    pub(super) open_to_others: bool,
}

/// The whole file without its last line break. Links are followed: container platforms
/// mount secrets as such.
pub(super) fn read_whole(path: &Path) -> Result<WholeFile, FileError> {
    let (text, metadata) = read(path)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(WholeFile {
        text: text.to_owned(),
        open_to_others: !is_private(&metadata),
    })
}

/// The same of a file that must be private and no link.
pub(super) fn read_private(path: &Path) -> Result<String, FileError> {
    require_private(path)?;
    Ok(read_whole(path)?.text)
}

/// The text at a JSON pointer of a private file.
pub(super) fn read_pointer(path: &Path, pointer: &str) -> Result<String, FileError> {
    require_private(path)?;
    let (text, _) = read(path)?;
    let json: Value =
        serde_json::from_str(&text).map_err(|_| FileError::Json(path.to_path_buf()))?;
    match json.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(FileError::Pointer(path.to_path_buf(), pointer.to_owned())),
    }
}

fn read(path: &Path) -> Result<(String, std::fs::Metadata), FileError> {
    let io = |error: std::io::Error| FileError::Io(path.to_path_buf(), error.to_string());
    // Before opening: a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(FileError::NotRegular(path.to_path_buf()));
    }
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(FileError::TooLarge(path.to_path_buf()));
    }
    let text = String::from_utf8(bytes).map_err(|_| FileError::Encoding(path.to_path_buf()))?;
    Ok((text, metadata))
}

fn require_private(path: &Path) -> Result<(), FileError> {
    let metadata = std::fs::symlink_metadata(path)
        .map_err(|error| FileError::Io(path.to_path_buf(), error.to_string()))?;
    if metadata.is_symlink() || has_other_names(&metadata) {
        return Err(FileError::Link(path.to_path_buf()));
    }
    if !is_private(&metadata) {
        return Err(FileError::Open(path.to_path_buf()));
    }
    Ok(())
}

#[cfg(unix)]
fn has_other_names(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.is_file() && metadata.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// No permission for group or others: the six lowest bits are zero.
#[cfg(unix)]
fn is_private(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode().trailing_zeros() >= 6
}

#[cfg(not(unix))]
fn is_private(_metadata: &std::fs::Metadata) -> bool {
    true
}
