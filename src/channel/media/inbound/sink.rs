//! Where downloaded bytes go: through the cipher onto a shelf of the store.

use std::io::Write;

use bytes::Bytes;

use super::cipher::{MediaKey, Unsealer};
use super::content;
use super::error::Cause;
use crate::agent::{Attachment, AttachmentKind};
use crate::files::{MediaScope, MediaStore, Unclaimed, Writing, is_recognisable};

/// A file on its way. All of it is blocking; dropping it leaves nothing.
#[derive(Debug)]
pub(super) struct Sink {
    unsealer: Option<Unsealer>,
    /// Unknown content without a key is most likely ciphertext.
    must_be_known: bool,
    writing: Writing,
}

/// A complete file that nobody knows of yet.
#[derive(Debug)]
pub(super) struct Finished {
    file: Unclaimed,
    name: String,
    content_type: String,
}

impl Sink {
    /// For at most `max_bytes`; writing more fails with
    /// [`std::io::ErrorKind::FileTooLarge`]. Without a key bytes are taken as they are.
    pub(super) fn begin(
        store: &MediaStore,
        scope: &MediaScope,
        key: Option<&MediaKey>,
        max_bytes: u64,
    ) -> Result<Self, Cause> {
        Ok(Self {
            unsealer: key.map(Unsealer::new),
            must_be_known: key.is_none(),
            writing: store.begin_of_size(scope, "", max_bytes)?,
        })
    }

    /// As [`begin`](Self::begin), for what was never encrypted.
    pub(super) fn begin_plain(
        store: &MediaStore,
        scope: &MediaScope,
        max_bytes: u64,
    ) -> Result<Self, Cause> {
        let sink = Self::begin(store, scope, None, max_bytes)?;
        Ok(Self {
            must_be_known: false,
            ..sink
        })
    }

    /// Takes the next bytes as they arrived.
    pub(super) fn write(mut self, batch: &[Bytes]) -> Result<Self, Cause> {
        for bytes in batch {
            match &mut self.unsealer {
                Some(unsealer) => unsealer.write(bytes, &mut self.writing)?,
                None => self.writing.write_all(bytes)?,
            }
        }
        Ok(self)
    }

    /// Checks what was written, and gives it its type and name.
    pub(super) fn finish(
        self,
        kind: AttachmentKind,
        name: Option<String>,
        header: Option<&str>,
    ) -> Result<Finished, Cause> {
        let Self {
            unsealer,
            must_be_known,
            mut writing,
        } = self;
        if let Some(unsealer) = unsealer {
            unsealer.finish(&mut writing)??;
        }
        let size = writing.size();
        if size == 0 {
            return Err(Cause::Empty);
        }
        let head = writing.head()?;
        if must_be_known && !is_recognisable(&head, size) {
            return Err(Cause::NotRecognised);
        }
        let content_type = content::content_type(kind, &head, size, header, name.as_deref());
        let name = content::complete_name(kind, name, &content_type);
        writing.rename(&name);
        Ok(Finished {
            file: writing.finish()?,
            name,
            content_type,
        })
    }
}

impl Finished {
    /// Keeps the file, as an attachment.
    pub(super) fn claim(self, kind: AttachmentKind) -> Attachment {
        let stored = self.file.claim();
        Attachment {
            kind,
            path: stored.path,
            name: self.name,
            content_type: self.content_type,
            size: stored.size,
        }
    }
}
