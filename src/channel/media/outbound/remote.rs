//! What a URL names, through the guarded client.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use url::Url;

use super::error::MediaError;
use crate::egress::guard::{Download, GuardError, GuardedClient};
use crate::files::suggested_name;

/// How long a download may take.
const FETCH_TIME: Duration = Duration::from_mins(1);

/// Why nothing, or not all, was fetched. Names hosts, never whole addresses: they may hold
/// keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address may not be asked, or its server or the network failed.
    #[error(transparent)]
    Remote(#[from] GuardError),
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Disk(#[from] io::Error),
}

/// A download that has begun.
pub(super) struct Remote {
    download: Download,
    /// Its name, as its server or its address says.
    pub(super) name: Option<String>,
    /// Its type, as its server says.
    pub(super) content_type: Option<String>,
}

impl Remote {
    /// Asks for `url`. All of it has a minute, and `limit` bytes.
    pub(super) async fn begin(
        client: &GuardedClient,
        url: &Url,
        limit: u64,
    ) -> Result<Self, MediaError> {
        let deadline = Instant::now() + FETCH_TIME;
        let download = client.get(url.as_str(), limit, deadline).await?;
        Ok(Self {
            name: suggested_name(download.content_disposition(), download.url()),
            content_type: download.content_type().map(str::to_owned),
            download,
        })
    }

    /// The next piece; `None` at the end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, MediaError> {
        Ok(self.download.chunk().await?)
    }
}

impl From<GuardError> for MediaError {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::TooLarge { limit, announced } => Self::TooLarge {
                size: announced,
                limit,
            },
            GuardError::Malformed => Self::InvalidReference("the address can't be read"),
            GuardError::Scheme(_) => {
                Self::InvalidReference("http is not allowed; use https, or set media.allowHttp")
            }
            other => Self::FetchFailed(other.into()),
        }
    }
}
