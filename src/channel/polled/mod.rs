//! Answers that WeCom fetches: a bot in webhook mode is asked for them again and again, until
//! they are finished or six minutes have passed since the message.

mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ids::{MessageId, StreamId};

pub(crate) use stream::{IMAGE_BYTES, PolledImage, PolledStream, Window};

/// Streams of one account that are kept. Each holds an answer of at most 20 KB, and its
/// pictures until they are fetched.
const MAX_STREAMS: usize = 5_000;

/// How long a stream is kept after anything happened to it: WeCom asks for six minutes at
/// most, and may deliver a message a second time.
const KEPT: Duration = Duration::from_mins(10);

/// How often a full account looks for room: it looks at every stream.
const FULL_INTERVAL: Duration = Duration::from_secs(1);

/// The streams of one account.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    by_id: HashMap<StreamId, Entry>,
    by_message: HashMap<MessageId, StreamId>,
    swept_at: Option<Instant>,
    /// When all were looked through for room, and there was none.
    full_at: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    stream: Arc<PolledStream>,
    message: MessageId,
}

impl Streams {
    /// Keeps a stream as the answer to `message`. `None`: there are too many that are not
    /// finished.
    pub(crate) fn keep(
        &self,
        stream: PolledStream,
        message: MessageId,
    ) -> Option<Arc<PolledStream>> {
        let mut book = self.lock();
        book.sweep(Instant::now());
        if book.by_id.len() >= MAX_STREAMS && !book.make_room(Instant::now()) {
            return None;
        }
        let stream = Arc::new(stream);
        book.by_message.insert(message.clone(), stream.id.clone());
        let entry = Entry {
            stream: stream.clone(),
            message,
        };
        book.by_id.insert(stream.id.clone(), entry);
        Some(stream)
    }

    /// Forgets a stream: nothing is answered with it.
    pub(crate) fn forget(&self, id: &StreamId) {
        self.lock().forget(id);
    }

    /// A stream that is kept.
    pub(crate) fn get(&self, id: &StreamId) -> Option<Arc<PolledStream>> {
        Some(self.lock().by_id.get(id)?.stream.clone())
    }

    /// The stream that answers a message.
    pub(crate) fn of_message(&self, message: &MessageId) -> Option<Arc<PolledStream>> {
        let book = self.lock();
        let id = book.by_message.get(message)?;
        Some(book.by_id.get(id)?.stream.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Both maps are changed together, without anything that could panic between.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Forgets what nobody asked for in a while, a few times a minute at most.
    fn sweep(&mut self, now: Instant) {
        let is_due = |at: Instant| now.saturating_duration_since(at) >= KEPT / 40;
        if !self.swept_at.is_none_or(is_due) {
            return;
        }
        self.swept_at = Some(now);
        let stale: Vec<StreamId> = (self.by_id.values())
            .filter(|entry| entry.stream.is_stale(now, KEPT))
            .map(|entry| entry.stream.id.clone())
            .collect();
        for id in stale {
            self.forget(&id);
        }
    }

    /// Forgets the fetched ones, which WeCom would hardly ask for again. Whether there were any;
    /// where there are none, it is not looked again at once.
    fn make_room(&mut self, now: Instant) -> bool {
        let is_recent = |at: Instant| now.saturating_duration_since(at) < FULL_INTERVAL;
        if self.full_at.is_some_and(is_recent) {
            return false;
        }
        let fetched: Vec<StreamId> = (self.by_id.values())
            .filter(|entry| entry.stream.is_fetched())
            .map(|entry| entry.stream.id.clone())
            .collect();
        for id in &fetched {
            self.forget(id);
        }
        self.full_at = fetched.is_empty().then_some(now);
        !fetched.is_empty()
    }

    fn forget(&mut self, id: &StreamId) {
        if let Some(entry) = self.by_id.remove(id) {
            self.by_message.remove(&entry.message);
        }
    }
}

#[cfg(test)]
mod tests;
