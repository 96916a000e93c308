//! `doc-auth-error`: a document that a member must open first is announced with a card.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{Answer, Interceptor, Next, ToolCall, ToolError};
use crate::config::LiveConfig;
use crate::identity::{Identity, Source, TurnChat};
use crate::ids::{AccountId, UserId};

/// Codes that mean: the member has to let the bot at the document.
const CODES: [i64; 3] = [851_008, 851_013, 851_014];

/// How long WeCom has to acknowledge a card.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a member gets no second card.
const QUIET: Duration = Duration::from_mins(10);

/// Members that are remembered: as many as could get a card within the quiet time. Beyond
/// it the oldest is forgotten, which costs a second card at worst.
const MAX_MEMBERS: usize = 10_000;

/// Sends the authorisation card that WeCom makes itself.
#[async_trait]
pub trait AuthCards: Send + Sync + std::fmt::Debug {
    /// Sends one for documents into `chat` and waits until WeCom has acknowledged it.
    async fn send(
        &self,
        account: &AccountId,
        chat: &TurnChat,
        requester: &UserId,
    ) -> Result<(), AuthCardError>;
}

/// Why there is no card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthCardError {
    /// The bot has no connection.
    #[error("the bot is not connected")]
    NotConnected,
    /// WeCom did not acknowledge it in time.
    #[error("WeCom did not acknowledge the card in time")]
    TimedOut,
    /// WeCom refused it.
    #[error("WeCom refused the card ({0})")]
    Refused(i64),
}

/// Where the operator wants it (`mcp.interceptors.docAuthCard`): a member whose direct chat
/// led to a document that the bot may not open gets WeCom's own card, and the personal link
/// stays out of the model's context. In every other case the answer keeps the link.
#[derive(Debug)]
pub struct DocAuthError {
    cards: std::sync::Arc<dyn AuthCards>,
    config: LiveConfig,
    sent: Mutex<HashMap<(AccountId, UserId), Instant>>,
}

/// What became of the card.
enum Card {
    Sent,
    AlreadySent,
    Failed(String),
}

impl DocAuthError {
    /// Sends cards by way of `cards`.
    pub fn new(cards: std::sync::Arc<dyn AuthCards>, config: LiveConfig) -> Self {
        Self {
            cards,
            config,
            sent: Mutex::default(),
        }
    }

    fn is_on(&self, account: &AccountId) -> bool {
        let config = self.config.get();
        let account = config.accounts.get(account);
        account.is_some_and(|account| account.mcp.doc_auth_card)
    }

    /// `None` in a group: everybody there would see the card.
    async fn card(&self, identity: &Identity) -> Option<Card> {
        let failed = |why: &str| Some(Card::Failed(why.to_owned()));
        let chat = match (identity.source(), identity.chat()) {
            (Source::Turn, Some(chat @ TurnChat::Direct(_))) => chat,
            (Source::Turn, Some(TurnChat::Group(_))) => return None,
            _ => return failed("the call does not come from a chat"),
        };
        let Some(requester) = identity.requester() else {
            return failed("it is not known who asks");
        };
        let member = (identity.account().clone(), requester.clone());
        let Some(reservation) = self.reserve(&member) else {
            return Some(Card::AlreadySent);
        };
        let sending = self.cards.send(identity.account(), chat, requester);
        let sent = tokio::time::timeout(SEND_TIMEOUT, sending)
            .await
            .unwrap_or(Err(AuthCardError::TimedOut));
        Some(match sent {
            Ok(()) => {
                reservation.keep();
                Card::Sent
            }
            Err(error) => Card::Failed(error.to_string()),
        })
    }

    /// Takes the member's turn for a card; `None` where one was sent, or is being sent.
    fn reserve<'a>(&'a self, member: &'a (AccountId, UserId)) -> Option<Reservation<'a>> {
        let now = Instant::now();
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, at| now.duration_since(*at) < QUIET);
        if sent.contains_key(member) {
            return None;
        }
        if sent.len() >= MAX_MEMBERS
            && let Some(oldest) = sent.iter().min_by_key(|(_, at)| **at)
        {
            let oldest = oldest.0.clone();
            sent.remove(&oldest);
        }
        sent.insert(member.clone(), now);
        Some(Reservation {
            of: self,
            member,
            kept: false,
        })
    }
}

/// A member's turn for a card, given back unless one was sent.
struct Reservation<'a> {
    of: &'a DocAuthError,
    member: &'a (AccountId, UserId),
    kept: bool,
}

impl Reservation<'_> {
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if !self.kept {
            let mut sent = self.of.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.remove(self.member);
        }
    }
}

#[async_trait]
impl Interceptor for DocAuthError {
    fn name(&self) -> &'static str {
        "doc-auth-error"
    }

    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        if call.category != "doc" || !self.is_on(call.identity().account()) {
            return next.run(call).await;
        }
        let identity = call.identity().clone();
        let answer = next.run(call).await?;
        if !answer
            .head()
            .is_some_and(|head| CODES.contains(&head.errcode))
        {
            return Ok(answer);
        }
        let Some(card) = self.card(&identity).await else {
            return Ok(answer);
        };
        let Some(business) = answer.business().cloned() else {
            return Ok(answer);
        };
        Ok(answer.with_business(marked(business, &card)))
    }
}

fn marked(mut business: Map<String, Value>, card: &Card) -> Map<String, Value> {
    let (word, is_sent) = match card {
        Card::Sent => ("sent", true),
        Card::AlreadySent => ("already_sent", false),
        Card::Failed(_) => ("failed", false),
    };
    business.insert("auth_card".to_owned(), word.into());
    let hint = match card {
        Card::Failed(reason) => {
            business.insert("auth_card_reason".to_owned(), reason.as_str().into());
            "No card could be sent. Give the link to the person who asked, unchanged, and ask \
             them to try again after they have opened it."
        }
        Card::Sent | Card::AlreadySent => {
            business.shift_remove("help_message");
            "WeCom has shown an authorisation card to the person who asked. Say just that, and \
             ask them to try again after they have agreed."
        }
    };
    // Prompts in the field know these two.
    business.insert("_biz_msg_sent".to_owned(), is_sent.into());
    business.insert("_user_hint".to_owned(), hint.into());
    business
}

#[cfg(test)]
mod tests;
