//! One connection's life, from the subscribe to the end of the socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::frame::{self, Frame, Inbound, Rejected};
use super::inbox::Inbox;
use super::link::{Link, LinkEvent};
use super::outbound::Outbound;
use super::pending::{Answered, Pending};
use super::{
    BotSettings, Cause, Event, EventPush, Push, PushFrame, Refusal, SendError, dial, encode,
};
use crate::clock::SharedClock;
use crate::ids::{self, ReqId};

/// Unanswered pings after which a connection counts as dead.
const MISSED_LIMIT: u8 = 2;
/// How long the other side may take to answer our close frame. Acknowledgements that are on
/// their way arrive before it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes handed to the socket before it is flushed.
const BATCH_BYTES: usize = 64 << 10;

/// What a connection has in common with the ones before and after it.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) clock: SharedClock,
    pub(super) inbox: Inbox,
    pub(super) requests: mpsc::Receiver<Outbound>,
    pub(super) cancel: CancellationToken,
}

/// See the module.
pub(super) struct Session {
    link: Link,
    pending: Pending,
    phase: Phase,
    heartbeat: Duration,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The subscribe is written. No command is taken.
    Subscribing { until: Instant },
    /// Subscribed.
    Live { next_ping: Instant, missed: u8 },
    /// Our close frame is written. No command is taken, answers still are.
    Closing { until: Instant },
}

/// What the connection has come to.
pub(super) enum Milestone {
    /// Subscribed.
    Live,
    /// Over.
    Ended(Ending),
}

/// Why a connection is over.
#[derive(Debug)]
pub(super) enum Ending {
    /// We wanted it.
    Closed,
    /// Another connection took the bot over.
    Kicked,
    /// WeCom refused the subscribe.
    Refused(Refusal),
    /// Anything else: the next attempt may do better.
    Lost(Cause),
    /// WeCom has lost the subscription: the frame is to be repeated on the next connection,
    /// if somebody still waits for it.
    NotSubscribed(Option<Outbound>),
}

impl From<Cause> for Ending {
    fn from(cause: Cause) -> Self {
        Self::Lost(cause)
    }
}

impl Session {
    /// Writes the subscribe.
    pub(super) fn start(
        mut link: Link,
        settings: &BotSettings,
        clock: &SharedClock,
    ) -> Result<Self, Cause> {
        let mut pending = Pending::default();
        let req_id = ReqId::new(ids::generate("aibot_subscribe", clock.now_ms()));
        link.write(encode::subscribe(&req_id, settings))?;
        pending.expect_subscribe(req_id);
        Ok(Self {
            link,
            pending,
            phase: Phase::Subscribing {
                until: Instant::now() + dial::STEP_TIMEOUT,
            },
            heartbeat: settings.timing.heartbeat,
        })
    }

    /// Repeats a frame of the connection before, ahead of everything else.
    pub(super) fn repeat(&mut self, frame: Outbound) {
        self.pending.submit(frame);
    }

    /// Works until the connection is subscribed, and, called again, until it is over.
    pub(super) async fn advance(&mut self, ports: &mut Ports) -> Milestone {
        match self.work(ports).await {
            Ok(()) => Milestone::Live,
            Err(ending) => Milestone::Ended(ending),
        }
    }

    /// Settles every frame and gets rid of the socket.
    pub(super) async fn finish(self, ending: &Ending) {
        self.pending.fail();
        // In the other cases the socket is closed, dead, or to be left at once.
        if matches!(
            ending,
            Ending::Refused(_) | Ending::NotSubscribed(_) | Ending::Lost(Cause::SubscribeTimeout)
        ) {
            self.link.leave().await;
        }
    }

    async fn work(&mut self, ports: &mut Ports) -> Result<(), Ending> {
        let wake = sleep_until(self.next_wake());
        tokio::pin!(wake);
        loop {
            self.pump()?;
            let next = self.next_wake();
            if wake.deadline() != next {
                wake.as_mut().reset(next);
            }
            let is_closing = matches!(self.phase, Phase::Closing { .. });
            let reading = ports.inbox.has_room();
            // Every branch may be dropped without losing anything: see the functions.
            tokio::select! {
                event = self.link.event(reading) => match event {
                    LinkEvent::Flushed => self.pending.flushed(Instant::now()),
                    LinkEvent::Message(message) => {
                        if self.receive(&message, &mut ports.inbox)? == Received::Subscribed {
                            return Ok(());
                        }
                    }
                    LinkEvent::Ended(_) if is_closing => return Err(Ending::Closed),
                    LinkEvent::Ended(cause) => return Err(cause.into()),
                },
                Some(request) = ports.requests.recv() => self.take(request),
                () = &mut wake => self.tick(ports)?,
                attended = ports.inbox.attend() => if attended.is_err() {
                    return Err(Ending::Closed);
                },
                () = ports.cancel.cancelled(), if !is_closing => self.close()?,
            }
        }
    }

