//! Says a thing once in a while.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Things remembered; beyond it the outdated ones are dropped, and if all are recent, all
/// of them: then a thing is said once too often, and memory does not grow.
const MAX_REMEMBERED: usize = 10_000;

/// Lets each key through at most once per interval.
#[derive(Debug)]
pub(super) struct Throttle<K> {
    interval: Duration,
    last: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Throttle<K> {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            last: Mutex::new(HashMap::new()),
        }
    }

    /// Whether it is time for `key` (again).
    pub(super) fn pass(&self, key: K) -> bool {
        let now = Instant::now();
        let recent = |at: &Instant| now.duration_since(*at) < self.interval;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.get(&key).is_some_and(recent) {
            return false;
        }
        if last.len() >= MAX_REMEMBERED {
            last.retain(|_, at| recent(at));
            if last.len() >= MAX_REMEMBERED {
                last.clear();
            }
        }
        last.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn once_per_interval_and_key() {
        let throttle = Throttle::new(Duration::from_mins(1));
        assert!(throttle.pass("a"));
        assert!(!throttle.pass("a"));
        assert!(throttle.pass("b"));
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(throttle.pass("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn memory_stays_bounded() {
        let throttle = Throttle::new(Duration::from_mins(1));
        for n in 0..3 * MAX_REMEMBERED {
            assert!(throttle.pass(n));
        }
        assert!(throttle.last.lock().unwrap().len() <= MAX_REMEMBERED);
    }
}
