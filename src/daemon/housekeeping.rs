//! Keeps files and state from growing for ever.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channel::Surroundings;
use crate::store::StoreError;
use crate::task;

/// Closed messages are remembered this long, so that a repeated push is known.
const REMEMBER_CLOSED: Duration = Duration::from_hours(24);

/// What was said is forgotten after this time, where nobody asked for it earlier: nobody
/// goes on with a conversation of last season, and it is personal.
const REMEMBER_HISTORY: Duration = Duration::from_hours(90 * 24);

/// How often closed messages are looked through.
const PRUNE_INTERVAL: Duration = Duration::from_mins(10);

/// Begins it, until `stop` is cancelled.
pub(super) fn start(surroundings: &Surroundings, tracker: &TaskTracker, stop: &CancellationToken) {
    let (media, until) = (surroundings.media.clone(), stop.clone());
    task::spawn(tracker, "media", async move {
        media.keep_clean(until).await;
    });
    task::spawn(tracker, "prune", prune(surroundings.clone(), stop.clone()));
}

async fn prune(surroundings: Surroundings, stop: CancellationToken) {
    let Surroundings {
        config,
        store,
        clock,
        ..
    } = surroundings;
    let mut timer = tokio::time::interval(PRUNE_INTERVAL);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = timer.tick() => {}
        }
        let now_ms = clock.now_ms();
        let ms = |age: Duration| i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let before = |age| now_ms.saturating_sub(ms(age));
        forgot("routes", store.prune_routes(now_ms).await);
        forgot("runs of jobs", store.prune_cron_runs(now_ms).await);
        if let Some(retention) = config.get().cron.session_retention {
            let gone = store.prune_job_sessions(before(retention)).await;
            forgot("sessions of jobs", gone);
        }
        forgot("turns", store.prune_history(before(REMEMBER_HISTORY)).await);
        forgot(
            "keys of OpenClaw",
            store.prune_out(before(REMEMBER_CLOSED)).await,
        );
        forgot("messages", store.prune(before(REMEMBER_CLOSED)).await);
    }
}

/// What came of looking through something that is old.
fn forgot(what: &str, count: Result<usize, StoreError>) {
    match count {
        Ok(0) => {}
        Ok(count) => tracing::debug!(what, count, "forgot what is old"),
        Err(error) => {
            tracing::warn!(
                what,
                error = &error as &dyn std::error::Error,
                "could not prune the store"
            );
        }
    }
}
