//! Uploads over the long connection: init, chunks, finish.
//!
//! WeCom keeps an upload for half an hour, takes its chunks in any order and again, and
//! goes on with it after a reconnect. It documents chunks of at most 512 KiB, at most 100
//! of them, and 30 uploads a minute and 1,000 an hour for a bot
//! ([vendor's page](https://developer.work.weixin.qq.com/document/path/101463)).

mod cache;
mod error;
mod quota;
mod tries;

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::{Ack, BotClient, Command, SendError, UploadId, UploadKind};
use crate::ids::MediaId;

pub(crate) use cache::{Cache, Key};
use quota::Quota;
use tries::{Next, Tries};

pub use error::{UploadError, UploadStep};

/// Bytes of a chunk before base64; the last one has the rest.
pub const CHUNK_BYTES: usize = 512 * 1024;

/// The most chunks of one upload.
const MAX_CHUNKS: u64 = 100;

/// How long the connection may take to come back; WeCom keeps the upload meanwhile.
const RECONNECT_WAIT: Duration = Duration::from_mins(1);

/// When an upload is given up: some time before WeCom forgets it.
const SESSION_TIME: Duration = Duration::from_mins(25);

/// How soon after a frame without acknowledgement the loss of its connection is known.
const LOSS_GRACE: Duration = Duration::from_millis(500);

/// What can be uploaded: bytes that can be read again, piece by piece.
#[async_trait]
pub trait UploadBytes: Send + Sync {
    /// Exactly `length` bytes from `offset` on.
    ///
    /// # Errors
    /// The disk, or fewer bytes than that.
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes>;
}

/// One thing to upload.
#[derive(Clone, Copy)]
pub struct Upload<'a> {
    /// What it is to become.
    pub kind: UploadKind,
    /// Name shown to the receiver, at most 120 bytes.
    pub file_name: &'a str,
    /// Bytes of the whole.
    pub size: u64,
    /// MD5 of the whole, lower-case hex.
    pub md5: &'a str,
    /// The whole. Read a chunk at a time, so that never more than four are in memory.
    pub bytes: &'a dyn UploadBytes,
}

/// What WeCom has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its id, valid for three days from the upload on.
    pub media_id: MediaId,
    /// Whether it was uploaded by an earlier call: WeCom may have forgotten it since.
    pub is_reused: bool,
}

/// Uploads for one bot, within its quota, and remembers for 48 hours what it has uploaded.
#[derive(Debug)]
pub struct Uploader {
    client: BotClient,
    quota: Quota,
    cache: Cache,
}

impl Uploader {
    /// Uploads over `client`.
    pub fn new(client: BotClient) -> Self {
        Self {
            client,
            quota: Quota::default(),
            cache: Cache::default(),
        }
    }

    /// The connection.
    pub fn client(&self) -> &BotClient {
        &self.client
    }

    /// Uploads, unless the same bytes were uploaded under the same name lately.
    ///
    /// A lost connection is waited for, a minute at a time, and only chunks that WeCom has
    /// not confirmed are sent again. If WeCom received other bytes than were sent, all is
    /// uploaded once more.
    ///
    /// Dropping the future gives the upload up; WeCom forgets it by itself.
    ///
    /// # Errors
    /// [`UploadError`]. After [`UploadError::KindRefused`] another kind may be tried.
    pub async fn upload(&self, upload: &Upload<'_>) -> Result<Uploaded, UploadError> {
        let key = Key::of(upload);
        if let Some(media_id) = self.cache.get(&key) {
            tracing::debug!(
                size_bytes = upload.size,
                "a file was uploaded before; its media id is used again"
            );
            return Ok(Uploaded {
                media_id,
                is_reused: true,
            });
        }
        let media_id = match self.upload_whole(upload).await {
            Err(UploadError::Damaged) => {
                tracing::warn!(
                    size_bytes = upload.size,
                    "an upload was damaged on its way; it begins again"
                );
                self.upload_whole(upload).await?
            }
            uploaded => uploaded?,
        };
        self.cache.put(key, media_id.clone());
        Ok(Uploaded {
            media_id,
            is_reused: false,
        })
    }

    /// Forgets a media id that WeCom does not take any more; returns whether it was known.
    pub fn forget(&self, media_id: &MediaId) -> bool {
        self.cache.forget(media_id)
    }

