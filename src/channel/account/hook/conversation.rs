//! What one member says to a bot in one chat, batch by batch.
//!
//! The first message goes to the agent alone, after a short wait. What comes meanwhile waits
//! as one batch: several quick messages get one answer instead of several, and the first never
//! waits for more than it has to. Pure: whoever holds it keeps the time.

use std::collections::HashMap;

use crate::ids::{Chat, UserId};

/// Messages of one batch.
const MAX_MESSAGES: usize = 20;

/// Bytes of text of one batch.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Who says it, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) sender: UserId,
    pub(super) chat: Chat,
}

/// The conversations of one account. Idle ones are forgotten.
#[derive(Debug)]
pub(super) struct Conversations<M> {
    by_key: HashMap<Key, Conversation<M>>,
    batches: u64,
}

impl<M> Default for Conversations<M> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            batches: 0,
        }
    }
}

/// One batch, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchId(u64);

/// Until when a batch gathers: the timer that was set last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timer {
    batch: BatchId,
    set: u64,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is the first: the agent gets it when the timer is over.
    First(Timer),
    /// It waits for the batch before it.
    Queued(Timer),
    /// It joined the batch that waits, or gathers.
    Merged(Timer),
}

/// What the agent gets now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flush<M> {
    pub(super) batch: BatchId,
    pub(super) messages: Vec<M>,
}

#[derive(Debug)]
struct Conversation<M> {
    active: Batch<M>,
    queued: Option<Batch<M>>,
}

#[derive(Debug)]
struct Batch<M> {
    id: BatchId,
    /// The first one of a conversation takes no others: each has its own answer.
    is_first: bool,
    gathered: Gathered<M>,
    timers: u64,
    stage: Stage,
}

#[derive(Debug)]
struct Gathered<M> {
    messages: Vec<M>,
    count: usize,
    text_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Gathering,
    /// Its timer is over, and the batch before it is not.
    Ready,
    /// The agent has it.
    Started,
}

impl<M> Conversations<M> {
    /// Whether a message of `text_bytes` can be taken.
    pub(super) fn has_room(&self, key: &Key, text_bytes: usize) -> bool {
        let Some(conversation) = self.by_key.get(key) else {
            return true;
        };
        conversation.joined().is_none_or(|batch| {
            let gathered = &batch.gathered;
            gathered.count < MAX_MESSAGES && gathered.text_bytes + text_bytes <= MAX_TEXT_BYTES
        })
    }

    /// A message came.
    pub(super) fn arrive(&mut self, key: &Key, message: M, text_bytes: usize) -> Arrival {
        let id = BatchId(self.batches);
        let Some(conversation) = self.by_key.get_mut(key) else {
            self.batches += 1;
            let active = Batch::new(id, true, message, text_bytes);
            let timer = active.timer();
            let conversation = Conversation {
                active,
                queued: None,
            };
            self.by_key.insert(key.clone(), conversation);
            return Arrival::First(timer);
        };
        if let Some(batch) = conversation.joined_mut() {
            return Arrival::Merged(batch.add(message, text_bytes));
        }
        self.batches += 1;
        let batch = Batch::new(id, false, message, text_bytes);
        let timer = batch.timer();
        conversation.queued = Some(batch);
        Arrival::Queued(timer)
    }

    /// A timer is over. `Some`: the agent gets this now.
    pub(super) fn timer_over(&mut self, key: &Key, timer: Timer) -> Option<Flush<M>> {
        let conversation = self.by_key.get_mut(key)?;
        if conversation.active.timer() == timer {
            return conversation.active.start();
        }
        if let Some(queued) = &mut conversation.queued
            && queued.timer() == timer
        {
            queued.stage = Stage::Ready;
        }
        None
    }

    /// The agent is done with a batch. `Some`: it gets the next one now.
    pub(super) fn ended(&mut self, key: &Key, batch: BatchId) -> Option<Flush<M>> {
        let conversation = self.by_key.get_mut(key)?;
        if conversation.active.id != batch {
            return None;
        }
        let Some(next) = conversation.queued.take() else {
            self.by_key.remove(key);
            return None;
        };
        conversation.active = next;
        match conversation.active.stage {
            Stage::Ready => conversation.active.start(),
            Stage::Gathering | Stage::Started => None,
        }
    }
}

impl<M> Conversation<M> {
    /// The batch that a message joins, where there is one.
    fn joined(&self) -> Option<&Batch<M>> {
        let gathers = !self.active.is_first && self.active.stage != Stage::Started;
        self.queued
            .as_ref()
            .or_else(|| gathers.then_some(&self.active))
    }

    fn joined_mut(&mut self) -> Option<&mut Batch<M>> {
        let gathers = !self.active.is_first && self.active.stage != Stage::Started;
        match &mut self.queued {
            Some(queued) => Some(queued),
            None => gathers.then_some(&mut self.active),
        }
    }
}

