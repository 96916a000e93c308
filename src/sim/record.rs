//! What the simulator remembers of its clients: frames, acks, violations, counters.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::ids::{BotId, ReqId};

/// A frame that a client sent, and what it was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedFrame {
    /// Number of the frame, growing over the whole simulator.
    pub seq: u64,
    /// When it came (Unix milliseconds).
    pub at: i64,
    /// The connection's number.
    pub connection: u64,
    /// The command.
    pub cmd: String,
    /// Its request id.
    pub req_id: ReqId,
    /// The body as sent, except that secrets read `***` and the data of an upload chunk
    /// is replaced by its length.
    pub body: Value,
    /// The answer, also where a fault kept it from being sent; `None` when a fault made
    /// the service ignore the frame.
    pub ack: Option<Ack>,
    /// Whether the answer was sent.
    pub ack_sent: bool,
}

impl RecordedFrame {
    /// The answer's code; `None` without an answer.
    pub fn errcode(&self) -> Option<i64> {
        self.ack.as_ref().map(|ack| ack.errcode)
    }
}

/// An answer to a frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ack {
    /// 0 for success.
    pub errcode: i64,
    /// `ok`, or what was wrong.
    pub errmsg: String,
    /// Data of the commands that return some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// Something that no correct client sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// When it came (Unix milliseconds).
    pub at: i64,
    /// The connection's number; 0 for the answer to a callback.
    pub connection: u64,
    /// Number of the callback that was answered so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// The bot, once the connection is subscribed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotId>,
    /// The command, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<String>,
    /// The request id, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub req_id: Option<ReqId>,
    /// Which rule it broke.
    pub reason: String,
}

/// State and counters of one bot's connections.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ConnectionInfo {
    /// Whether a connection is subscribed now.
    pub subscribed: bool,
    /// Number of the subscribed connection.
    pub connection: Option<u64>,
    /// Connections that named this bot in a subscribe, refused ones included.
    pub connects_total: u64,
    /// Subscribes that succeeded.
    pub subscribes_total: u64,
    /// Subscribes that were refused.
    pub refusals_total: u64,
    /// Connections that were told that another one took over.
    pub kicks_total: u64,
    /// Heartbeats.
    pub pings_total: u64,
}

/// The last items of a kind, bounded by number and by weight.
#[derive(Debug)]
pub(super) struct Recent<T> {
    items: VecDeque<(usize, T)>,
    weight: usize,
    max_items: usize,
    max_weight: usize,
}

impl<T: Clone> Recent<T> {
    /// Keeps at most `max_items` of at most `max_weight` together, and always the last.
    pub(super) fn new(max_items: usize, max_weight: usize) -> Self {
        Self {
            items: VecDeque::new(),
            weight: 0,
            max_items,
            max_weight,
        }
    }

    /// Adds `item`; the oldest make room. Returns the last of those that left.
    pub(super) fn push(&mut self, weight: usize, item: T) -> Option<T> {
        self.items.push_back((weight, item));
        self.weight += weight;
        let mut left = None;
        while self.items.len() > 1
            && (self.items.len() > self.max_items || self.weight > self.max_weight)
            && let Some((weight, item)) = self.items.pop_front()
        {
            self.weight -= weight;
            left = Some(item);
        }
        left
    }

    /// Looks at what is kept, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    /// The same, to change; weights stay.
    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.items.iter_mut().map(|(_, item)| item)
    }

    /// A copy of what is kept, oldest first.
    pub(super) fn to_vec(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_by_number_and_by_weight() {
        let mut recent = Recent::new(3, 10);
        for n in 0..5 {
            recent.push(1, n);
        }
        assert_eq!(recent.to_vec(), [2, 3, 4]);
        recent.push(9, 5);
        assert_eq!(recent.to_vec(), [4, 5]);
        recent.push(50, 6);
        assert_eq!(recent.to_vec(), [6]);
        recent.push(1, 7);
        assert_eq!(recent.to_vec(), [7]);
    }
}