    async fn upload_whole(&self, upload: &Upload<'_>) -> Result<MediaId, UploadError> {
        let chunks = upload.size.div_ceil(CHUNK_BYTES as u64);
        let chunks = u32::try_from(chunks)
            .ok()
            .filter(|chunks| u64::from(*chunks) <= MAX_CHUNKS)
            .ok_or(UploadError::TooManyChunks { size: upload.size })?;
        let begun = Instant::now();
        let upload_id = self.init(upload, chunks).await?;
        let session = async {
            self.chunks(upload, &upload_id, chunks).await?;
            self.finish(upload_id.clone()).await
        };
        let media_id = timeout_at(Instant::now() + SESSION_TIME, session)
            .await
            .map_err(|_| UploadError::TimedOut)??;
        tracing::info!(
            size_bytes = upload.size,
            chunks,
            upload_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "a file was uploaded"
        );
        Ok(media_id)
    }

    async fn init(&self, upload: &Upload<'_>, chunks: u32) -> Result<UploadId, UploadError> {
        let command = Command::UploadInit {
            kind: upload.kind,
            file_name: upload.file_name.to_owned(),
            size_bytes: upload.size,
            chunks,
            md5: upload.md5.to_owned(),
        };
        let ack = self.say(UploadStep::Init, command).await?;
        text_of(&ack, "upload_id")
            .map(UploadId::new)
            .ok_or(UploadError::MissingId(UploadStep::Init))
    }

    /// All chunks; the first that fails for good ends it.
    async fn chunks(
        &self,
        upload: &Upload<'_>,
        upload_id: &UploadId,
        chunks: u32,
    ) -> Result<(), UploadError> {
        stream::iter(0..chunks)
            .map(|index| self.chunk(upload, upload_id, index))
            .buffer_unordered(workers(chunks))
            .try_collect()
            .await
    }

    async fn chunk(
        &self,
        upload: &Upload<'_>,
        upload_id: &UploadId,
        index: u32,
    ) -> Result<(), UploadError> {
        let offset = u64::from(index) * CHUNK_BYTES as u64;
        let left = upload.size.saturating_sub(offset);
        let length = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        let data = upload.bytes.read_at(offset, length).await?;
        let command = Command::UploadChunk {
            upload_id: upload_id.clone(),
            index,
            data,
        };
        self.say(UploadStep::Chunk, command).await?;
        Ok(())
    }

    async fn finish(&self, upload_id: UploadId) -> Result<MediaId, UploadError> {
        let command = Command::UploadFinish { upload_id };
        let ack = self.say(UploadStep::Finish, command).await?;
        text_of(&ack, "media_id")
            .map(MediaId::new)
            .ok_or(UploadError::MissingId(UploadStep::Finish))
    }

    /// Sends a frame until WeCom confirms it or its tries are used up.
    async fn say(&self, step: UploadStep, command: Command) -> Result<Ack, UploadError> {
        let mut tries = Tries::of(step);
        let mut state = self.client.state();
        loop {
            if step == UploadStep::Init {
                self.quota.take().await?;
            }
            state.mark_unchanged();
            let sent = self
                .client
                .send_when_live(command.clone(), RECONNECT_WAIT)
                .await;
            let error = match sent {
                Ok(ack) => return Ok(ack),
                Err(error) => error,
            };
            let failed = Instant::now();
            let is_lost = error == SendError::Unknown
                && timeout_at(failed + LOSS_GRACE, state.changed())
                    .await
                    .is_ok();
            match tries.after(&error, is_lost) {
                Next::Again(pause) => {
                    tracing::debug!(step = %step, %error, "an upload's frame is sent again");
                    tokio::time::sleep_until(failed + pause).await;
                }
                Next::Never => return Err(UploadError::of(step, error)),
            }
        }
    }
}

/// Chunks on their way at once. More of a large file make WeCom answer "system error".
fn workers(chunks: u32) -> usize {
    match chunks {
        0..=4 => 4,
        5..=10 => 3,
        _ => 2,
    }
}

fn text_of<'a>(ack: &'a Ack, key: &str) -> Option<&'a str> {
    let text = ack.body.as_ref()?.get(key)?.as_str()?;
    (!text.is_empty()).then_some(text)
}
