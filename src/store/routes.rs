//! Where conversations were last heard of: who wrote, and in which spelling WeCom knows
//! them.
//!
//! Written with every recorded message, in its transaction. A chat id that lost its
//! letters' case on the way is found again here, never guessed.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{AccountId, Chat, ChatId, UserId};

/// Conversations that are remembered, over all accounts; the longest silent are forgotten.
pub(super) const MAX_ROUTES: u32 = 50_000;

/// Senders that are remembered, over all accounts; the longest silent are forgotten.
pub(super) const MAX_SENDERS: u32 = 100_000;

/// Days since somebody was last heard of, after which they are no longer known.
pub(super) const KNOWN_DAYS: i64 = 90;

/// How a message came, and an answer goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RouteVia {
    /// The bot.
    #[default]
    Bot,
    /// The agent app.
    Agent,
}

/// The last message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRoute {
    /// The conversation, in the spelling of WeCom.
    pub chat: Chat,
    /// Who wrote last.
    pub sender: UserId,
    /// How it came.
    pub via: RouteVia,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// What an id of a group may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownChat {
    /// Nothing was heard of such a group.
    Unknown,
    /// The one group of that id, in the spelling of WeCom.
    One(ChatId),
    /// Several groups whose ids differ in case alone, none of them spelt as asked.
    Several,
}

/// Who was heard of, and where.
#[async_trait]
pub trait RouteStore: Send + Sync + std::fmt::Debug {
    /// The last message of a conversation; its id is compared exactly.
    async fn last_route(&self, chat: &Chat) -> Result<Option<LastRoute>, StoreError>;

    /// A member who wrote to the account, by the id in any case; as WeCom spells it.
    async fn known_sender(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<UserId>, StoreError>;

    /// A group of the account: the one of exactly that id, else the only one whose id
    /// differs in case alone.
    async fn known_chat(&self, account: &AccountId, id: &str) -> Result<KnownChat, StoreError>;

    /// Forgets conversations and senders not heard of for 90 days, and what is over the caps;
    /// returns how many.
    async fn prune_routes(&self, now_ms: i64) -> Result<usize, StoreError>;
}

/// Knows nobody: for looking at what would be done where no state is at hand.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRoutes;

#[async_trait]
impl RouteStore for NoRoutes {
    async fn last_route(&self, _: &Chat) -> Result<Option<LastRoute>, StoreError> {
        Ok(None)
    }

    async fn known_sender(&self, _: &AccountId, _: &str) -> Result<Option<UserId>, StoreError> {
        Ok(None)
    }

    async fn known_chat(&self, _: &AccountId, _: &str) -> Result<KnownChat, StoreError> {
        Ok(KnownChat::Unknown)
    }

    async fn prune_routes(&self, _: i64) -> Result<usize, StoreError> {
        Ok(0)
    }
}
