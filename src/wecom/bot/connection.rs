//! The task that owns the socket: connects, hands the socket to a [`Session`], and decides
//! what to do when that is over.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
use tracing::field::display;

use super::backoff::{self, Backoff, Next};
use super::dial::Dial;
use super::link::Link;
use super::outbound::Outbound;
use super::session::{Ending, Milestone, Ports, Session};
use super::{BotSettings, Cause, ConnectionState, Refusal, SendError};

/// WeCom limits how often one may subscribe, without saying how often.
const SUBSCRIBE_INTERVAL: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(super) struct Connection<D> {
    settings: BotSettings,
    dial: D,
    ports: Ports,
    publish: watch::Sender<ConnectionState>,
    resume: Arc<Notify>,
    backoff: Backoff,
    /// Connects since the last success.
    attempt: u32,
    /// Kicks since the bot was last kept for long.
    kicks: u32,
    last_subscribe: Option<Instant>,
    live_since: Option<Instant>,
    /// The frame to repeat on the next connection.
    carried: Option<Outbound>,
}

/// How a pause ended.
#[derive(Debug, PartialEq, Eq)]
enum Paused {
    Elapsed,
    Resumed,
    Closed,
}

impl<D: Dial> Connection<D> {
    pub(super) fn new(
        settings: BotSettings,
        dial: D,
        ports: Ports,
        publish: watch::Sender<ConnectionState>,
        resume: Arc<Notify>,
    ) -> Self {
        Self {
            backoff: Backoff::new(&settings.timing),
            settings,
            dial,
            ports,
            publish,
            resume,
            attempt: 0,
            kicks: 0,
            last_subscribe: None,
            live_since: None,
            carried: None,
        }
    }

    /// Keeps the bot connected until it is told to close.
    pub(super) async fn run(mut self) {
        loop {
            let ending = self.connect().await;
            if self.is_over(ending).await {
                break;
            }
        }
        self.settle_carried();
        self.ports.inbox.drain().await;
        self.ports.requests.close();
        while let Some(request) = self.ports.requests.recv().await {
            request.settle(Err(SendError::NotConnected));
        }
        self.change(ConnectionState::Closed, None);
    }

    /// Makes one connection and stays with it to its end.
    async fn connect(&mut self) -> Ending {
        self.attempt = self.attempt.saturating_add(1);
        let attempt = self.attempt;
        self.change(ConnectionState::Connecting { attempt }, None);
        let mut session = match self.open().await {
            Ok(session) => session,
            Err(ending) => return ending,
        };
        let mut milestone = session.advance(&mut self.ports).await;
        if let Milestone::Live = milestone {
            self.backoff.reset();
            self.attempt = 0;
            self.live_since = Some(Instant::now());
            if let Some(frame) = self.carried.take() {
                session.repeat(frame);
            }
            let since_ms = self.ports.clock.now_ms();
            self.change(ConnectionState::Live { since_ms }, None);
            milestone = session.advance(&mut self.ports).await;
        }
        let Milestone::Ended(ending) = milestone else {
            // A session is subscribed once.
            return Ending::Closed;
        };
        session.finish(&ending).await;
        ending
    }

    /// Reaches WeCom and writes the subscribe. Commands are refused meanwhile.
    async fn open(&mut self) -> Result<Session, Ending> {
        if let Some(last) = self.last_subscribe {
            let at = last + SUBSCRIBE_INTERVAL;
            while Instant::now() < at {
                if self.pause(Some(at)).await == Paused::Closed {
                    return Err(Ending::Closed);
                }
            }
        }
        let Self {
            dial,
            ports,
            settings,
            last_subscribe,
            ..
        } = self;
        let opening = async {
            let transport = dial.dial().await?;
            Link::open(transport, settings.server.url.as_str()).await
        };
        tokio::pin!(opening);
        let link = loop {
            tokio::select! {
                opened = &mut opening => break opened?,
                Some(request) = ports.requests.recv() => {
                    request.settle(Err(SendError::NotConnected));
                }
                gone = ports.inbox.attend() => if gone.is_err() {
                    return Err(Ending::Closed);
                },
                () = ports.cancel.cancelled() => return Err(Ending::Closed),
            }
        };
        *last_subscribe = Some(Instant::now());
        Ok(Session::start(link, settings, &ports.clock)?)
    }

