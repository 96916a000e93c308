//! One daemon per state directory.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// An exclusive claim on a state directory; given back when dropped, or by the system when
/// the process dies.
#[derive(Debug)]
pub(crate) struct HomeLock {
    _file: File,
}

/// Why the state directory can't be claimed.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error(
        "another daemon uses the state directory {home}: stop it, or set WECOM_HOME to another directory"
    )]
    Taken {
        /// The directory.
        home: PathBuf,
    },
    /// The directory or the lock file can't be made.
    #[error("cannot use the state directory {home}")]
    Unusable {
        /// The directory.
        home: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl HomeLock {
    /// Claims the directory, making it (mode 0700) where needed.
    pub(crate) fn acquire(home: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable {
            home: home.to_owned(),
            source,
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(home).map_err(unusable)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(home.join("daemon.lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken {
                home: home.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_claim_is_refused_until_the_first_is_given_back() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("home");
        let first = HomeLock::acquire(&home).unwrap();
        assert!(matches!(
            HomeLock::acquire(&home),
            Err(LockError::Taken { .. })
        ));
        drop(first);
        HomeLock::acquire(&home).unwrap();
    }
}
