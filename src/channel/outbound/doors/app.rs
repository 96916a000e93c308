//! The agent app's HTTP API as a door.

mod line;
mod media;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    AppDoor, AppReceiver, DoorError, Limits, MediaAnswer, MediaItem, NotSent, Receipt,
    RefusalClass, Tag,
};
use crate::channel::media::outbound::Loaded;
use crate::channel::outbound::report::Invalid;
use crate::clock::SharedClock;
use crate::config::{Account, LiveConfig};
use crate::files::MediaStore;
use crate::ids::UserId;
use crate::secret::Secret;
use crate::wecom::api::{
    ApiClient, ApiError, AppBody, AppMessage, CardChange, CardUpdate, ChatMessage, CodeClass,
    InvalidRecipients, Recipients, Sent,
};
use crate::wecom::card::TemplateCard;

use line::{Line, Lines};

/// How long looking something up may take.
const LOOK: Duration = Duration::from_secs(10);

/// The agent apps of all accounts. It keeps a client for each, and makes a new one when the
/// settings that it depends on change.
#[derive(Debug)]
pub struct ApiDoor {
    lines: Lines,
    config: LiveConfig,
    store: MediaStore,
    user_home: Option<PathBuf>,
}

impl ApiDoor {
    /// A door for the accounts of `config`. Files are taken from `store` and from what the
    /// configuration allows; `user_home` is what `~/` stands for.
    pub fn new(
        config: LiveConfig,
        store: MediaStore,
        clock: SharedClock,
        user_home: Option<PathBuf>,
    ) -> Self {
        Self {
            lines: Lines::new(clock),
            config,
            store,
            user_home,
        }
    }

    /// Sends what is loaded already, as [`AppDoor::send_media`].
    pub(in crate::channel) async fn send_loaded(
        &self,
        account: &Account,
        to: &AppReceiver,
        loaded: Loaded,
        limits: Limits,
    ) -> MediaAnswer {
        let name = loaded.name.clone();
        match self.line(account) {
            Ok(line) => media::send_loaded(&line, account, to, loaded, limits).await,
            Err(error) => MediaAnswer {
                name,
                note: None,
                result: Err(error.into()),
            },
        }
    }

    /// Sends a card to one member.
    pub(in crate::channel) async fn send_card(
        &self,
        account: &Account,
        user: &UserId,
        card: &TemplateCard,
        limits: Limits,
    ) -> Result<Receipt, DoorError> {
        let line = self.line(account)?;
        let to = AppReceiver::Users(vec![user.clone()]);
        let body = AppBody::TemplateCard(Box::new(in_app_styles(card)));
        Ok(receipt(deliver(&line, account, &to, body, limits).await?))
    }

    /// Closes a card that a member clicked.
    pub(in crate::channel) async fn close_card(
        &self,
        account: &Account,
        user: &UserId,
        response_code: Secret,
        label: &str,
        limits: Limits,
    ) -> Result<Receipt, DoorError> {
        let line = self.line(account)?;
        let app = account.agent_app.as_ref();
        let update = CardUpdate {
            agent_id: app.and_then(|app| app.agent_id).unwrap_or_default(),
            to: Recipients::user(user).map_err(ApiError::from)?,
            response_code,
            change: CardChange::Closed(label.to_owned()),
        };
        let sent = line.client.update_card(&update, limits.until).await;
        Ok(receipt(sent?))
    }

    /// The client of an account's app, for what it fetches.
    pub(in crate::channel) fn client(&self, account: &Account) -> Result<ApiClient, DoorError> {
        Ok(self.line(account)?.client.clone())
    }

    fn line(&self, account: &Account) -> Result<Arc<Line>, DoorError> {
        match self.lines.of(account) {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(unreachable(
                "the account has no agent app that sends: it needs agent.corpId and \
                 agent.corpSecret",
            )),
            Err(error) => Err(unreachable(&error.to_string())),
        }
    }
}

#[async_trait]
impl AppDoor for ApiDoor {
    async fn send(
        &self,
        account: &Account,
        to: &AppReceiver,
        text: &str,
        limits: Limits,
    ) -> Result<Receipt, DoorError> {
        let line = self.line(account)?;
        let body = AppBody::Text(text.to_owned());
        Ok(receipt(deliver(&line, account, to, body, limits).await?))
    }

