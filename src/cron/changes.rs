//! Who is told that jobs changed.

use tokio::sync::Notify;

/// Tells the scheduler and the job file that jobs changed. Each holds one permit, so that a
/// change while nobody waits is not lost; each is meant for one listener.
#[derive(Debug, Default)]
pub struct Changes {
    scheduler: Notify,
    file: Notify,
}

impl Changes {
    /// Jobs, or what became of them, changed: both look again.
    pub fn tell(&self) {
        self.scheduler.notify_one();
        self.file.notify_one();
    }

    /// The scheduler looks again; the jobs are as they were.
    pub fn wake(&self) {
        self.scheduler.notify_one();
    }

    /// The scheduler's wait.
    pub async fn scheduler(&self) {
        self.scheduler.notified().await;
    }

    /// The job file's wait.
    pub async fn file(&self) {
        self.file.notified().await;
    }
}
