//! How much is fetched at the same time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Downloads that may run at the same time in the whole process. Each holds about half a
/// megabyte at worst (the buffers of TLS and HTTP, and a batch on its way to the disk), so
/// all of them stay below 32 MB however many chats send something; the others wait.
const MAX_DOWNLOADS: usize = 64;

/// Places for downloads, shared by the fetchers of all accounts.
///
/// A copy has the same places.
#[derive(Debug, Clone)]
pub struct DownloadSlots(Arc<Semaphore>);

impl Default for DownloadSlots {
    /// As many as the process may have: make one, and hand out copies.
    fn default() -> Self {
        Self::of(MAX_DOWNLOADS)
    }
}

impl DownloadSlots {
    /// So many.
    pub fn of(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// Waits for a place, first come, first served. Dropping the future gives up the place
    /// in the queue. The semaphore is never closed, so there always is one in the end.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        self.0.clone().acquire_owned().await.ok()
    }
}
