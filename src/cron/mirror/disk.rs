//! The file itself.

use std::io::{ErrorKind, Write};
use std::path::Path;

use super::MirrorError;

pub(super) fn read(path: &Path) -> Result<Option<String>, MirrorError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(refused(path, source)),
    }
}

/// Puts a complete file in the place of the old one, readable by its owner only. Waiting for
/// the disk is done where it holds nobody up.
pub(super) async fn replace(path: &Path, text: String) -> Result<(), MirrorError> {
    let to = path.to_owned();
    let put = tokio::task::spawn_blocking(move || put(&to, &text)).await;
    put.unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(|source| refused(path, source))
}

fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    // A temporary file is made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn refused(path: &Path, source: std::io::Error) -> MirrorError {
    MirrorError::File {
        path: path.to_owned(),
        source,
    }
}
