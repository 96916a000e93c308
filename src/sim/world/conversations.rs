//! Conversations and their transcripts, bounded.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::sync::watch;

use super::feed::{Change, Feed};
use crate::sim::chat::SimChat;
use crate::sim::entry::Entry;
use crate::sim::options::Quota;
use crate::sim::rules::Window;

/// All conversations that were ever used.
#[derive(Debug, Default)]
pub(in crate::sim) struct Conversations {
    next_entry: u64,
    entries: BTreeMap<u64, Stored>,
    weight: usize,
    chats: HashMap<SimChat, Conversation>,
}

#[derive(Debug)]
struct Stored {
    entry: Entry,
    weight: usize,
    change: u64,
}

#[derive(Debug)]
struct Conversation {
    entries: VecDeque<u64>,
    is_open: bool,
    messages: Window,
    changes: watch::Sender<u64>,
}

impl Default for Conversation {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            is_open: false,
            messages: Window::default(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Conversations {
    /// Adds an entry and returns its number. `extra_weight` is what it holds besides its
    /// text, in bytes.
    pub(super) fn add(&mut self, mut entry: Entry, extra_weight: usize, feed: &mut Feed) -> u64 {
        self.next_entry += 1;
        let number = self.next_entry;
        entry.id = number;
        let weight = ENTRY_WEIGHT + extra_weight + entry.text().len();
        let change = feed.publish(Change::Entry(number));
        let chat = self.chats.entry(entry.chat.clone()).or_default();
        chat.entries.push_back(number);
        let surplus = (chat.entries.len() > ENTRIES_PER_CHAT)
            .then(|| chat.entries.pop_front())
            .flatten();
        chat.changes.send_modify(|n| *n += 1);
        self.entries.insert(
            number,
            Stored {
                entry,
                weight,
                change,
            },
        );
        self.weight += weight;
        if let Some(stored) = surplus.and_then(|oldest| self.entries.remove(&oldest)) {
            self.weight -= stored.weight;
        }
        self.shrink();
        number
    }

    /// Changes an entry; one that is no longer kept stays forgotten.
    pub(super) fn change(
        &mut self,
        number: u64,
        now_ms: i64,
        feed: &mut Feed,
        edit: impl FnOnce(&mut Entry),
    ) {
        let Some(stored) = self.entries.get_mut(&number) else {
            return;
        };
        let before = stored.entry.text().len();
        edit(&mut stored.entry);
        stored.entry.updated_at = now_ms;
        stored.entry.revisions += 1;
        stored.change = feed.publish_instead(stored.change, Change::Entry(number));
        let weight = stored.weight + stored.entry.text().len() - before;
        self.weight = self.weight + weight - stored.weight;
        stored.weight = weight;
        if let Some(chat) = self.chats.get(&stored.entry.chat) {
            chat.changes.send_modify(|n| *n += 1);
        }
        self.shrink();
    }

    /// One entry.
    pub(in crate::sim) fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(&number).map(|stored| &stored.entry)
    }

    /// The entries of a conversation, oldest first.
    pub(in crate::sim) fn entries(
        &self,
        chat: &SimChat,
    ) -> impl DoubleEndedIterator<Item = &Entry> {
        self.chats
            .get(chat)
            .into_iter()
            .flat_map(|chat| chat.entries.iter())
            .filter_map(|number| self.entry(*number))
    }

    /// Every conversation that has entries, with its newest.
    pub(in crate::sim) fn newest(&self) -> impl Iterator<Item = (&SimChat, &Entry)> {
        self.chats
            .iter()
            .filter_map(|(chat, log)| Some((chat, self.entry(*log.entries.back()?)?)))
    }

    /// Tells of changes in a conversation from now on.
    pub(super) fn watch(&mut self, chat: &SimChat) -> watch::Receiver<u64> {
        self.conversation(chat).changes.subscribe()
    }

    /// Notes that a person wrote: the bot may write without being asked from now on.
    pub(super) fn open(&mut self, chat: &SimChat) {
        self.conversation(chat).is_open = true;
    }

    /// Whether a person ever wrote.
    pub(super) fn is_open(&self, chat: &SimChat) -> bool {
        self.chats.get(chat).is_some_and(|chat| chat.is_open)
    }

    /// Counts a new message of the bot against its quota.
    pub(super) fn admit(&mut self, chat: &SimChat, quota: Option<Quota>, now_ms: i64) -> bool {
        quota.is_none_or(|quota| self.conversation(chat).messages.admit(quota, now_ms))
    }

    fn conversation(&mut self, chat: &SimChat) -> &mut Conversation {
        if !self.chats.contains_key(chat) {
            self.chats.insert(chat.clone(), Conversation::default());
        }
        self.chats.entry(chat.clone()).or_default()
    }

    /// Lets go of the oldest entries of all while there are too many.
    fn shrink(&mut self) {
        while self.entries.len() > 1
            && (self.entries.len() > ENTRIES_MAX || self.weight > WEIGHT_MAX)
            && let Some((_, oldest)) = self.entries.pop_first()
        {
            self.weight -= oldest.weight;
            if let Some(chat) = self.chats.get_mut(&oldest.entry.chat) {
                chat.entries.pop_front();
            }
        }
    }
}

/// What an entry weighs besides its text and its card, about.
const ENTRY_WEIGHT: usize = 512;
/// More than a person scrolls back.
const ENTRIES_PER_CHAT: usize = 500;
/// Over all conversations: room for ten entries in each of ten thousand.
const ENTRIES_MAX: usize = 100_000;
/// Bytes of all entries, about.
const WEIGHT_MAX: usize = 128 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::entry::{EntryKind, Party};

    fn entry(chat: &SimChat, text: &str) -> Entry {
        let mut entry = Entry::new(chat.clone(), 0, Party::system(), EntryKind::Text);
        entry.content = Some(text.to_owned());
        entry
    }

    #[test]
    fn a_chat_keeps_its_last_entries() {
        let mut feed = Feed::new();
        let mut conversations = Conversations::default();
        let chat = SimChat::direct("b", "u");
        for n in 0..ENTRIES_PER_CHAT + 3 {
            conversations.add(entry(&chat, &n.to_string()), 0, &mut feed);
        }
        let kept: Vec<_> = conversations
            .entries(&chat)
            .map(|e| e.text().to_owned())
            .collect();
        assert_eq!(kept.len(), ENTRIES_PER_CHAT);
        assert_eq!(kept.first().map(String::as_str), Some("3"));
        let weight: usize = conversations.entries.values().map(|s| s.weight).sum();
        assert_eq!(conversations.weight, weight);
    }

    #[test]
    fn heavy_entries_push_the_oldest_out() {
        let mut feed = Feed::new();
        let mut conversations = Conversations::default();
        let (first, second) = (SimChat::direct("b", "u"), SimChat::direct("b", "v"));
        conversations.add(entry(&first, "old"), 0, &mut feed);
        let heavy = conversations.add(entry(&second, "new"), WEIGHT_MAX, &mut feed);
        assert_eq!(conversations.entries(&first).count(), 0);
        assert_eq!(conversations.entries(&second).count(), 1);
        conversations.change(heavy, 5, &mut feed, |entry| {
            entry.content = Some("n".to_owned());
        });
        let changed = conversations.entry(heavy).unwrap();
        assert_eq!(
            (changed.text(), changed.revisions, changed.updated_at),
            ("n", 2, 5)
        );
        conversations.change(1, 5, &mut feed, |_| panic!("a forgotten entry"));
    }
}
