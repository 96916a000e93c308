//! What arrived for one turn and was not looked at yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::frame::TurnEvent;

/// Signals that wait. A turn looks at once; a thousand tools in one breath are a gateway that
/// has lost its way.
const MAX_SIGNALS: usize = 1_024;

/// Bytes of text that wait, for the same reason.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// What a turn learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// The plugin took it.
    Taken,
    /// Something happened in it.
    Event(TurnEvent),
    /// The connection is lost. [`Signal::Resumed`] or [`Signal::Forgotten`] follows with the
    /// next one.
    Lost,
    /// It goes on.
    Resumed,
    /// The gateway that is connected now does not know it.
    Forgotten,
    /// More happened than can wait; nothing else follows.
    Overrun,
}

/// What arrived for one turn.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Signal>,
    bytes: usize,
    /// Number of the last event that was taken in.
    last: u64,
    is_overrun: bool,
}

impl Inbox {
    /// Takes in an event, unless it came before: after a lost connection the plugin repeats
    /// what it does not know to have arrived.
    pub(super) fn event(&self, n: u64, event: TurnEvent) {
        let mut state = self.lock();
        if n <= state.last {
            return;
        }
        state.last = n;
        state.push(Signal::Event(event));
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn signal(&self, signal: Signal) {
        self.lock().push(signal);
        self.changed.notify_one();
    }

    /// Number of the last event that was taken in; 0 for none.
    pub(super) fn last(&self) -> u64 {
        self.lock().last
    }

    /// The next signal. Cancel safe. For one reader.
    pub(super) async fn next(&self) -> Signal {
        loop {
            if let Some(signal) = self.lock().pop() {
                return signal;
            }
            // A permit is kept for a signal that came since.
            self.changed.notified().await;
        }
    }

    /// Short sections without a wait; a panic in one leaves a queue that is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, signal: Signal) {
        if self.is_overrun {
            return;
        }
        // The newer text has all of the older one.
        if let (
            Signal::Event(TurnEvent::Partial { text: new }),
            Some(Signal::Event(TurnEvent::Partial { text: old })),
        ) = (&signal, self.waiting.back_mut())
        {
            self.bytes = self.bytes.saturating_sub(old.len()) + new.len();
            old.clone_from(new);
            return;
        }
        self.bytes += size(&signal);
        self.waiting.push_back(signal);
        if self.waiting.len() > MAX_SIGNALS || self.bytes > MAX_BYTES {
            self.waiting.clear();
            self.waiting.push_back(Signal::Overrun);
            self.is_overrun = true;
        }
    }

    fn pop(&mut self) -> Option<Signal> {
        let signal = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size(&signal));
        Some(signal)
    }
}

fn size(signal: &Signal) -> usize {
    match signal {
        Signal::Event(TurnEvent::Partial { text }) => text.len(),
        Signal::Event(TurnEvent::Deliver(deliver)) => deliver.text.as_ref().map_or(0, String::len),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(text: &str) -> TurnEvent {
        TurnEvent::Partial {
            text: text.to_owned(),
        }
    }

    #[tokio::test]
    async fn texts_that_grow_are_merged_and_repeats_are_dropped() {
        let inbox = Inbox::default();
        inbox.signal(Signal::Taken);
        inbox.event(1, partial("a"));
        inbox.event(2, partial("ab"));
        inbox.event(2, partial("ab"));
        inbox.event(1, TurnEvent::Done { elsewhere: false });
        inbox.event(3, TurnEvent::Message {});
        inbox.event(4, partial("c"));
        let expected = [
            Signal::Taken,
            Signal::Event(partial("ab")),
            Signal::Event(TurnEvent::Message {}),
            Signal::Event(partial("c")),
        ];
        for signal in expected {
            assert_eq!(inbox.next().await, signal);
        }
        assert_eq!(inbox.last(), 4);
    }

    #[tokio::test]
    async fn too_much_ends_it() {
        let inbox = Inbox::default();
        for n in 1..=2_000 {
            inbox.event(n, TurnEvent::Message {});
        }
        assert_eq!(inbox.next().await, Signal::Overrun);
        inbox.signal(Signal::Taken);
        assert!(inbox.lock().pop().is_none());
    }
}
