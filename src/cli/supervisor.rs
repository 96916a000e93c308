//! What a service manager is told, where one asks for it (`NOTIFY_SOCKET`, as systemd does):
//! that the daemon is up, that it still answers, that it is stopping.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;

/// Says that the daemon is up.
pub(super) fn ready() {
    tell(NotifyState::Ready);
}

/// Says that the daemon is on its way down.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

/// Says again and again that the daemon answers, for as long as it does. `answers` is asked
/// each time and gets half of the time that the manager waits for a sign (`WATCHDOG_USEC`).
/// Where no manager waits it is not asked.
pub(super) async fn watched<F: Future<Output = bool>>(answers: impl Fn() -> F) -> Infallible {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let half = (patience / 2).max(Duration::from_millis(1));
    let mut timer = tokio::time::interval(half);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        match tokio::time::timeout(half, answers()).await {
            Ok(true) => tell(NotifyState::Watchdog),
            Ok(false) | Err(_) => {
                tracing::error!(
                    "the store does not answer: the service manager is not told that all is well"
                );
            }
        }
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "could not tell the service manager"
        );
    }
}
