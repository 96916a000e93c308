//! Loading: what a reference names becomes a private copy with its measures.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use md5::{Digest, Md5};
use url::Url;

use super::amr::AmrCounter;
use super::error::MediaError;
use super::kind::{Facts, MAX_BYTES};
use super::reference::{Reference, Source};
use super::remote::{FetchError, Remote};
use crate::clock::SharedClock;
use crate::config::MediaSettings;
use crate::egress::guard::GuardedClient;
use crate::files::{self, FileError, FileRoots, HEAD_BYTES, OpenedFile};
use crate::wecom::bot::UploadBytes;

/// Bytes copied at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// The type where nothing is known.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Loads what agents name, for one account.
#[derive(Debug, Clone)]
pub struct Loader {
    client: GuardedClient,
    clock: SharedClock,
    /// Where copies lie while they are sent.
    folder: PathBuf,
    limit: u64,
}

/// Something to send: a copy that nobody else can change, and what is known of it. It is
/// gone when the last of its holders is.
#[derive(Clone)]
pub struct Loaded {
    /// Its name for the receiver: one component with an extension, at most 120 bytes.
    pub name: String,
    /// By its bytes, else what its server said.
    pub content_type: String,
    /// Bytes, at least one.
    pub size: u64,
    /// MD5, lower-case hex.
    pub md5: String,
    /// How long it plays, if it is narrow-band AMR.
    pub playing_time: Option<Duration>,
    copy: Arc<Mutex<std::fs::File>>,
}

impl Loader {
    /// A loader with an account's limits. `client` decides which addresses are asked, and
    /// whether over plain `http`.
    pub fn new(settings: &MediaSettings, client: GuardedClient, clock: SharedClock) -> Self {
        Self {
            client,
            clock,
            folder: settings.temp_dir.join("outbound"),
            limit: settings.max_bytes.min(MAX_BYTES),
        }
    }

    /// Bytes that something may have: `media.maxBytes`, and WeCom's 20 MiB in any case.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Loads what `reference` names; where there is nothing, what it names without the
    /// punctuation at its end.
    ///
    /// # Errors
    /// [`MediaError`]; of two tries the first's.
    pub async fn load(
        &self,
        reference: &Reference,
        roots: &FileRoots,
    ) -> Result<Loaded, MediaError> {
        let first = self.load_source(reference.source(), roots).await;
        match (first, reference.second_source()) {
            (Err(error), Some(second)) if error.is_unresolved() => {
                self.load_source(second, roots).await.map_err(|_| error)
            }
            (first, _) => first,
        }
    }

    /// Makes a document of a text.
    ///
    /// # Errors
    /// [`MediaError::Empty`], or the disk.
    pub async fn document(&self, name: &str, content: String) -> Result<Loaded, MediaError> {
        let folder = self.folder.clone();
        let copy = blocking(move || {
            let mut copy = Copy::begin(&folder)?;
            copy.write_all(content.as_bytes())?;
            Ok(copy)
        });
        copy.await?.into_loaded(name, None)
    }

    async fn load_source(&self, source: &Source, roots: &FileRoots) -> Result<Loaded, MediaError> {
        match source {
            Source::Local(path) => self.load_file(path, roots).await,
            Source::Remote(url) => self.load_url(url).await,
        }
    }

    /// Copies a file from the handle that was checked. What is over the limit is refused
    /// before it is read.
    async fn load_file(&self, path: &str, roots: &FileRoots) -> Result<Loaded, MediaError> {
        let folder = self.folder.clone();
        let copied = roots
            .open_then(path, self.limit, move |opened| {
                let failed = {
                    let given = opened.given.clone();
                    |source| FileError::Io { given, source }
                };
                copy_of(opened, &folder).map_err(failed)
            })
            .await;
        let (name, copy) = match copied {
            Ok(copied) => copied,
            Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::FileTooLarge => {
                return Err(self.too_large(None));
            }
            Err(error) => return Err(error.into()),
        };
        copy.into_loaded(&files::original(&name), None)
    }