    async fn send_media(
        &self,
        account: &Account,
        to: &AppReceiver,
        item: &MediaItem,
        limits: Limits,
    ) -> MediaAnswer {
        match self.line(account) {
            Ok(line) => media::send(self, &line, account, to, item, limits).await,
            Err(error) => MediaAnswer {
                name: item.name(),
                note: None,
                result: Err(error.into()),
            },
        }
    }

    async fn tags(&self, account: &Account) -> Result<Vec<Tag>, DoorError> {
        let line = self.line(account)?;
        let tags = line.client.tags(Instant::now() + LOOK).await?;
        let tags = tags.into_iter().map(|tag| Tag {
            id: tag.id,
            name: tag.name,
        });
        Ok(tags.collect())
    }
}

/// Sends one body to one receiver.
async fn deliver(
    line: &Line,
    account: &Account,
    to: &AppReceiver,
    body: AppBody,
    limits: Limits,
) -> Result<Sent, ApiError> {
    let to = match to {
        AppReceiver::Chat(chat) => {
            let chat = chat.clone();
            let message = ChatMessage { chat, body };
            return line.client.send_into_chat(&message, limits.until).await;
        }
        AppReceiver::Users(users) => Recipients::users(users)?,
        AppReceiver::Parties(parties) => Recipients::parties(parties)?,
        AppReceiver::Tags(tags) => Recipients::tags(tags)?,
        AppReceiver::All => Recipients::everybody(),
    };
    let app = account.agent_app.as_ref();
    let message = AppMessage {
        // The planner asks for one before it comes here; WeCom refuses 0 with 40056.
        agent_id: app.and_then(|app| app.agent_id).unwrap_or_default(),
        to,
        body,
        duplicate_check: limits.duplicate_check,
    };
    line.client.send(&message, limits.until).await
}

/// The same card with the button styles of app messages, which number them in another way:
/// red is 3 with bots and 4 with apps, grey is 4 with bots and 3 with apps.
fn in_app_styles(card: &TemplateCard) -> TemplateCard {
    let mut card = card.clone();
    if let TemplateCard::ButtonInteraction(card) = &mut card {
        for button in &mut card.button_list {
            button.style = match button.style {
                Some(3) => Some(4),
                Some(4) => Some(3),
                style => style,
            };
        }
    }
    card
}

fn receipt(sent: Sent) -> Receipt {
    let InvalidRecipients {
        mut users,
        parties,
        tags,
        unlicensed,
    } = sent.invalid;
    users.extend(unlicensed);
    Receipt {
        message_id: sent.message_id,
        invalid: Invalid {
            users,
            parties,
            tags,
        },
    }
}

fn unreachable(message: &str) -> DoorError {
    DoorError::NotSent {
        reason: NotSent::Unreachable,
        message: message.to_owned(),
    }
}

impl From<ApiError> for DoorError {
    fn from(error: ApiError) -> Self {
        if error.may_have_arrived() {
            return Self::Unknown;
        }
        let message = error.to_string();
        let reason = match error {
            ApiError::Refused(refusal) => {
                let code = refusal.code;
                let class = match code.class() {
                    CodeClass::Busy | CodeClass::Rate => RefusalClass::RateLimited,
                    CodeClass::Token | CodeClass::Configuration => RefusalClass::Configuration,
                    CodeClass::Content if code.is_too_long() => RefusalClass::TooLong,
                    CodeClass::Content => RefusalClass::Content,
                    CodeClass::Receiver | CodeClass::Unknown => RefusalClass::Receiver,
                };
                return Self::Refused {
                    code: code.number(),
                    message: match code.advice() {
                        Some(advice) => format!("{} ({advice})", refusal.message),
                        None => refusal.message,
                    },
                    class,
                };
            }
            ApiError::OutOfTime => NotSent::OutOfTime,
            ApiError::Unsendable(_) | ApiError::Recipients(_) => NotSent::Unsendable,
            _ => NotSent::Unreachable,
        };
        Self::NotSent { reason, message }
    }
}

#[cfg(test)]
mod tests;
