//! What goes out beside a text: files and cards.

use async_trait::async_trait;

use super::cards::Prepared;
use super::media::outbound::{MediaOutcome, Reference, closing_notes};
use super::reply::Undelivered;

/// Sends files and cards of one answer. Which way they go is the implementation's business.
#[async_trait]
pub(crate) trait Outlet: Send + Sync {
    /// Sends a file.
    async fn media(&self, reference: &Reference) -> FileOutcome;

    /// As [`media`](Self::media), for what an agent names in a field, which may be no
    /// reference at all.
    async fn media_field(&self, text: &str) -> FileOutcome;

    /// Sends a card.
    ///
    /// # Errors
    /// It did not arrive: its text has to stand in for it.
    async fn card(&self, card: &Prepared) -> Result<Carried, Undelivered>;
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileOutcome {
    /// Where it is.
    pub(crate) carried: Carried,
    /// What is to be said about it.
    pub(crate) note: Option<String>,
}

/// Where something is that goes out beside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carried {
    /// In the chat, or perhaps.
    Out,
    /// It arrives together with the last word, and is not out before.
    WithLastWord,
    /// Nowhere.
    Not,
}

impl From<MediaOutcome> for FileOutcome {
    fn from(outcome: MediaOutcome) -> Self {
        let carried = match outcome.sent() {
            Some(_) => Carried::Out,
            None => Carried::Not,
        };
        Self {
            carried,
            note: closing_notes(&[outcome]),
        }
    }
}
