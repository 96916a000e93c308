//! What changed, in order, for those who watch.

use std::collections::BTreeMap;

use tokio::sync::watch;

use crate::ids::BotId;

/// One change. It names what changed, not how: the watcher gets it as it is now, and a
/// thing that changes often is in the feed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) enum Change {
    /// An entry is new or different.
    Entry(u64),
    /// A bot connected or disconnected.
    Bot(BotId),
    /// Bots, users or groups were added.
    Directory,
}

/// The last changes, numbered from 1.
#[derive(Debug)]
pub(in crate::sim) struct Feed {
    changes: BTreeMap<u64, Change>,
    head: watch::Sender<u64>,
    lost: u64,
}

impl Feed {
    /// An empty feed.
    pub(super) fn new() -> Self {
        Self {
            changes: BTreeMap::new(),
            head: watch::Sender::new(0),
            lost: 0,
        }
    }

    /// Adds a change and returns its number.
    pub(super) fn publish(&mut self, change: Change) -> u64 {
        let number = self.head() + 1;
        self.changes.insert(number, change);
        if self.changes.len() > CHANGES_MAX
            && let Some((oldest, _)) = self.changes.pop_first()
        {
            self.lost = oldest;
        }
        self.head.send_replace(number);
        number
    }

    /// Adds a change that makes the one numbered `earlier` superfluous.
    pub(super) fn publish_instead(&mut self, earlier: u64, change: Change) -> u64 {
        self.changes.remove(&earlier);
        self.publish(change)
    }

    /// Number of the newest change.
    pub(in crate::sim) fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// The changes after number `after`, or `None` when some of them are gone: the
    /// watcher was too slow, or `after` is from another simulator.
    pub(in crate::sim) fn after(&self, after: u64) -> Option<impl Iterator<Item = (u64, &Change)>> {
        let known = after >= self.lost && after <= self.head();
        known.then(|| {
            self.changes
                .range(after.saturating_add(1)..)
                .map(|(number, change)| (*number, change))
        })
    }

    /// Tells of every change from now on.
    pub(in crate::sim) fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}

/// A watcher that is further behind starts anew. Entries count once however often they
/// change, so this is four thousand bubbles, not four thousand refreshes.
const CHANGES_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(feed: &Feed, after: u64) -> Option<Vec<u64>> {
        Some(feed.after(after)?.map(|(number, _)| number).collect())
    }

    #[test]
    fn a_change_that_comes_again_moves_to_the_end() {
        let mut feed = Feed::new();
        let first = feed.publish(Change::Entry(1));
        feed.publish(Change::Entry(2));
        feed.publish_instead(first, Change::Entry(1));
        assert_eq!(numbers(&feed, 0), Some(vec![2, 3]));
        assert_eq!(numbers(&feed, 2), Some(vec![3]));
        assert_eq!(numbers(&feed, 3), Some(vec![]));
        assert_eq!(numbers(&feed, 4), None, "a number from elsewhere");
    }

    #[test]
    fn who_is_too_far_behind_starts_anew() {
        let mut feed = Feed::new();
        for n in 0..u64::try_from(CHANGES_MAX).unwrap() + 10 {
            feed.publish(Change::Entry(n));
        }
        assert_eq!(numbers(&feed, 9), None);
        assert_eq!(numbers(&feed, 10).map(|n| n.len()), Some(CHANGES_MAX));
    }
}
