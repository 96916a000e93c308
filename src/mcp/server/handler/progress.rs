//! Steps of a long call, told to a client that asked for them.

use std::future::Future;
use std::time::Duration;

use rmcp::model::ProgressNotificationParam;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::Context;
use crate::interceptors::{Progress, Step};

/// Steps that may wait to be told. Those beyond it are not told: the next one says more.
const WAITING: usize = 16;

/// A word that the call still runs, where nothing else was said for so long. Clients give
/// up on silence.
const SILENCE: Duration = Duration::from_secs(5);

/// How far progress moves where nothing is counted. It must grow, and many of these must
/// not look like a step.
const CREEP: f64 = 0.001;

/// Where a call tells its steps, and where they come out.
pub(super) fn channel() -> (mpsc::Receiver<Step>, Progress) {
    let (tell, steps) = mpsc::channel(WAITING);
    // Full: the client is slower than the call.
    let progress = Progress::to(move |step| drop(tell.try_send(step)));
    (steps, progress)
}

/// Runs `call` and tells its steps meanwhile; none after its end.
pub(super) async fn reported<T>(
    call: impl Future<Output = T>,
    mut steps: mpsc::Receiver<Step>,
    context: &Context,
) -> T {
    let Some(token) = context.meta.get_progress_token() else {
        return call.await;
    };
    tokio::pin!(call);
    let mut silence = tokio::time::interval_at(Instant::now() + SILENCE, SILENCE);
    silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut position = Position::default();
    loop {
        let (at, total, message) = tokio::select! {
            biased;
            reply = &mut call => return reply,
            Some(step) = steps.recv() => {
                silence.reset();
                (position.step(step.done), step.total, step.message)
            }
            _ = silence.tick() => (position.creep(), None, "still working".to_owned()),
        };
        let mut told = ProgressNotificationParam::new(token.clone(), at).with_message(message);
        told.total = total.map(as_number).filter(|total| *total >= at);
        // A client that does not read must not hold the call up.
        tokio::select! {
            biased;
            reply = &mut call => return reply,
            told = context.peer.notify_progress(told) => {
                if let Err(error) = told {
                    tracing::debug!(%error, "the client was not told of a step");
                }
            }
        }
    }
}

/// How far the client was told; it only grows.
#[derive(Debug, Default)]
struct Position(f64);

impl Position {
    fn step(&mut self, done: u64) -> f64 {
        self.0 = as_number(done).max(self.0 + CREEP);
        self.0
    }

    fn creep(&mut self) -> f64 {
        self.0 += CREEP;
        self.0
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "steps are files and pages, far below 2^52"
)]
fn as_number(steps: u64) -> f64 {
    steps as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_only_grows() {
        let mut position = Position::default();
        let told = [
            position.creep(),
            position.step(1),
            position.step(1),
            position.creep(),
            position.step(0),
            position.step(3),
        ];
        assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
        assert!((told[1] - 1.0).abs() < 1e-9 && (told[5] - 3.0).abs() < 1e-9);
    }
}
