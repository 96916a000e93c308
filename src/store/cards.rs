//! Cards that were sent, so that a click can change them, after a restart too.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{AccountId, UserId};

/// Cards kept for an account; beyond it the oldest goes. A busy group sees a few dozen a day,
/// and nobody presses a button of last week.
pub(super) const MAX_CARDS_PER_ACCOUNT: u32 = 300;

/// How long a card is kept, in milliseconds: a day. For how long WeCom lets a card be changed
/// is not documented.
pub(super) const CARD_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;

/// A card as it is kept. What the card is, the store does not look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCard {
    /// The account whose bot sent it.
    pub account: AccountId,
    /// Names the card in events.
    pub task_id: String,
    /// The card and what belongs to it, in the caller's form.
    pub record: String,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// What people answered, by member, in the caller's form; ordered by member.
    pub answers: Vec<(UserId, String)>,
}

/// Keeps the cards that were sent.
#[async_trait]
pub trait CardStore: Send + Sync + std::fmt::Debug {
    /// Keeps a card (its `answers` are not looked at: it was just sent), and forgets those
    /// older than a day and the oldest of an account over 300. One of the
    /// same id is replaced, with its answers.
    async fn keep_card(&self, card: StoredCard) -> Result<(), StoreError>;

    /// The card of that id, unless it is unknown or too old by now; forgets old ones.
    async fn find_card(
        &self,
        account: &AccountId,
        task_id: &str,
        now_ms: i64,
    ) -> Result<Option<StoredCard>, StoreError>;

    /// Keeps what a member answered, in place of an earlier answer; `false`: the card is not
    /// known any more.
    async fn record_card_answer(
        &self,
        account: &AccountId,
        task_id: &str,
        user: &UserId,
        answer: String,
    ) -> Result<bool, StoreError>;
}
