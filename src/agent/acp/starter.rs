//! Starts the program when it is needed, and again after it crashed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::link::{InUse, Link, Plan};
use crate::agent::{AgentFailure, FailureClass};
use crate::config::AcpBackend;

/// Pause after the first crash; it doubles with each that follows.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Somebody waits for an answer: a turn waits so long for the end of a pause, else it fails
/// as the one before did.
const PATIENCE: Duration = Duration::from_secs(5);

/// The one program of a back end.
#[derive(Debug)]
pub(super) struct Starter {
    settings: Arc<AcpBackend>,
    tracker: TaskTracker,
    stop: CancellationToken,
    /// Held while the program starts: turns that come meanwhile wait for it.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    link: Option<Arc<Link>>,
    /// Crashes and failed starts since the program last answered a turn.
    failures: u32,
    /// No start before this, and what went wrong.
    pause: Option<(Instant, AgentFailure)>,
}

impl Starter {
    pub(super) fn new(settings: Arc<AcpBackend>) -> Self {
        Self {
            settings,
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            state: Mutex::default(),
        }
    }

    /// The owner of the back end's tasks.
    pub(super) fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Ends the program with its back end.
    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// The program, started in `directory` if it does not run.
    ///
    /// # Errors
    /// It does not start, or crashed so often that it is left alone for a while.
    pub(super) async fn link(&self, directory: PathBuf) -> Result<InUse, AgentFailure> {
        let mut state = self.state.lock().await;
        if let Some(link) = &state.link {
            if let Some(in_use) = link.begin() {
                return Ok(in_use);
            }
            state.note_end();
        }
        state.pass_pause().await?;
        let plan = Plan {
            settings: self.settings.clone(),
            directory,
            tracker: self.tracker.clone(),
            stop: self.stop.child_token(),
        };
        match Link::start(plan).await {
            Ok(link) => {
                let in_use = link.begin();
                state.link = Some(link);
                in_use.ok_or_else(|| {
                    AgentFailure::new(FailureClass::Unreachable, "the program ended at once")
                })
            }
            Err(failure) => {
                state.note_failure(Instant::now(), failure.clone());
                Err(failure)
            }
        }
    }

    /// The program, if it runs.
    pub(super) async fn running(&self) -> Option<Arc<Link>> {
        let state = self.state.lock().await;
        state.link.clone().filter(|link| link.ended().is_none())
    }
}

impl State {
    fn note_end(&mut self) {
        let Some(link) = self.link.take() else { return };
        if link.has_answered() {
            self.failures = 0;
        }
        if let Some(ended) = link.ended().filter(|ended| ended.by_itself) {
            let failure = AgentFailure::new(FailureClass::Unreachable, "the program crashed");
            self.note_failure(ended.at, failure);
        }
    }

    fn note_failure(&mut self, at: Instant, failure: AgentFailure) {
        self.failures = self.failures.saturating_add(1);
        let failure = AgentFailure {
            class: match failure.class {
                FailureClass::Refused => FailureClass::Refused,
                _ => FailureClass::Unreachable,
            },
            ..failure
        };
        self.pause = Some((at + pause(self.failures, rand::random()), failure));
    }

    async fn pass_pause(&mut self) -> Result<(), AgentFailure> {
        let Some((until, failure)) = &self.pause else {
            return Ok(());
        };
        if until.saturating_duration_since(Instant::now()) > PATIENCE {
            return Err(failure.clone());
        }
        tokio::time::sleep_until(*until).await;
        self.pause = None;
        Ok(())
    }
}

/// The pause after so many failures; `chance` spreads it over its upper half.
fn pause(failures: u32, chance: u16) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let whole = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
    let half = whole / 2;
    half + half.mul_f64(f64::from(chance) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let between = |failures| (pause(failures, 0), pause(failures, u16::MAX));
        let ms = Duration::from_millis;
        assert_eq!(between(1), (ms(250), ms(500)));
        assert_eq!(between(2), (ms(500), ms(1_000)));
        assert_eq!(between(200), (ms(30_000), ms(60_000)));
    }
}
