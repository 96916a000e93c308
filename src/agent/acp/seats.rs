//! The sessions that are open in one program.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use agent_client_protocol::v1::schema::SessionId;

use crate::agent::McpPass;
use crate::session::SessionKey;

/// Sessions that are open at one time, those of running turns not counted. Programs keep
/// each in memory; one that rested longest is closed, and loaded again when it is needed.
const MAX_RESTING: usize = 256;

/// A session of the program.
#[derive(Debug)]
pub(super) struct OpenSession {
    /// The program's id of it.
    pub(super) id: SessionId,
    /// What lets the program use our tools in it.
    pub(super) pass: Option<Arc<dyn McpPass>>,
    /// Nothing was said in it yet.
    pub(super) is_new: bool,
}

/// The place of a conversation's session. One turn at a time holds it: chats that share a
/// session wait for each other.
pub(super) type Seat = Arc<tokio::sync::Mutex<Option<OpenSession>>>;

/// The places by conversation.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    by_key: HashMap<SessionKey, Place>,
    clock: u64,
}

#[derive(Debug)]
struct Place {
    seat: Seat,
    used: u64,
}

impl Seats {
    /// The place of a conversation, and that of one that has to go for it.
    pub(super) fn of(&self, key: &SessionKey) -> (Seat, Option<Seat>) {
        let mut places = self.lock();
        places.clock += 1;
        let now = places.clock;
        let place = places.by_key.entry(key.clone()).or_insert_with(|| Place {
            seat: Seat::default(),
            used: now,
        });
        place.used = now;
        let seat = place.seat.clone();
        (seat, places.surplus())
    }

    /// Gives up the place of a conversation, which begins anew.
    pub(super) fn leave(&self, key: &SessionKey) -> Option<Seat> {
        self.lock().by_key.remove(key).map(|place| place.seat)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn surplus(&mut self) -> Option<Seat> {
        if self.by_key.len() <= MAX_RESTING {
            return None;
        }
        // A seat that a turn holds is known to that turn too.
        let resting = |place: &Place| Arc::strong_count(&place.seat) == 1;
        let oldest = self
            .by_key
            .iter()
            .filter(|(_, place)| resting(place))
            .min_by_key(|(_, place)| place.used)
            .map(|(key, _)| key.clone())?;
        self.by_key.remove(&oldest).map(|place| place.seat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SessionScope;

    fn key(number: usize) -> SessionKey {
        SessionKey {
            agent: "main".to_owned(),
            scope: SessionScope::Person(number.to_string()),
        }
    }

    #[test]
    fn one_conversation_one_seat_until_it_is_left() {
        let seats = Seats::default();
        let (first, _) = seats.of(&key(1));
        assert!(Arc::ptr_eq(&first, &seats.of(&key(1)).0));
        assert!(!Arc::ptr_eq(&first, &seats.of(&key(2)).0));
        assert!(
            seats
                .leave(&key(1))
                .is_some_and(|seat| Arc::ptr_eq(&seat, &first))
        );
        assert!(!Arc::ptr_eq(&first, &seats.of(&key(1)).0));
    }

    #[test]
    fn the_seat_that_rested_longest_goes_but_none_in_use() {
        let seats = Seats::default();
        let (held, _) = seats.of(&key(0));
        let resting = Arc::downgrade(&seats.of(&key(1)).0);
        for number in 2..MAX_RESTING {
            assert!(seats.of(&key(number)).1.is_none());
        }
        let (_, gone) = seats.of(&key(MAX_RESTING));
        assert!(gone.is_some_and(|gone| std::ptr::eq(Arc::as_ptr(&gone), resting.as_ptr())));
        assert!(Arc::ptr_eq(&held, &seats.of(&key(0)).0));
    }
}
