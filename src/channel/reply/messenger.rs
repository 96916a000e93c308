//! Sends messages of their own into one conversation: within its budget, and patiently.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::late::{self, LateWay};
use crate::channel::outbound::{Budgets, Priority, RATE_LIMIT_PAUSES};
use crate::ids::Chat;
use crate::wecom::bot::{BotClient, Command, ConnectionState, MessageBody, SendError};

/// Longest wait for the conversation's budget; after it the message is sent all the same
/// and WeCom decides.
const BUDGET_WAIT: Duration = Duration::from_mins(1);

/// The way into one conversation.
#[derive(Debug, Clone)]
pub(crate) struct Messenger {
    /// The connection.
    pub(crate) client: BotClient,
    /// The conversation.
    pub(crate) chat: Chat,
    /// Its budget.
    pub(crate) budgets: Arc<Budgets>,
    /// How long a message waits for the connection.
    pub(crate) patience: Duration,
    /// What is left for an answer when the connection does not come back.
    pub(crate) late: Option<Arc<LateWay>>,
}

/// How waiting for the connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// It is there.
    Live,
    /// The text is out another way.
    SentElsewhere,
}

/// Why a message is not out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undelivered {
    /// The connection is gone.
    #[error("the connection did not come back in time")]
    NoConnection,
    /// WeCom does not take it.
    #[error("{0}")]
    Refused(String),
    /// There is no other way.
    #[error("nobody fetches it, and there is neither a late reply nor an agent app that sends")]
    NoWay,
}

impl Messenger {
    /// Sends one message. An unknown outcome counts as sent: it may have arrived, and
    /// unlike a frame of a stream it would appear twice.
    ///
    /// # Errors
    /// It certainly did not arrive.
    pub(crate) async fn send(&self, body: MessageBody) -> Result<(), Undelivered> {
        let deadline = Instant::now() + self.patience;
        let mut pauses = RATE_LIMIT_PAUSES.iter();
        self.wait_for_budget().await;
        loop {
            let command = Command::Send {
                chat: self.chat.id.clone(),
                kind: Some(self.chat.kind),
                body: body.clone(),
            };
            match self.client.send(command).await {
                Ok(_) => return Ok(()),
                Err(SendError::NotConnected | SendError::QueueFull) => {
                    let text = match &body {
                        MessageBody::Markdown(text) => Some(text.as_str()),
                        _ => None,
                    };
                    if self.wait(deadline, text).await? == Waited::SentElsewhere {
                        return Ok(());
                    }
                }
                Err(SendError::Unknown) => {
                    tracing::warn!("WeCom did not confirm a message; it is not repeated");
                    return Ok(());
                }
                Err(SendError::Refused(refusal)) if refusal.code.is_rate_limited() => {
                    let pause = pauses
                        .next()
                        .ok_or(Undelivered::Refused(refusal.to_string()))?;
                    tokio::time::sleep(*pause).await;
                }
                Err(error) => return Err(Undelivered::Refused(error.to_string())),
            }
        }
    }

    /// Waits until the conversation's budget has room, a minute at most.
    pub(super) async fn wait_for_budget(&self) {
        let deadline = Instant::now() + BUDGET_WAIT;
        while let Err(wait) = self.budgets.take(&self.chat, Priority::Answer) {
            let until = Instant::now() + wait;
            if until > deadline {
                tracing::warn!("the conversation's budget is used up; sending all the same");
                tokio::time::sleep_until(deadline).await;
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Waits for the connection; where it takes its time, `text` goes out the late way.
    pub(super) async fn wait(
        &self,
        deadline: Instant,
        text: Option<&str>,
    ) -> Result<Waited, Undelivered> {
        let soon = Instant::now() + late::PATIENCE;
        if let (Some(late), Some(text)) = (&self.late, text)
            && soon < deadline
        {
            if self.wait_until_live(soon).await.is_ok() {
                return Ok(Waited::Live);
            }
            if late.send(text).await {
                return Ok(Waited::SentElsewhere);
            }
        }
        self.wait_until_live(deadline).await?;
        Ok(Waited::Live)
    }

    async fn wait_until_live(&self, deadline: Instant) -> Result<(), Undelivered> {
        tracing::info!("an answer waits for the connection");
        let mut state = self.client.state();
        let live = state.wait_for(ConnectionState::is_live);
        match tokio::time::timeout_at(deadline, live).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Undelivered::NoConnection),
        }
    }
}
