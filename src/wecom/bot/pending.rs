//! Every request that waits for an answer, in one table, matched by its exact `req_id`.
//!
//! Replies reuse ids that WeCom chose, so what an id begins with says nothing: a push whose
//! id begins with `ping` is answered like any other.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::frame::Answer;
use super::lane::{Acknowledged, Expired, Lane};
use super::outbound::Outbound;
use super::{Ack, Refusal, SendError};
use crate::ids::ReqId;

/// How long a timed-out frame's acknowledgement is still expected.
const TOMBSTONE: Duration = Duration::from_secs(10);

/// Pings whose answers are still told apart from strangers. One more than may be missed.
const PINGS_REMEMBERED: usize = 3;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Pending {
    subscribe: Option<ReqId>,
    pings: VecDeque<ReqId>,
    lanes: HashMap<ReqId, Lane>,
    /// Lanes that may write, in the order in which they became able to.
    ready: VecDeque<ReqId>,
    /// Frames handed to the socket whose time starts when they have left it.
    unflushed: Vec<(ReqId, u64)>,
    /// Deadlines of written frames. Those of acknowledged ones stay until they pass.
    deadlines: BinaryHeap<Reverse<(Instant, u64, ReqId)>>,
    next_seq: u64,
}

/// What an answer turned out to be.
#[derive(Debug)]
pub(super) enum Answered {
    /// The subscribe's.
    Subscribe(Result<(), Refusal>),
    /// A heartbeat's.
    Ping(Result<(), Refusal>),
    /// A command's; its caller knows.
    Command,
    /// WeCom says that this socket is not subscribed. The frame is to be repeated on the
    /// next one, if somebody still waits for it.
    NotSubscribed(Option<Outbound>),
    /// Nothing that we asked.
    Unasked(Answer),
}

impl Pending {
    pub(super) fn expect_subscribe(&mut self, req_id: ReqId) {
        self.subscribe = Some(req_id);
    }

    pub(super) fn expect_ping(&mut self, req_id: ReqId) {
        if self.pings.len() >= PINGS_REMEMBERED {
            self.pings.pop_front();
        }
        self.pings.push_back(req_id);
    }

    /// Puts a frame into its lane, or settles it at once.
    pub(super) fn submit(&mut self, frame: Outbound) {
        let req_id = frame.req_id.clone();
        let lane = self.lanes.entry(req_id.clone()).or_default();
        lane.submit(frame);
        self.list(req_id);
    }

    /// The next frame to write. It counts as written from now on.
    pub(super) fn launch(&mut self) -> Option<Utf8Bytes> {
        while let Some(req_id) = self.ready.pop_front() {
            let Some(lane) = self.lanes.get_mut(&req_id) else {
                continue;
            };
            lane.is_listed = false;
            if let Some(text) = lane.launch(self.next_seq) {
                self.unflushed.push((req_id, self.next_seq));
                self.next_seq += 1;
                return Some(text);
            }
            self.forget_if_empty(&req_id);
        }
        None
    }

    /// Everything launched so far has left the socket: the time for its answers starts.
    pub(super) fn flushed(&mut self, now: Instant) {
        for (req_id, seq) in self.unflushed.drain(..) {
            // Without a time-out, the answer was faster than the news of the flush.
            if let Some(timeout) = self.lanes.get(&req_id).and_then(|l| l.ack_timeout(seq)) {
                self.deadlines.push(Reverse((now + timeout, seq, req_id)));
            }
        }
    }

    /// Attributes an answer.
    pub(super) fn answer(&mut self, answer: Answer) -> Answered {
        if self.subscribe.as_ref() == Some(&answer.req_id) {
            self.subscribe = None;
            return Answered::Subscribe(answer.outcome.map(drop));
        }
        if let Some(at) = self.pings.iter().position(|ping| *ping == answer.req_id) {
            self.pings.remove(at);
            return Answered::Ping(answer.outcome.map(drop));
        }
        let lane = self.lanes.get_mut(&answer.req_id);
        let Some(acknowledged) = lane.and_then(Lane::acknowledge) else {
            return Answered::Unasked(answer);
        };
        let Answer {
            req_id, outcome, ..
        } = answer;
        self.list(req_id.clone());
        self.forget_if_empty(&req_id);
        let lost_subscription = outcome.as_ref().is_err_and(Refusal::is_not_subscribed);
        match acknowledged {
            Acknowledged::Frame(mut frame) if lost_subscription && !frame.is_retry => {
                frame.is_retry = true;
                return Answered::NotSubscribed(Some(frame));
            }
            Acknowledged::Tombstone if lost_subscription => return Answered::NotSubscribed(None),
            Acknowledged::Frame(frame) => frame.settle(
                outcome
                    .map(|body| Ack { req_id, body })
                    .map_err(SendError::Refused),
            ),
            Acknowledged::Tombstone => {
                tracing::debug!(%req_id, ok = outcome.is_ok(), "a late acknowledgement came");
            }
        }
        Answered::Command
    }

    /// The next time at which [`expire`](Self::expire) has something to do.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.peek().map(|Reverse((at, ..))| *at)
    }

    /// Gives up what should have been answered by now.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.next_deadline().is_some_and(|at| at <= now) {
            let Some(Reverse((_, seq, req_id))) = self.deadlines.pop() else {
                return;
            };
            let expired = self.lanes.get_mut(&req_id).map(|lane| lane.expire(seq));
            if expired == Some(Expired::TimedOut) {
                let until = now + TOMBSTONE;
                self.deadlines.push(Reverse((until, seq, req_id.clone())));
                self.list(req_id);
            } else {
                self.forget_if_empty(&req_id);
            }
        }
    }

    /// The link is gone: settles everything.
    pub(super) fn fail(self) {
        for lane in self.lanes.into_values() {
            lane.fail();
        }
    }

    fn list(&mut self, req_id: ReqId) {
        if let Some(lane) = self.lanes.get_mut(&req_id)
            && lane.is_ready()
            && !lane.is_listed
        {
            lane.is_listed = true;
            self.ready.push_back(req_id);
        }
    }

    fn forget_if_empty(&mut self, req_id: &ReqId) {
        if self.lanes.get(req_id).is_some_and(Lane::is_empty) {
            self.lanes.remove(req_id);
        }
    }
}
