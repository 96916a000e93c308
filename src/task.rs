//! Every task has an owner, a name and a span.

use std::future::Future;

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Spawns `future` for the owner of `tracker`, inside the caller's span.
///
/// The tracker lets the owner wait for all of its tasks; a panic is logged with the
/// task's name, so that it is never silent.
#[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
pub fn spawn<F>(tracker: &TaskTracker, name: &'static str, future: F) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let guarded = async move {
        let report = PanicReport(name);
        future.await;
        std::mem::forget(report);
    };
    tracker.spawn(guarded.in_current_span())
}

struct PanicReport(&'static str);

impl Drop for PanicReport {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(task.name = self.0, "task panicked");
        }
    }
}
