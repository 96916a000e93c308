//! Authorisation cards by way of the bots.

use std::sync::Arc;

use async_trait::async_trait;

use crate::identity::TurnChat;
use crate::ids::{AccountId, ChatId, ChatKind, UserId};
use crate::interceptors::{AuthCardError, AuthCards};
use crate::wecom::bot::{BotError, Bots, Command, SendError};

/// `biz_type` of the card that leads a member to document permissions.
const DOCUMENT_ACCESS: u32 = 1;

/// Sends the cards over the bot of the account.
#[derive(Debug)]
pub struct BotCards(Arc<dyn Bots>);

impl BotCards {
    /// Over these bots.
    pub fn new(bots: Arc<dyn Bots>) -> Self {
        Self(bots)
    }
}

#[async_trait]
impl AuthCards for BotCards {
    async fn send(
        &self,
        account: &AccountId,
        chat: &TurnChat,
        requester: &UserId,
    ) -> Result<(), AuthCardError> {
        let (chat, kind) = match chat {
            TurnChat::Direct(member) => (ChatId::new(member.as_str()), ChatKind::Direct),
            TurnChat::Group(group) => (group.clone(), ChatKind::Group),
        };
        let command = Command::SendBizMessage {
            biz_type: DOCUMENT_ACCESS,
            chat,
            kind,
            user: requester.clone(),
        };
        match self.0.send(account, command).await {
            Ok(_) => Ok(()),
            Err(BotError::Send(SendError::Refused(refusal))) => {
                Err(AuthCardError::Refused(refusal.code.number()))
            }
            Err(BotError::Send(SendError::Unknown)) => Err(AuthCardError::TimedOut),
            Err(_) => Err(AuthCardError::NotConnected),
        }
    }
}