    /// Draws the conclusions of an ending; waits where it says so.
    async fn is_over(&mut self, ending: Ending) -> bool {
        let lived = self.live_since.take().map(|since| since.elapsed());
        // A frame is carried over to the very next connection only.
        self.settle_carried();
        let (next, cause) = match ending {
            Ending::Closed => return true,
            Ending::Kicked => return self.sit_out_kick(lived).await,
            Ending::Refused(refusal) => (
                self.backoff.after_refusal(&refusal),
                Cause::SubscribeRefused(refusal),
            ),
            Ending::Lost(cause) => (self.backoff.after_failure(), cause),
            Ending::NotSubscribed(frame) => {
                self.carried = frame;
                (self.backoff.after_failure(), Cause::NotSubscribed)
            }
        };
        let attempt = self.attempt;
        match next {
            Next::Wait(retry_in) => {
                let state = ConnectionState::Waiting {
                    retry_in,
                    attempt,
                    cause: cause.clone(),
                };
                self.rest(state, cause, Some(retry_in)).await
            }
            Next::Rest { delay, rounds } => {
                // Its caller is not to wait as long as that.
                self.settle_carried();
                let state = ConnectionState::Resting {
                    retry_in: delay,
                    rounds,
                    cause: cause.clone(),
                };
                self.rest(state, cause, Some(delay)).await
            }
            Next::GiveUp { attempts, refusal } => {
                let Refusal { code, message } = refusal;
                let state = ConnectionState::AuthFailed {
                    code,
                    message,
                    attempts,
                };
                self.rest(state, cause, None).await
            }
        }
    }

    /// Parks the bot after a kick, or takes it back in a while if that is configured.
    async fn sit_out_kick(&mut self, lived: Option<Duration>) -> bool {
        let reclaim_in = self.settings.reclaim.map(|reclaim| {
            if lived.is_some_and(|lived| lived >= reclaim.max_delay) {
                self.kicks = 0;
            }
            self.kicks = self.kicks.saturating_add(1);
            backoff::reclaim_delay(&reclaim, self.kicks)
        });
        let at_ms = self.ports.clock.now_ms();
        let state = ConnectionState::Kicked { at_ms, reclaim_in };
        self.rest(state, Cause::Kicked, reclaim_in).await
    }

    /// Stays in `state` for `delay`, or until somebody asks for more. Returns whether the
    /// connection is to be closed.
    async fn rest(
        &mut self,
        state: ConnectionState,
        cause: Cause,
        delay: Option<Duration>,
    ) -> bool {
        // A wish from before is not for this state; one that follows its publication is.
        let _ = self.resume.notified().now_or_never();
        self.change(state, Some(&cause));
        let until = delay.map(|delay| Instant::now() + delay);
        let paused = self.pause(until).await;
        if paused == Paused::Resumed {
            tracing::info!("resumed by an operator");
            self.backoff.reset();
            self.attempt = 0;
            self.kicks = 0;
        }
        paused == Paused::Closed
    }

    /// Waits. Commands are refused meanwhile.
    async fn pause(&mut self, until: Option<Instant>) -> Paused {
        let elapsed = async {
            match until {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::pin!(elapsed);
        loop {
            tokio::select! {
                () = &mut elapsed => return Paused::Elapsed,
                () = self.resume.notified() => return Paused::Resumed,
                () = self.ports.cancel.cancelled() => return Paused::Closed,
                attended = self.ports.inbox.attend() => if attended.is_err() {
                    return Paused::Closed;
                },
                Some(request) = self.ports.requests.recv() => {
                    request.settle(Err(SendError::NotConnected));
                }
            }
        }
    }

    /// Gives up the frame that was to be repeated: WeCom refused it, so it is not delivered.
    fn settle_carried(&mut self) {
        if let Some(frame) = self.carried.take() {
            frame.settle(Err(SendError::NotConnected));
        }
    }

    /// The one place that changes the state, and says so.
    fn change(&mut self, new: ConnectionState, cause: Option<&Cause>) {
        let attempt = self.attempt;
        let old = self.publish.borrow().name();
        let cause = cause.map(display);
        let name = new.name();
        match &new {
            ConnectionState::Live { .. } => {
                tracing::info!(old, new = name, "the bot is connected and subscribed");
            }
            ConnectionState::Waiting { retry_in, .. } => tracing::warn!(
                old,
                new = name,
                attempt,
                cause,
                retry_in_ms = millis(*retry_in),
                "the bot is not connected; trying again soon"
            ),
            ConnectionState::Resting { retry_in, .. } => tracing::error!(
                old,
                new = name,
                attempt,
                cause,
                retry_in_ms = millis(*retry_in),
                "the bot could not be connected for a while; trying again later"
            ),
            ConnectionState::AuthFailed { attempts, .. } => tracing::error!(
                old,
                new = name,
                attempt,
                cause,
                attempts,
                "WeCom refuses the bot id or secret; correct the configuration or resume the \
                 account"
            ),
            ConnectionState::Kicked { reclaim_in, .. } => tracing::error!(
                old,
                new = name,
                cause,
                reclaim_in_ms = reclaim_in.map(millis),
                "another connection with this bot id took over; look for a second instance, \
                 then resume the account"
            ),
            ConnectionState::Connecting { .. } => {
                tracing::debug!(old, new = name, attempt, "connecting the bot");
            }
            ConnectionState::Closed => {
                tracing::info!(old, new = name, "the bot's connection is closed");
            }
        }
        self.publish.send_replace(new);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
