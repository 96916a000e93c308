//! The bot's long connection as a door.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};

use super::{BotDoor, DoorError, Limits, MediaAnswer, MediaItem, NotSent, Receipt, RefusalClass};
use crate::channel::outbound::{Budgets, Priority, RATE_LIMIT_PAUSES};
use crate::ids::{AccountId, Chat};
use crate::wecom::bot::{BotClient, Command, MessageBody, Refusal, SendError};

/// Sends media over one bot.
#[async_trait]
pub trait MediaDoor: Send + Sync + std::fmt::Debug {
    /// Loads, uploads and sends one item as a message of its own.
    async fn send(&self, chat: &Chat, item: &MediaItem, limits: Limits) -> MediaAnswer;
}

/// What the door needs of a running bot.
#[derive(Debug, Clone)]
pub struct BotLine {
    /// Its connection.
    pub client: BotClient,
    /// What its conversations may still take; the same that replies draw on.
    pub budgets: Arc<Budgets>,
    /// Its way for media.
    pub media: Arc<dyn MediaDoor>,
}

/// Knows the bots that run.
pub trait BotLines: Send + Sync + std::fmt::Debug {
    /// The bot of an account; `None` where none runs.
    fn line(&self, account: &AccountId) -> Option<BotLine>;
}

/// The door over the bots that run.
#[derive(Debug, Clone)]
pub struct SocketDoor {
    lines: Arc<dyn BotLines>,
}

impl SocketDoor {
    /// A door over `lines`.
    pub fn new(lines: Arc<dyn BotLines>) -> Self {
        Self { lines }
    }

    /// The bot of an account, if its connection is up or may come back by itself.
    fn line(&self, account: &AccountId) -> Result<BotLine, DoorError> {
        let line = self.lines.line(account).ok_or_else(|| {
            not_connected("the bot of the account does not run: look at `wecom channels status`")
        })?;
        if line.client.state().borrow().is_parked() {
            return Err(not_connected(
                "the bot was taken over or refused: `wecom channels resume` connects it again",
            ));
        }
        Ok(line)
    }
}

#[async_trait]
impl BotDoor for SocketDoor {
    async fn send(
        &self,
        chat: &Chat,
        markdown: &str,
        limits: Limits,
    ) -> Result<Receipt, DoorError> {
        let line = self.line(&chat.account)?;
        take(&line.budgets, chat, limits.until).await?;
        let mut kind = Some(chat.kind);
        let mut pauses = RATE_LIMIT_PAUSES.iter();
        loop {
            let command = Command::Send {
                chat: chat.id.clone(),
                kind,
                body: MessageBody::Markdown(markdown.to_owned()),
            };
            let left = limits.until.saturating_duration_since(Instant::now());
            let sent = line
                .client
                .send_when_live(command, limits.reconnect.min(left));
            let refusal = match sent.await {
                Ok(ack) => {
                    return Ok(Receipt {
                        message_id: Some(ack.req_id.to_string()),
                        ..Receipt::default()
                    });
                }
                Err(SendError::Refused(refusal)) => refusal,
                Err(error) => return Err(error.into()),
            };
            // A server that does not know `chat_type` finds out by itself what is meant.
            if refusal.code.is_invalid_parameter() && kind.take().is_some() {
                continue;
            }
            match pauses.next().map(|pause| Instant::now() + *pause) {
                Some(again) if refusal.code.is_rate_limited() && again < limits.until => {
                    sleep_until(again).await;
                }
                _ => return Err(refusal.into()),
            }
        }
    }

    async fn send_media(&self, chat: &Chat, item: &MediaItem, limits: Limits) -> MediaAnswer {
        match self.line(&chat.account) {
            Ok(line) => line.media.send(chat, item, limits).await,
            Err(error) => MediaAnswer {
                name: item.name(),
                note: None,
                result: Err(error.into()),
            },
        }
    }
}

/// Takes a message from the conversation's quota, waiting for it until `until`.
pub(in crate::channel::outbound) async fn take(
    budgets: &Budgets,
    chat: &Chat,
    until: Instant,
) -> Result<(), DoorError> {
    while let Err(wait) = budgets.take(chat, Priority::Answer) {
        let again = Instant::now() + wait;
        if again > until {
            return Err(DoorError::NotSent {
                reason: NotSent::Quota,
                message: format!(
                    "WeCom's quota for this conversation (30 messages a minute, 1,000 an hour) is used up for {} s more: send it later",
                    wait.as_secs().max(1)
                ),
            });
        }
        sleep_until(again).await;
    }
    Ok(())
}

fn not_connected(message: &str) -> DoorError {
    DoorError::NotSent {
        reason: NotSent::NotConnected,
        message: message.to_owned(),
    }
}

impl From<SendError> for DoorError {
    fn from(error: SendError) -> Self {
        let reason = match error {
            SendError::Refused(refusal) => return refusal.into(),
            SendError::Unknown => return Self::Unknown,
            SendError::QueueFull => NotSent::QueueFull,
            SendError::NotConnected => NotSent::NotConnected,
        };
        Self::NotSent {
            reason,
            message: error.to_string(),
        }
    }
}

impl From<Refusal> for DoorError {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code;
        let class = if code.is_rate_limited() {
            RefusalClass::RateLimited
        } else if code.is_too_long() {
            RefusalClass::TooLong
        } else if code.is_invalid_card() || code.is_invalid_parameter() || code.is_media_refused() {
            RefusalClass::Content
        } else {
            RefusalClass::Receiver
        };
        let advice = if code.is_invalid_chat() {
            " (the id is wrong in a letter or its case, the bot is not in this chat, or the member never wrote to the bot)"
        } else {
            ""
        };
        Self::Refused {
            code: code.number(),
            message: format!("{}{advice}", refusal.message),
            class,
        }
    }
}