    async fn load_url(&self, url: &Url) -> Result<Loaded, MediaError> {
        let mut remote = Remote::begin(&self.client, url, self.limit).await?;
        let folder = self.folder.clone();
        let mut copy = blocking(move || Copy::begin(&folder)).await?;
        while let Some(piece) = remote.piece().await? {
            copy = blocking(move || {
                copy.write_all(&piece)?;
                Ok(copy)
            })
            .await?;
        }
        let name = remote
            .name
            .unwrap_or_else(|| format!("media_{}", self.clock.now_ms()));
        copy.into_loaded(&name, remote.content_type.as_deref())
    }

    fn too_large(&self, size: Option<u64>) -> MediaError {
        MediaError::TooLarge {
            size,
            limit: self.limit,
        }
    }
}

impl Loaded {
    /// What decides as what it is sent.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            size: self.size,
            content_type: (self.content_type != UNKNOWN_TYPE).then_some(&*self.content_type),
            playing_time: self.playing_time,
        }
    }
}

#[async_trait]
impl UploadBytes for Loaded {
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let copy = self.copy.clone();
        let read = tokio::task::spawn_blocking(move || {
            // Each holder seeks before it reads: a panic leaves nothing half done.
            let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
            copy.seek(SeekFrom::Start(offset))?;
            let mut bytes = vec![0; length];
            copy.read_exact(&mut bytes)?;
            Ok(bytes.into())
        });
        read.await.map_err(io::Error::other)?
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A copy under way, with what is learnt from the bytes as they pass.
struct Copy {
    file: std::fs::File,
    size: u64,
    md5: Md5,
    head: Vec<u8>,
    amr: AmrCounter,
}

impl Copy {
    /// An unnamed file: it needs no cleaning up, and nobody else can open it.
    fn begin(folder: &Path) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(folder)?;
        Ok(Self {
            file: tempfile::tempfile_in(folder)?,
            size: 0,
            md5: Md5::new(),
            head: Vec::new(),
            amr: AmrCounter::default(),
        })
    }

    fn into_loaded(self, name: &str, said_type: Option<&str>) -> Result<Loaded, MediaError> {
        if self.size == 0 {
            return Err(MediaError::Empty);
        }
        let name = files::sanitise(name);
        // A server's word counts only where the bytes say nothing: an error page is no
        // picture, whatever it is called.
        let content_type = files::by_content(&self.head, self.size, &name)
            .map(str::to_owned)
            .or_else(|| said_type.and_then(files::stated_type))
            .unwrap_or_else(|| files::named_type(&name).unwrap_or(UNKNOWN_TYPE).to_owned());
        Ok(Loaded {
            name: complete(name, &content_type),
            content_type,
            size: self.size,
            md5: format!("{:032x}", u128::from_be_bytes(self.md5.finalize().into())),
            playing_time: self.amr.playing_time(),
            copy: Arc::new(Mutex::new(self.file)),
        })
    }
}

impl Write for Copy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.md5.update(bytes);
        self.amr.update(bytes);
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Copies what was opened: an agent may go on writing to its file while it is sent.
fn copy_of(mut opened: OpenedFile, folder: &Path) -> io::Result<(String, Copy)> {
    let mut copy = Copy::begin(folder)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = opened.file.read(&mut piece)?;
        if read == 0 {
            return Ok((opened.name, copy));
        }
        copy.write_all(piece.get(..read).unwrap_or_default())?;
        // It was within the limit when it was opened.
        if copy.size > opened.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, MediaError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)
        .flatten()
        .map_err(|error| MediaError::FetchFailed(FetchError::Disk(error)))
}

/// The name with an extension: by it the receiver's machine opens the file.
fn complete(name: String, content_type: &str) -> String {
    if files::extension(&name).is_some() {
        return name;
    }
    files::with_extension(&name, files::extension_of(content_type).unwrap_or("bin"))
}

#[cfg(test)]
mod tests;
