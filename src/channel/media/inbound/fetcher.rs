//! Fetching the attachments of a message.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::cipher::{MediaKey, PADDING_BYTES};
use super::content;
use super::error::{Cause, FetchError};
use super::sink::Sink;
use super::slots::DownloadSlots;
use crate::agent::{Attachment, AttachmentKind};
use crate::clock::SharedClock;
use crate::config::MediaSettings;
use crate::egress::guard::{Download, GuardError, GuardedClient};
use crate::files::{MediaScope, MediaStore, StoreError, suggested_name, usable};
use crate::ids::MediaId;
use crate::wecom::bot::MediaRef;

/// Attachments of one message that are fetched at the same time.
pub(super) const PARALLEL: usize = 4;

/// Bytes that are gathered before they are decrypted and written on another thread: enough
/// that changing threads costs nothing beside it.
pub(super) const BATCH_BYTES: usize = 128 * 1024;

/// How long WeCom's addresses of media are valid, from the push on.
const ADDRESS_LIFE: Duration = Duration::from_mins(5);

/// An attachment that a message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it was sent as.
    pub kind: AttachmentKind,
    /// Where it is.
    pub media: WantedMedia,
}

/// Where an attachment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedMedia {
    /// At an address that is good for five minutes: of a bot.
    Address(MediaRef),
    /// With WeCom, for three days: of an agent app, to be had with its credentials.
    Upload {
        /// Its id.
        id: MediaId,
        /// Its name as the sender had it; from outside, never a path.
        name: Option<String>,
    },
}

/// Limits of fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes that a file may have, decrypted; one more is too many.
    pub max_bytes: u64,
    /// How long a picture may take, all attempts together.
    pub image: Duration,
    /// How long a file or a video may take, all attempts together.
    pub file: Duration,
    /// Attempts altogether.
    pub attempts: u32,
    /// Pause after the first attempt; after the second it is twice as long, and so on.
    pub pause: Duration,
    /// How long after the push an attempt may begin.
    pub address_life: Duration,
}

impl FetchLimits {
    /// 30 s for a picture, 60 s for a file, three attempts with 300 ms, then 600 ms between
    /// them, none when the address is five minutes old.
    pub fn of(media: &MediaSettings) -> Self {
        Self {
            max_bytes: media.max_bytes,
            image: Duration::from_secs(30),
            file: Duration::from_mins(1),
            attempts: 3,
            pause: Duration::from_millis(300),
            address_life: ADDRESS_LIFE,
        }
    }

    pub(super) fn of_kind(&self, kind: AttachmentKind) -> Duration {
        match kind {
            AttachmentKind::Image => self.image,
            AttachmentKind::File | AttachmentKind::Video => self.file,
        }
    }
}

/// Fetches what people send to one account.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: GuardedClient,
    pub(super) store: MediaStore,
    clock: SharedClock,
    pub(super) slots: DownloadSlots,
}

impl Fetcher {
    /// With the account's client of [`Route::WeCom`](crate::egress::guard::Route::WeCom) and
    /// the places that all accounts share.
    pub fn new(
        client: GuardedClient,
        store: MediaStore,
        clock: SharedClock,
        slots: DownloadSlots,
    ) -> Self {
        Self {
            client,
            store,
            clock,
            slots,
        }
    }

    /// Fetches all of `wanted`, up to four at once, onto the shelf `scope`; the results are
    /// in the order of `wanted`. `pushed_at_ms` is when the message arrived.
    ///
    /// Dropping the future leaves no file behind, except those that were complete.
    pub async fn fetch_all(
        &self,
        wanted: &[Wanted],
        scope: &MediaScope,
        pushed_at_ms: i64,
        limits: &FetchLimits,
    ) -> Vec<Result<Attachment, FetchError>> {
        // Gathered first: a stream that holds the closure could not move between threads.
        let fetches: Vec<BoxFuture<'_, _>> = wanted
            .iter()
            .map(|wanted| self.fetch(wanted, scope, pushed_at_ms, limits).boxed())
            .collect();
        stream::iter(fetches).buffered(PARALLEL).collect().await
    }