    /// Hands frames whose turn it is to the socket, once it is done with the last ones: what
    /// is not written yet can still be taken back by its caller.
    fn pump(&mut self) -> Result<(), Cause> {
        if !self.link.is_flushed() {
            return Ok(());
        }
        let mut bytes = 0;
        while bytes < BATCH_BYTES
            && let Some(text) = self.pending.launch()
        {
            bytes += text.len();
            self.link.write(text)?;
        }
        Ok(())
    }

    fn take(&mut self, request: Outbound) {
        if matches!(self.phase, Phase::Live { .. }) {
            self.pending.submit(request);
        } else {
            request.settle(Err(SendError::NotConnected));
        }
    }

    fn receive(&mut self, message: &Message, inbox: &mut Inbox) -> Result<Received, Ending> {
        let received = match message {
            Message::Text(text) => self.read(text, inbox)?,
            Message::Binary(bytes) => self.read(&String::from_utf8_lossy(bytes), inbox)?,
            _ => Received::Life,
        };
        if received != Received::Nothing
            && let Phase::Live { missed, .. } = &mut self.phase
        {
            *missed = 0;
        }
        Ok(received)
    }

    fn read(&mut self, text: &str, inbox: &mut Inbox) -> Result<Received, Ending> {
        let Inbound { frame, text } = match frame::read(text) {
            Ok(inbound) => inbound,
            Err(Rejected { error, cmd, req_id }) => {
                tracing::warn!(size_bytes = text.len(), cmd, req_id, %error, "dropped a frame");
                return Ok(Received::Life);
            }
        };
        let answer = match frame {
            Frame::Push(Push::Event(EventPush {
                event: Event::Disconnected,
                ..
            })) => return Err(Ending::Kicked),
            Frame::Push(push) => {
                let raw = Arc::from(&*text);
                inbox.offer(PushFrame { push, raw });
                return Ok(Received::Life);
            }
            Frame::Answer(answer) => answer,
        };
        match self.pending.answer(answer) {
            Answered::Subscribe(Err(refusal)) => return Err(Ending::Refused(refusal)),
            Answered::Subscribe(Ok(())) => {
                if matches!(self.phase, Phase::Subscribing { .. }) {
                    self.phase = Phase::Live {
                        next_ping: Instant::now() + self.heartbeat,
                        missed: 0,
                    };
                    return Ok(Received::Subscribed);
                }
            }
            Answered::Ping(Err(refusal)) => {
                tracing::warn!(%refusal, "WeCom refused a heartbeat");
                return Ok(Received::Nothing);
            }
            Answered::NotSubscribed(frame) => return Err(Ending::NotSubscribed(frame)),
            Answered::Unasked(answer) => tracing::warn!(
                size_bytes = text.len(),
                cmd = answer.cmd,
                req_id = %answer.req_id,
                "dropped a frame that is neither a push nor an answer to us"
            ),
            Answered::Ping(Ok(())) | Answered::Command => {}
        }
        Ok(Received::Life)
    }

    fn tick(&mut self, ports: &Ports) -> Result<(), Ending> {
        let now = Instant::now();
        self.pending.expire(now);
        if self.link.write_deadline().is_some_and(|at| at <= now) {
            return Err(Cause::Broken("a write did not get through".to_owned()).into());
        }
        match &mut self.phase {
            Phase::Subscribing { until } if *until <= now => Err(Cause::SubscribeTimeout.into()),
            Phase::Closing { until } if *until <= now => Err(Ending::Closed),
            Phase::Live { next_ping, missed } if *next_ping <= now => {
                // While the inbox is full nothing is read: that silence is ours.
                if ports.inbox.has_room() {
                    if *missed >= MISSED_LIMIT {
                        return Err(Cause::Silent.into());
                    }
                    *missed += 1;
                }
                *next_ping = now + self.heartbeat;
                let req_id = ReqId::new(ids::generate("ping", ports.clock.now_ms()));
                self.link.write(encode::ping(&req_id))?;
                self.pending.expect_ping(req_id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self) -> Result<(), Ending> {
        if matches!(self.phase, Phase::Subscribing { .. }) {
            return Err(Ending::Closed);
        }
        self.link.start_close()?;
        self.phase = Phase::Closing {
            until: Instant::now() + CLOSE_TIMEOUT,
        };
        Ok(())
    }

    fn next_wake(&self) -> Instant {
        let phase = match self.phase {
            Phase::Subscribing { until } | Phase::Closing { until } => until,
            Phase::Live { next_ping, .. } => next_ping,
        };
        let others = [self.pending.next_deadline(), self.link.write_deadline()];
        others.into_iter().flatten().fold(phase, Instant::min)
    }
}

/// What an inbound message meant for the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Received {
    /// The other side lives.
    Life,
    /// The subscribe succeeded.
    Subscribed,
    /// A heartbeat was refused, which is no sign of a working connection.
    Nothing,
}
