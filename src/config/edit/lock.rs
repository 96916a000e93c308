//! One writer at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::files::{self, WriteError};

/// How long a writer waits for another one. A write takes milliseconds; who holds the lock
/// longer hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// Pause between two attempts; there is no way to wait for a file lock with a limit.
const PAUSE: Duration = Duration::from_millis(10);

/// Holds `<file>.lock`; released when dropped, and by the system if the process dies. The
/// lock file itself stays: removing it would let two writers lock two different files.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock of `target`, at most `limit`.
    pub(super) fn acquire(target: &Path, limit: Duration) -> Result<Self, WriteError> {
        let path = lock_path(target);
        let file = files::open_private(&path)
            .map_err(|source| WriteError::io("open the lock file", &path, source))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(source)) => {
                    return Err(WriteError::io("lock", &path, source));
                }
                Err(TryLockError::WouldBlock) if started.elapsed() >= limit => {
                    return Err(WriteError::Locked {
                        path,
                        waited: limit,
                    });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }
}

fn lock_path(target: &Path) -> PathBuf {
    files::with_suffix(target, ".lock")
}