    async fn fetch(
        &self,
        wanted: &Wanted,
        scope: &MediaScope,
        pushed_at_ms: i64,
        limits: &FetchLimits,
    ) -> Result<Attachment, FetchError> {
        let life = self.life_left(pushed_at_ms, limits);
        // The wait for a place ends with the life of the address.
        let slot = tokio::time::timeout(life, self.slots.take()).await;
        let deadline = Instant::now() + limits.of_kind(wanted.kind);
        let mut cause = Cause::Expired;
        for attempt in 1..=limits.attempts {
            if slot.is_err() || self.life_left(pushed_at_ms, limits).is_zero() {
                break;
            }
            cause = match self.attempt(wanted, scope, deadline, limits).await {
                Ok(attachment) => return Ok(attachment),
                Err(Failure::TooLarge { name, announced }) => {
                    return Err(FetchError::TooLarge {
                        kind: wanted.kind,
                        name,
                        limit: limits.max_bytes,
                        announced,
                    });
                }
                Err(Failure::Other(cause)) => cause,
            };
            let pause = limits.pause.saturating_mul(attempt);
            let is_late = Instant::now() + pause >= deadline;
            if attempt == limits.attempts || !cause.is_retryable() || is_late {
                break;
            }
            tracing::debug!(
                kind = ?wanted.kind,
                attempt,
                error = &cause as &dyn std::error::Error,
                "an attachment is fetched again"
            );
            tokio::time::sleep(pause).await;
        }
        Err(FetchError::Unreadable {
            kind: wanted.kind,
            cause,
        })
    }

    /// How long the address of a message is still valid.
    fn life_left(&self, pushed_at_ms: i64, limits: &FetchLimits) -> Duration {
        let age = self.clock.now_ms().saturating_sub(pushed_at_ms).max(0);
        limits
            .address_life
            .saturating_sub(Duration::from_millis(age.unsigned_abs()))
    }

    async fn attempt(
        &self,
        wanted: &Wanted,
        scope: &MediaScope,
        deadline: Instant,
        limits: &FetchLimits,
    ) -> Result<Attachment, Failure> {
        let kind = wanted.kind;
        let WantedMedia::Address(media) = &wanted.media else {
            return Err(Cause::NoAddress.into());
        };
        let key = media.aes_key.as_ref().map(MediaKey::parse).transpose()?;
        let padding = if key.is_some() {
            PADDING_BYTES as u64
        } else {
            0
        };
        let explicit = media.file_name.as_deref().and_then(usable);
        let named = |found: Option<String>| found.unwrap_or_else(|| content::word(kind).to_owned());

        let limit = limits.max_bytes.saturating_add(padding);
        let mut download = self
            .client
            .get(media.url.reveal(), limit, deadline)
            .await
            .map_err(|error| Failure::of(error, || named(explicit.clone())))?;
        let name =
            explicit.or_else(|| suggested_name(download.content_disposition(), download.url()));
        let header = download.content_type().map(str::to_owned);
        let announced = download.announced();
        let too_large = |name: Option<String>| Failure::TooLarge {
            name: named(name),
            announced,
        };

        let (store, scope, max_bytes) = (self.store.clone(), scope.clone(), limits.max_bytes);
        let mut sink =
            blocking(move || Sink::begin(&store, &scope, key.as_ref(), max_bytes)).await?;
        loop {
            let batch = match next_batch(&mut download).await {
                Ok(batch) => batch,
                Err(error) => return Err(Failure::of(error, || named(name))),
            };
            if batch.is_empty() {
                break;
            }
            sink = match blocking(move || sink.write(&batch)).await {
                Err(Cause::Store(StoreError::Io(error)))
                    if error.kind() == io::ErrorKind::FileTooLarge =>
                {
                    return Err(too_large(name));
                }
                done => done?,
            };
        }
        let finished = {
            let name = name.clone();
            blocking(move || sink.finish(kind, name, header.as_deref())).await
        };
        match finished {
            Err(Cause::Store(StoreError::Io(error)))
                if error.kind() == io::ErrorKind::FileTooLarge =>
            {
                Err(too_large(name))
            }
            done => Ok(done?.claim(kind)),
        }
    }
}

/// The next pieces, [`BATCH_BYTES`] or a little more of them; none at the end.
async fn next_batch(download: &mut Download) -> Result<Vec<Bytes>, GuardError> {
    let mut batch = Vec::new();
    let mut size = 0;
    while size < BATCH_BYTES
        && let Some(piece) = download.chunk().await?
    {
        size += piece.len();
        batch.push(piece);
    }
    Ok(batch)
}

/// Why an attempt ended.
enum Failure {
    TooLarge {
        name: String,
        announced: Option<u64>,
    },
    Other(Cause),
}

impl Failure {
    fn of(error: GuardError, name: impl FnOnce() -> String) -> Self {
        match error {
            GuardError::TooLarge { announced, .. } => Self::TooLarge {
                name: name(),
                announced,
            },
            error => Self::Other(error.into()),
        }
    }
}

impl<E: Into<Cause>> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::Other(cause.into())
    }
}

/// Disk and cipher, away from the threads that serve everybody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => Err(io::Error::other(failed).into()),
    }
}
