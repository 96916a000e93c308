//! Values that are fetched once for all who wait for them.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::tasks::Tasks;

/// Values by key, the least recently used ones dropped beyond a capacity.
///
/// A value is fetched by a task of its own, which several callers wait for and none of
/// them cancels. What was removed while it was being fetched is not stored.
pub(super) struct Flights<K, V, E> {
    /// Held for look-ups only.
    inner: Mutex<Inner<K, V, E>>,
    capacity: usize,
    dropped: Box<dyn Fn(V) + Send + Sync>,
}

struct Inner<K, V, E> {
    ready: HashMap<K, Ready<V>>,
    flying: HashMap<K, (u64, Flight<V, E>)>,
    next: u64,
}

struct Ready<V> {
    value: V,
    stored: Instant,
    used: Instant,
}

/// One fetch under way; cheap to clone, and each clone resolves.
pub(super) type Flight<V, E> = Shared<BoxFuture<'static, Result<V, E>>>;

/// How old a value is, and how long nobody wanted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Age {
    pub(super) stored: Duration,
    pub(super) idle: Duration,
}

/// The task that fetched was ended, by a panic or by shutting down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost;

impl<K, V, E> Flights<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Clone + From<Lost> + Send + Sync + 'static,
{
    /// At most `capacity` values. `dropped` is told of values that had to make room or were
    /// not worth keeping any more, not of those that somebody removed.
    pub(super) fn new(capacity: usize, dropped: impl Fn(V) + Send + Sync + 'static) -> Self {
        Self {
            inner: Mutex::new(Inner {
                ready: HashMap::new(),
                flying: HashMap::new(),
                next: 0,
            }),
            capacity,
            dropped: Box::new(dropped),
        }
    }

    /// The value, if there is one that `keep` finds worth keeping.
    pub(super) fn get(&self, key: &K, keep: impl FnOnce(&V, Age) -> bool) -> Option<(V, Age)> {
        let now = Instant::now();
        let mut inner = self.lock();
        let ready = inner.ready.get_mut(key)?;
        let age = ready.age(now);
        if keep(&ready.value, age) {
            ready.used = now;
            return Some((ready.value.clone(), age));
        }
        let old = inner.ready.remove(key);
        drop(inner);
        if let Some(old) = old {
            (self.dropped)(old.value);
        }
        None
    }

    /// The fetch that is under way, if any.
    pub(super) fn flying(&self, key: &K) -> Option<Flight<V, E>> {
        self.lock()
            .flying
            .get(key)
            .map(|(_, flight)| flight.clone())
    }

    /// Joins the fetch that is under way, or begins one. `work` also says under which key
    /// the value is to be stored.
    pub(super) fn join<F>(
        self: &Arc<Self>,
        tasks: &Tasks,
        name: &'static str,
        key: K,
        work: impl FnOnce() -> F,
    ) -> Flight<V, E>
    where
        F: Future<Output = Result<(K, V), E>> + Send + 'static,
    {
        let mut inner = self.lock();
        if let Some((_, flight)) = inner.flying.get(&key) {
            return flight.clone();
        }
        let number = inner.next;
        inner.next = number.wrapping_add(1);
        let (done, fetched) = oneshot::channel();
        let flight = async move { fetched.await.unwrap_or_else(|_| Err(Lost.into())) }
            .boxed()
            .shared();
        inner.flying.insert(key.clone(), (number, flight.clone()));
        drop(inner);
        let (this, work) = (self.clone(), work());
        // Dropped with the task, however that ends.
        let landing = Landing {
            flights: self.clone(),
            key: key.clone(),
            number,
        };
        tasks.spawn(name, async move {
            let fetched = work.await;
            let fetched = fetched.map(|(stored_as, value)| {
                this.store(&key, number, stored_as, value.clone());
                value
            });
            drop(landing);
            // Nobody may be waiting any more.
            done.send(fetched).ok();
        });
        flight
    }

    /// Removes what is known and disowns what is being fetched.
    pub(super) fn remove(&self, key: &K) {
        self.retain(|other| other != key);
    }

    /// Removes the value if `which` finds it to be the one.
    pub(super) fn remove_if(&self, key: &K, which: impl FnOnce(&V) -> bool) {
        let mut inner = self.lock();
        if inner
            .ready
            .get(key)
            .is_some_and(|ready| which(&ready.value))
        {
            inner.ready.remove(key);
        }
    }

    /// Removes what is known and disowns what is being fetched, but for what `keep` says.
    pub(super) fn retain(&self, mut keep: impl FnMut(&K) -> bool) {
        let mut inner = self.lock();
        inner.ready.retain(|key, _| keep(key));
        inner.flying.retain(|key, _| keep(key));
    }

    /// Drops what `keep` does not find worth keeping any more.
    pub(super) fn sweep(&self, keep: impl Fn(&V, Age) -> bool) {
        let now = Instant::now();
        let mut inner = self.lock();
        let old: Vec<K> = inner
            .ready
            .iter()
            .filter(|(_, ready)| !keep(&ready.value, ready.age(now)))
            .map(|(key, _)| key.clone())
            .collect();
        let old: Vec<V> = old
            .iter()
            .filter_map(|key| inner.ready.remove(key))
            .map(|ready| ready.value)
            .collect();
        drop(inner);
        old.into_iter().for_each(|value| (self.dropped)(value));
    }

    /// Stores a value that was fetched as number `number`, unless that fetch was disowned.
    fn store(&self, key: &K, number: u64, stored_as: K, value: V) {
        let now = Instant::now();
        let mut inner = self.lock();
        if inner
            .flying
            .get(key)
            .is_none_or(|(flying, _)| *flying != number)
        {
            return;
        }
        let mut out = Vec::new();
        while inner.ready.len() >= self.capacity && !inner.ready.contains_key(&stored_as) {
            let oldest = inner.ready.iter().min_by_key(|(_, ready)| ready.used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            out.extend(inner.ready.remove(&oldest));
        }
        let ready = Ready {
            value,
            stored: now,
            used: now,
        };
        out.extend(inner.ready.insert(stored_as, ready));
        drop(inner);
        out.into_iter()
            .for_each(|ready| (self.dropped)(ready.value));
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V, E>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Ready<V> {
    fn age(&self, now: Instant) -> Age {
        Age {
            stored: now.duration_since(self.stored),
            idle: now.duration_since(self.used),
        }
    }
}

/// Takes a fetch off the list when its task ends.
struct Landing<K, V, E>
where
    K: Eq + Hash,
{
    flights: Arc<Flights<K, V, E>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, V, E> Drop for Landing<K, V, E> {
    fn drop(&mut self) {
        let inner = self.flights.inner.lock();
        let mut inner = inner.unwrap_or_else(PoisonError::into_inner);
        if inner
            .flying
            .get(&self.key)
            .is_some_and(|(number, _)| *number == self.number)
        {
            inner.flying.remove(&self.key);
        }
    }
}

impl<K, V, E> fmt::Debug for Flights<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Flights")
            .field("ready", &inner.ready.len())
            .field("flying", &inner.flying.len())
            .finish_non_exhaustive()
    }
}
