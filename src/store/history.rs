//! What was said in conversations with models that remember nothing themselves.

use async_trait::async_trait;

use super::StoreError;
use crate::session::SessionKey;

/// Turns that are kept of one conversation; beyond it the oldest are forgotten. More than
/// fits any model's memory, and it bounds what a busy group leaves behind.
pub(super) const MAX_TURNS: u32 = 500;

/// One turn of a conversation: the question and everything that was said to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryTurn {
    /// The message that was answered. A turn that is played again after a restart takes the
    /// place of the one before.
    pub message_id: String,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: i64,
    /// How long it is, in tokens as estimated when it was kept.
    pub tokens: u32,
    /// The messages, in the words of whoever keeps it.
    pub body: String,
}

/// The histories of conversations.
#[async_trait]
pub trait HistoryStore: Send + Sync + std::fmt::Debug {
    /// Keeps a whole turn, or nothing of it.
    async fn keep_turn(&self, session: &SessionKey, turn: HistoryTurn) -> Result<(), StoreError>;

    /// The newest turns of a conversation, oldest first: as many as fit into `tokens`, and
    /// the newest in any case.
    async fn history(
        &self,
        session: &SessionKey,
        tokens: u32,
    ) -> Result<Vec<HistoryTurn>, StoreError>;

    /// Forgets a conversation; how many turns it had.
    async fn forget_history(&self, session: &SessionKey) -> Result<usize, StoreError>;

    /// Forgets turns that ended before `before_ms`; how many.
    async fn prune_history(&self, before_ms: i64) -> Result<usize, StoreError>;
}
