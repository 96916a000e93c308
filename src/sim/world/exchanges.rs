//! Pushes and what may still be said to them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::ids::{BotId, MessageId, ReqId, StreamId, UserId};
use crate::sim::chat::SimChat;
use crate::sim::rules::Opening;

/// A push and its answers.
#[derive(Debug)]
pub(in crate::sim) struct Exchange {
    /// Number of the push, growing.
    pub(super) seq: u64,
    /// The bot that it went to.
    pub(super) bot: BotId,
    /// The conversation, if it belongs to one.
    pub(super) chat: Option<SimChat>,
    /// What it was.
    pub(super) opening: Opening,
    /// `msgtype`, or the name of the event.
    pub(super) kind: String,
    /// Who wrote, or caused it.
    pub(super) from: Option<UserId>,
    /// When (Unix milliseconds).
    pub(super) at_ms: i64,
    /// The frame, or what is sealed for a webhook; for repeats.
    pub(super) frame: Arc<str>,
    /// Whether anything was answered.
    pub(super) is_answered: bool,
    /// Whether a card came with an answer.
    pub(super) has_card: bool,
    /// The streams that answer it.
    pub(super) streams: HashMap<StreamId, Stream>,
}

/// A stream message.
#[derive(Debug)]
pub(in crate::sim) struct Stream {
    /// Its entry.
    pub(super) entry: u64,
    /// Number of its first frame, growing.
    pub(super) seq: u64,
    /// When the first frame came (Unix milliseconds).
    pub(super) began_ms: i64,
    /// Whether the last frame came.
    pub(super) is_finished: bool,
    /// Whether it is asked for already.
    pub(super) is_polled: bool,
    /// Fingerprint of its text.
    pub(super) text: u64,
}

/// The last exchanges.
#[derive(Debug, Default)]
pub(in crate::sim) struct Exchanges {
    by_req_id: HashMap<ReqId, Exchange>,
    by_msgid: HashMap<MessageId, ReqId>,
    order: VecDeque<(ReqId, MessageId)>,
}

impl Exchanges {
    /// Adds an exchange; the oldest makes room.
    pub(super) fn add(&mut self, req_id: ReqId, msgid: MessageId, exchange: Exchange) {
        self.by_msgid.insert(msgid.clone(), req_id.clone());
        self.order.push_back((req_id.clone(), msgid));
        self.by_req_id.insert(req_id, exchange);
        if self.order.len() > EXCHANGES_MAX
            && let Some((req_id, msgid)) = self.order.pop_front()
        {
            self.by_req_id.remove(&req_id);
            if self.by_msgid.get(&msgid) == Some(&req_id) {
                self.by_msgid.remove(&msgid);
            }
        }
    }

    /// The exchange of a request id.
    pub(super) fn get_mut(&mut self, req_id: &ReqId) -> Option<&mut Exchange> {
        self.by_req_id.get_mut(req_id)
    }

    /// The exchange of a request id.
    pub(super) fn get(&self, req_id: &ReqId) -> Option<&Exchange> {
        self.by_req_id.get(req_id)
    }

    /// The last exchange that was begun under a message id.
    pub(super) fn req_id_of(&self, msgid: &MessageId) -> Option<&ReqId> {
        self.by_msgid.get(msgid)
    }

    /// The same, as a whole.
    pub(super) fn of_message(&self, msgid: &MessageId) -> Option<&Exchange> {
        self.by_req_id.get(self.by_msgid.get(msgid)?)
    }

    /// The frames to a bot that have no answer, oldest first.
    pub(super) fn unanswered(&self, bot: &BotId) -> Vec<Arc<str>> {
        self.order
            .iter()
            .filter_map(|(req_id, _)| self.by_req_id.get(req_id))
            .filter(|exchange| exchange.bot == *bot && !exchange.is_answered)
            .map(|exchange| Arc::clone(&exchange.frame))
            .collect()
    }
}

/// Beyond it the oldest `req_id` is unknown. Ten thousand messages may wait in one chat,
/// and as many conversations may have one each.
const EXCHANGES_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(bot: &str, frame: &str) -> Exchange {
        Exchange {
            seq: 0,
            bot: bot.into(),
            chat: None,
            opening: Opening::Message,
            kind: "text".to_owned(),
            from: None,
            at_ms: 0,
            frame: frame.into(),
            is_answered: false,
            has_card: false,
            streams: HashMap::new(),
        }
    }

    #[test]
    fn the_oldest_is_forgotten_with_its_message() {
        let mut exchanges = Exchanges::default();
        exchanges.add("r0".into(), "m0".into(), exchange("b", "f0"));
        exchanges.add("r0b".into(), "m0".into(), exchange("b", "f0b"));
        for n in 1..EXCHANGES_MAX {
            exchanges.add(
                format!("r{n}").into(),
                format!("m{n}").into(),
                exchange("b", "f"),
            );
        }
        assert!(exchanges.get_mut(&"r0".into()).is_none());
        let frame = exchanges.of_message(&"m0".into()).map(|e| e.frame.as_ref());
        assert_eq!(frame, Some("f0b"), "the repeat is still known");
    }

    #[test]
    fn frames_without_answer_are_listed_in_order() {
        let mut exchanges = Exchanges::default();
        for (n, bot) in ["a", "b", "a", "a"].iter().enumerate() {
            exchanges.add(
                format!("r{n}").into(),
                format!("m{n}").into(),
                exchange(bot, &n.to_string()),
            );
        }
        exchanges.get_mut(&"r2".into()).unwrap().is_answered = true;
        let frames = exchanges.unanswered(&"a".into());
        let frames: Vec<&str> = frames.iter().map(AsRef::as_ref).collect();
        assert_eq!(frames, ["0", "3"]);
    }
}
