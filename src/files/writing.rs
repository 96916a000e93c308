//! A file on its way into the store.

use std::io::{self, Read, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::error::StoreError;
use super::scope::{MediaScope, StoredId};
use super::store::{MediaStore, Stored};
use super::{kind, name};
use crate::hex::hex;

/// The most that a kept file may have where nothing else is said: what WeCom lets a member
/// send (20 MiB).
pub const MAX_FILE_BYTES: u64 = 20 * 1024 * 1024;

/// Measures what is written through it, and stops at a limit.
#[derive(Debug)]
pub struct Measured<W> {
    inner: W,
    limit: u64,
    hash: Sha256,
    measures: Measures,
    head_bytes: usize,
}

/// What is known of bytes that were written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measures {
    /// How many.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// The first of them.
    pub head: Vec<u8>,
}

impl<W: Write> Measured<W> {
    /// Lets at most `limit` bytes through to `inner` and keeps the first `head_bytes`.
    pub fn new(inner: W, limit: u64, head_bytes: usize) -> Self {
        Self {
            inner,
            limit,
            hash: Sha256::new(),
            measures: Measures::default(),
            head_bytes,
        }
    }

    /// What was written to, and its measures.
    pub fn finish(mut self) -> (W, Measures) {
        self.measures.sha256 = hex(&self.hash.finalize());
        (self.inner, self.measures)
    }
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.limit.saturating_sub(self.measures.size);
        if bytes.len() as u64 > room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.inner.write_all(bytes)?;
        self.hash.update(bytes);
        self.measures.size += bytes.len() as u64;
        let missing = self.head_bytes.saturating_sub(self.measures.head.len());
        self.measures
            .head
            .extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A file that is being written. Dropping it removes what was written.
#[derive(Debug)]
pub struct Writing {
    measured: Measured<NamedTempFile>,
    store: MediaStore,
    scope: MediaScope,
    name: String,
}

impl Writing {
    pub(super) fn new(
        store: MediaStore,
        scope: MediaScope,
        name: &str,
        limit: u64,
        to: NamedTempFile,
    ) -> Self {
        Self {
            measured: Measured::new(to, limit, kind::HEAD_BYTES),
            store,
            scope,
            name: name::sanitise(name),
        }
    }

    /// Bytes that were written.
    pub fn size(&self) -> u64 {
        self.measured.measures.size
    }

    /// The first bytes that were written: as many as tell the type. Blocking.
    ///
    /// # Errors
    /// The disk, where more of the file has to be read back.
    pub fn head(&mut self) -> io::Result<Vec<u8>> {
        let head = &self.measured.measures.head;
        if !kind::is_archive(head) || self.size() <= head.len() as u64 {
            return Ok(head.clone());
        }
        let file = self.measured.inner.as_file_mut();
        file.rewind()?;
        let mut head = Vec::with_capacity(kind::ARCHIVE_HEAD_BYTES);
        (&mut *file)
            .take(kind::ARCHIVE_HEAD_BYTES as u64)
            .read_to_end(&mut head)?;
        file.seek(io::SeekFrom::End(0))?;
        Ok(head)
    }

    /// Gives the file another name: it is often known only when the type is.
    pub fn rename(&mut self, name: &str) {
        self.name = name::sanitise(name);
    }

    /// Puts the file in its place under a name of its own, making room first. An empty one
    /// is kept too: whether that makes sense only the caller knows.
    ///
    /// # Errors
    /// No room, or the disk; nothing is left behind.
    pub fn finish(mut self) -> Result<Unclaimed, StoreError> {
        let head = self.head()?;
        let Self {
            measured,
            store,
            scope,
            mut name,
        } = self;
        let (mut file, measures) = measured.finish();
        file.flush()?;
        let content_type = kind::sniff(&head, measures.size, &name);
        if kind::extension(&name).is_none()
            && let Some(extension) = kind::extension_of(content_type)
        {
            name = name::with_extension(&name, extension);
        }
        let id = StoredId::random();
        let path = store.put(&scope, file, measures.size, &name::kept(&name, id.as_str()))?;
        Ok(Unclaimed {
            stored: Stored {
                id,
                account: scope.account().clone(),
                path,
                size: measures.size,
                content_type,
                sha256: measures.sha256,
                name,
            },
            claimed: false,
        })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.measured.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.measured.flush()
    }
}

/// A kept file that nobody knows of yet: unless it is claimed it is removed again, so that
/// a call that was given up in between leaves nothing.
#[derive(Debug)]
#[must_use = "a file that is not claimed is removed"]
pub struct Unclaimed {
    stored: Stored,
    claimed: bool,
}

impl Unclaimed {
    /// What was kept.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Keeps it for the time that the store keeps files.
    pub fn claim(mut self) -> Stored {
        self.claimed = true;
        self.stored.clone()
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if !self.claimed {
            remove(&self.stored.path);
        }
    }
}

/// SHA-256 of bytes, lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> bool {
    match std::fs::remove_file(path) {
        Ok(()) => true,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::debug!(error = %error, "a media file can't be removed");
            }
            false
        }
    }
}
