//! One `req_id`'s frames: at most one on its way, the others in line.
//!
//! Acknowledgements carry nothing but the `req_id`, so they are attributed in the order of
//! the writes. A frame whose acknowledgement timed out leaves a tombstone for a while, for
//! its acknowledgement may still come and is not the next frame's.

use std::collections::VecDeque;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::outbound::{Outbound, Reply};
use super::{SendError, StreamUpdate};

/// Frames in line per lane; the official client has the same limit. Reached only when WeCom
/// stops acknowledging, for a frame then leaves the line every few seconds.
pub(super) const LANE_CAPACITY: usize = 500;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Lane {
    queue: VecDeque<Outbound>,
    /// Written frames without acknowledgement, oldest first: tombstones, then at most one
    /// frame in flight.
    written: VecDeque<Written>,
    /// Whether the lane is listed as ready to write.
    pub(super) is_listed: bool,
}

#[derive(Debug)]
struct Written {
    seq: u64,
    state: Fate,
}

#[derive(Debug)]
enum Fate {
    /// Written, and the acknowledgement may still come in time.
    InFlight(Outbound),
    /// Too late; the caller is kept if it also takes a late acknowledgement.
    Late(Option<Outbound>),
}

/// Whose acknowledgement came.
#[derive(Debug)]
pub(super) enum Acknowledged {
    /// The caller still waits.
    Frame(Outbound),
    /// The frame had been given up.
    Tombstone,
}

/// What a passed deadline did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// The acknowledgement had come before.
    Nothing,
    /// The frame became a tombstone; the lane goes on.
    TimedOut,
    /// The tombstone is gone.
    Buried,
}

impl Lane {
    /// Whether a frame may be written now.
    pub(super) fn is_ready(&self) -> bool {
        !self.queue.is_empty() && !self.has_frame_in_flight()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.written.is_empty()
    }

    /// Puts a frame in line, or settles it at once: as skipped, or because the line is full.
    pub(super) fn submit(&mut self, frame: Outbound) {
        let is_busy = self.has_frame_in_flight() || !self.queue.is_empty();
        match frame.reply {
            Reply::Update(caller) if is_busy => drop(caller.send(Ok(StreamUpdate::Skipped))),
            _ if self.is_full() => frame.settle(Err(SendError::QueueFull)),
            _ => self.queue.push_back(frame),
        }
    }

    /// Moves the next frame that somebody still waits for into flight.
    pub(super) fn launch(&mut self, seq: u64) -> Option<Utf8Bytes> {
        loop {
            let frame = self.queue.pop_front()?;
            if !frame.is_abandoned() {
                let text = frame.text.clone();
                self.written.push_back(Written {
                    seq,
                    state: Fate::InFlight(frame),
                });
                return Some(text);
            }
        }
    }

    /// The time that the frame in flight has for its acknowledgement, if it is `seq`.
    pub(super) fn ack_timeout(&self, seq: u64) -> Option<Duration> {
        let last = self.written.back()?;
        match &last.state {
            Fate::InFlight(frame) if last.seq == seq => Some(frame.ack_timeout),
            _ => None,
        }
    }

    /// Attributes an acknowledgement to the oldest written frame.
    pub(super) fn acknowledge(&mut self) -> Option<Acknowledged> {
        Some(match self.written.pop_front()?.state {
            Fate::InFlight(frame) | Fate::Late(Some(frame)) => Acknowledged::Frame(frame),
            Fate::Late(None) => Acknowledged::Tombstone,
        })
    }

    /// A deadline of the frame `seq` has passed.
    pub(super) fn expire(&mut self, seq: u64) -> Expired {
        let Some(at) = self.written.iter().position(|w| w.seq == seq) else {
            return Expired::Nothing;
        };
        let Some(written) = self.written.remove(at) else {
            return Expired::Nothing;
        };
        match written.state {
            Fate::InFlight(frame) => {
                tracing::warn!(
                    req_id = %frame.req_id,
                    cmd = frame.command,
                    timeout_ms = frame.ack_timeout.as_millis(),
                    "a frame was not acknowledged in time"
                );
                let caller = if frame.awaits_late_ack {
                    Some(frame)
                } else {
                    frame.settle(Err(SendError::Unknown));
                    None
                };
                let state = Fate::Late(caller);
                self.written.insert(at, Written { seq, state });
                Expired::TimedOut
            }
            Fate::Late(caller) => {
                if let Some(frame) = caller {
                    frame.settle(Err(SendError::Unknown));
                }
                Expired::Buried
            }
        }
    }

    /// The link is gone: what was written is unknown, what was not is certainly not sent.
    pub(super) fn fail(self) {
        for written in self.written {
            if let Fate::InFlight(frame) | Fate::Late(Some(frame)) = written.state {
                frame.settle(Err(SendError::Unknown));
            }
        }
        for frame in self.queue {
            frame.settle(Err(SendError::NotConnected));
        }
    }

    fn has_frame_in_flight(&self) -> bool {
        let last = self.written.back();
        last.is_some_and(|written| matches!(written.state, Fate::InFlight(_)))
    }

    fn is_full(&mut self) -> bool {
        if self.queue.len() >= LANE_CAPACITY {
            self.queue.retain(|frame| !frame.is_abandoned());
        }
        self.queue.len() >= LANE_CAPACITY
    }
}
