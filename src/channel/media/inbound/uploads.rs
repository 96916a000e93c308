//! Fetching what members sent to an agent app: WeCom keeps it for three days.

use std::io;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::content;
use super::error::{Cause, FetchError};
use super::fetcher::{BATCH_BYTES, FetchLimits, Fetcher, PARALLEL, Wanted, WantedMedia, blocking};
use super::sink::Sink;
use crate::agent::{Attachment, AttachmentKind};
use crate::files::{MediaScope, StoreError, disposition_name, usable};
use crate::ids::MediaId;
use crate::wecom::api::{ApiClient, ApiDownload, ApiError};

impl Fetcher {
    /// As [`fetch_all`](Self::fetch_all), with the app's own client. What the client does not
    /// get, it has tried again as often as the account's settings say.
    pub async fn fetch_uploads(
        &self,
        client: &ApiClient,
        wanted: &[Wanted],
        scope: &MediaScope,
        limits: &FetchLimits,
    ) -> Vec<Result<Attachment, FetchError>> {
        let fetches: Vec<BoxFuture<'_, _>> = wanted
            .iter()
            .map(|wanted| self.fetch_upload(client, wanted, scope, limits).boxed())
            .collect();
        stream::iter(fetches).buffered(PARALLEL).collect().await
    }

    async fn fetch_upload(
        &self,
        client: &ApiClient,
        wanted: &Wanted,
        scope: &MediaScope,
        limits: &FetchLimits,
    ) -> Result<Attachment, FetchError> {
        let kind = wanted.kind;
        let unreadable = |cause| FetchError::Unreadable { kind, cause };
        let WantedMedia::Upload { id, name } = &wanted.media else {
            return Err(unreadable(Cause::NoAddress));
        };
        let _slot = self.slots.take().await;
        let deadline = Instant::now() + limits.of_kind(kind);
        let explicit = name.as_deref().and_then(usable);
        let taken = self
            .take(client, kind, id, explicit.clone(), scope, limits, deadline)
            .await;
        taken.map_err(|cause| match cause {
            Cause::Api(ApiError::TooLarge { .. }) => too_large(kind, explicit, limits),
            Cause::Store(StoreError::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                too_large(kind, explicit, limits)
            }
            cause => unreadable(cause),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one call, of one place")]
    async fn take(
        &self,
        client: &ApiClient,
        kind: AttachmentKind,
        id: &MediaId,
        explicit: Option<String>,
        scope: &MediaScope,
        limits: &FetchLimits,
        deadline: Instant,
    ) -> Result<Attachment, Cause> {
        let mut download = client.download(id, limits.max_bytes, deadline).await?;
        let stated = download.content_disposition().and_then(disposition_name);
        let name = explicit.or_else(|| stated.as_deref().and_then(usable));
        let header = download.content_type().map(str::to_owned);
        let (store, scope, max_bytes) = (self.store.clone(), scope.clone(), limits.max_bytes);
        let mut sink = blocking(move || Sink::begin_plain(&store, &scope, max_bytes)).await?;
        loop {
            let batch = next_batch(&mut download).await?;
            if batch.is_empty() {
                break;
            }
            sink = blocking(move || sink.write(&batch)).await?;
        }
        let finished = blocking(move || sink.finish(kind, name, header.as_deref())).await?;
        Ok(finished.claim(kind))
    }
}

fn too_large(kind: AttachmentKind, name: Option<String>, limits: &FetchLimits) -> FetchError {
    FetchError::TooLarge {
        kind,
        name: name.unwrap_or_else(|| content::word(kind).to_owned()),
        limit: limits.max_bytes,
        announced: None,
    }
}

/// The next pieces, [`BATCH_BYTES`] or a little more of them; none at the end.
async fn next_batch(download: &mut ApiDownload) -> Result<Vec<Bytes>, ApiError> {
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