impl<M> Batch<M> {
    fn new(id: BatchId, is_first: bool, message: M, text_bytes: usize) -> Self {
        Self {
            id,
            is_first,
            gathered: Gathered {
                messages: vec![message],
                count: 1,
                text_bytes,
            },
            timers: 0,
            stage: Stage::Gathering,
        }
    }

    fn timer(&self) -> Timer {
        Timer {
            batch: self.id,
            set: self.timers,
        }
    }

    /// Takes one more message, and begins to gather anew.
    fn add(&mut self, message: M, text_bytes: usize) -> Timer {
        let gathered = &mut self.gathered;
        gathered.messages.push(message);
        gathered.count += 1;
        gathered.text_bytes += text_bytes;
        self.timers += 1;
        self.stage = Stage::Gathering;
        self.timer()
    }

    fn start(&mut self) -> Option<Flush<M>> {
        if self.stage == Stage::Started {
            return None;
        }
        self.stage = Stage::Started;
        Some(Flush {
            batch: self.id,
            messages: std::mem::take(&mut self.gathered.messages),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key {
            sender: "lina".into(),
            chat: Chat {
                account: "a".into(),
                kind: crate::ids::ChatKind::Direct,
                id: "lina".into(),
            },
        }
    }

    fn timer(arrival: Arrival) -> Timer {
        match arrival {
            Arrival::First(timer) | Arrival::Queued(timer) | Arrival::Merged(timer) => timer,
        }
    }

    #[test]
    fn the_first_goes_alone_and_the_others_together() {
        let (mut all, key) = (Conversations::default(), key());
        let first = all.arrive(&key, 1, 2);
        assert!(matches!(first, Arrival::First(_)));
        let second = all.arrive(&key, 2, 2);
        assert!(matches!(second, Arrival::Queued(_)));
        let third = all.arrive(&key, 3, 2);
        assert!(matches!(third, Arrival::Merged(_)));

        assert_eq!(all.timer_over(&key, timer(second)), None, "it was set anew");
        let one = all.timer_over(&key, timer(first)).unwrap();
        assert_eq!(one.messages, [1]);
        assert_eq!(all.timer_over(&key, timer(first)), None, "once");
        assert_eq!(all.timer_over(&key, timer(third)), None, "ready, and waits");
        let two = all.ended(&key, one.batch).unwrap();
        assert_eq!(two.messages, [2, 3]);
        assert_eq!(all.ended(&key, one.batch), None);
        assert_eq!(all.ended(&key, two.batch), None);
        assert!(all.by_key.is_empty());
    }

    #[test]
    fn a_promoted_batch_gathers_until_it_starts() {
        let (mut all, key) = (Conversations::default(), key());
        let first = all.arrive(&key, 1, 2);
        let one = all.timer_over(&key, timer(first)).unwrap();
        let second = all.arrive(&key, 2, 2);
        assert!(matches!(second, Arrival::Queued(_)));
        assert_eq!(all.ended(&key, one.batch), None, "its timer is not over");
        let third = all.arrive(&key, 3, 2);
        assert!(matches!(third, Arrival::Merged(_)));
        assert_eq!(all.timer_over(&key, timer(second)), None);
        let two = all.timer_over(&key, timer(third)).unwrap();
        assert_eq!(two.messages, [2, 3]);
        assert!(
            matches!(all.arrive(&key, 4, 2), Arrival::Queued(_)),
            "it has started"
        );
        assert!(matches!(all.arrive(&key, 5, 2), Arrival::Merged(_)));
    }

    #[test]
    fn members_of_a_group_do_not_wait_for_each_other_here() {
        let mut all = Conversations::default();
        let other = Key {
            sender: "wang".into(),
            ..key()
        };
        assert!(matches!(all.arrive(&key(), 1, 2), Arrival::First(_)));
        assert!(matches!(all.arrive(&other, 2, 2), Arrival::First(_)));
    }

    #[test]
    fn a_batch_has_limits() {
        let (mut all, key) = (Conversations::default(), key());
        assert!(all.has_room(&key, usize::MAX));
        all.arrive(&key, 0, 1);
        assert!(all.has_room(&key, 1), "it would begin a batch");
        for n in 1..=20 {
            assert!(all.has_room(&key, 1), "{n}");
            all.arrive(&key, n, 1);
        }
        assert!(!all.has_room(&key, 1));
        let (mut all, key) = (Conversations::default(), key);
        all.arrive(&key, 0, 1);
        all.arrive(&key, 1, 60_000);
        assert!(all.has_room(&key, 5_536));
        assert!(!all.has_room(&key, 5_537));
    }
}
