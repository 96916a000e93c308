//! The HTTP exchange that brought a message and waits for its answer.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::oneshot;

/// An exchange that is open; none for what came over a socket. Copies are the same exchange:
/// when the last of them is dropped unused, there is nothing to answer.
#[derive(Clone, Default)]
pub(crate) struct Exchange(Option<Arc<Mutex<Option<oneshot::Sender<Immediate>>>>>);

/// What can be answered at once, in place of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Immediate {
    /// A text that says all there is to say.
    Notice(String),
    /// A text for somebody who opened the chat.
    Welcome(String),
    /// Another card in place of the one that was clicked.
    Card(Value),
}

impl Exchange {
    /// An open exchange, and where its answer comes out.
    pub(crate) fn open() -> (Self, oneshot::Receiver<Immediate>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(Arc::new(Mutex::new(Some(sender))))), receiver)
    }

    /// Answers it.
    ///
    /// # Errors
    /// The answer: nobody waits for it (any more).
    pub(crate) fn answer(&self, immediate: Immediate) -> Result<(), Immediate> {
        let sender = self.0.as_ref().and_then(|waiting| {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.take()
        });
        match sender {
            Some(sender) => sender.send(immediate),
            None => Err(immediate),
        }
    }
}

/// It is no part of what a message says.
impl PartialEq for Exchange {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Exchange {}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "open" } else { "none" })
    }
}
