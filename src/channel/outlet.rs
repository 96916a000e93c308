//! What goes out beside a text: files and cards, each a message of its own.

use async_trait::async_trait;

use super::cards::Prepared;
use super::media::outbound::{MediaOutcome, Reference};
use super::reply::Undelivered;

/// Sends files and cards of one answer. Which way they go is the implementation's business.
#[async_trait]
pub(crate) trait Outlet: Send + Sync {
    /// Sends a file. What came of it is in the outcome, with what has to be said about it.
    async fn media(&self, reference: &Reference) -> MediaOutcome;

    /// As [`media`](Self::media), for what an agent names in a field, which may be no
    /// reference at all.
    async fn media_field(&self, text: &str) -> MediaOutcome;

    /// Sends a card.
    ///
    /// # Errors
    /// It did not arrive: its text has to stand in for it.
    async fn card(&self, card: &Prepared) -> Result<(), Undelivered>;
}
