//! What runs on its own: fetches that several callers wait for, and farewells.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::task;

/// The client's tasks; they end with it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Runs `future` until it ends or [`end`](Self::end) is called.
    pub(super) fn spawn(
        &self,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        let stop = self.stop.clone();
        task::spawn(&self.tracker, name, async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = future => {}
            }
        });
    }

    /// Runs `future`, which limits itself in time, to its end.
    pub(super) fn see_through(
        &self,
        name: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) {
        task::spawn(&self.tracker, name, future);
    }

    /// Ends all tasks; those that are to be seen through get until `patience` is over.
    pub(super) async fn end(&self, patience: Duration) {
        self.stop.cancel();
        self.tracker.close();
        // What is left over limits itself.
        tokio::time::timeout(patience, self.tracker.wait())
            .await
            .ok();
    }
}
