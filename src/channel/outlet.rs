//! What goes out beside a text: files and cards, each a message of its own.

use std::sync::Arc;

use async_trait::async_trait;

use super::cards::{Prepared, SentCard};
use super::media::outbound::{MediaOutcome, MediaSender, Reference};
use super::reply::{Messenger, Undelivered};
use crate::clock::SharedClock;
use crate::session::SessionKey;
use crate::store::Store;
use crate::wecom::bot::MessageBody;

/// Sends files and cards of one answer. Which way they go is the implementation's business.
#[async_trait]
pub(crate) trait Outlet: Send + Sync {
    /// Sends the file that an agent names. What came of it is in the outcome, with what has
    /// to be said about it.
    async fn media(&self, reference: &str) -> MediaOutcome;

    /// Sends a card.
    ///
    /// # Errors
    /// It did not arrive: its text has to stand in for it.
    async fn card(&self, card: &Prepared) -> Result<(), Undelivered>;
}
