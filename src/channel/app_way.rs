//! The agent app's messages to one member: the answers of its own chats, and what a bot's
//! connection or webhook can't carry.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::media::outbound::Loaded;
use super::outbound::doors::{ApiDoor, AppReceiver, DoorError, Limits, MediaProblem};
use super::outbound::{Planner, RequestVia, SendRequest, Status};
use super::outlet::{Carried, FileOutcome};
use super::reply::Undelivered;
use crate::config::Account;
use crate::ids::UserId;
use crate::secret::Secret;
use crate::texts;
use crate::wecom::card::TemplateCard;

/// How long one message may take, waiting for quotas included. What WeCom drops for being too
/// much in a minute can be sent in the next.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long the change of a card may take: it has no time-out of WeCom's, but somebody looks
/// at it.
const CARD_PATIENCE: Duration = Duration::from_secs(10);

/// The way of an agent app to one member.
#[derive(Debug, Clone)]
pub(crate) struct AppWay {
    planner: Arc<Planner>,
    apps: Arc<ApiDoor>,
    account: Arc<Account>,
    user: UserId,
}

impl AppWay {
    /// The way to `user`, if the account has an app that can send. `agent_id` is the number
    /// that was written to: it stands in for one that is not configured.
    pub(crate) fn to(
        planner: &Arc<Planner>,
        apps: &Arc<ApiDoor>,
        account: &Arc<Account>,
        user: &UserId,
        agent_id: Option<u64>,
    ) -> Option<Self> {
        let app = account.agent_app.as_ref()?;
        app.corp_secret.as_ref()?;
        let account = if app.agent_id.is_some() {
            account.clone()
        } else {
            let mut filled = Account::clone(account);
            filled.agent_app.as_mut()?.agent_id = Some(agent_id?);
            Arc::new(filled)
        };
        Some(Self {
            planner: planner.clone(),
            apps: apps.clone(),
            account,
            user: user.clone(),
        })
    }

    /// Sends Markdown as texts that WeCom takes whole, in order. What is not confirmed counts
    /// as sent: it may have arrived, and would appear twice.
    ///
    /// # Errors
    /// Nothing arrived, or not all of it.
    pub(crate) async fn text(&self, markdown: &str) -> Result<(), Undelivered> {
        let agent_id = self.account.agent_app.as_ref().and_then(|app| app.agent_id);
        let request = SendRequest {
            account: Some(self.account.id.to_string()),
            target: format!("wecom-agent:{}", self.user),
            text: Some(markdown.to_owned()),
            via: RequestVia::Agent,
            agent_id,
            ..SendRequest::default()
        };
        let report = self.planner.send(&request).await;
        let report = report.map_err(|error| Undelivered::Refused(error.to_string()))?;
        match report.status {
            Status::Delivered | Status::Unknown => Ok(()),
            Status::Partial | Status::Failed => {
                let message = report.error.map(|error| error.message);
                let message = message.unwrap_or_else(|| "WeCom did not take it".to_owned());
                Err(Undelivered::Refused(message))
            }
        }
    }

    /// Sends a file that is loaded, as what it is where WeCom takes it so.
    pub(crate) async fn file(&self, loaded: Loaded) -> FileOutcome {
        let name = loaded.name.clone();
        let limits = self.limits(PATIENCE);
        let answer = match self.reserve(limits.until).await {
            Ok(()) => {
                let to = self.receiver();
                let answer = self.apps.send_loaded(&self.account, &to, loaded, limits);
                let answer = answer.await;
                (answer.result.map(drop), answer.note)
            }
            Err(error) => (Err(MediaProblem::Door(error)), None),
        };
        match answer {
            (Ok(()), note) => FileOutcome {
                carried: Carried::Out,
                note,
            },
            (Err(MediaProblem::Door(DoorError::Unknown)), _) => FileOutcome {
                carried: Carried::Out,
                note: Some(texts::media_out::unconfirmed(&name)),
            },
            (Err(problem), _) => {
                tracing::warn!(account = %self.account.id, %problem, "a file was not taken");
                FileOutcome {
                    carried: Carried::Not,
                    note: Some(texts::media_out::not_sent(&name)),
                }
            }
        }
    }

    /// Sends a card.
    ///
    /// # Errors
    /// It did not arrive.
    pub(crate) async fn card(&self, card: &TemplateCard) -> Result<(), Undelivered> {
        let limits = self.limits(PATIENCE);
        let refused = |error: DoorError| match error {
            // It may have arrived.
            DoorError::Unknown => Ok(()),
            error => Err(Undelivered::Refused(error.to_string())),
        };
        if let Err(error) = self.reserve(limits.until).await {
            return refused(error);
        }
        let sent = self.apps.send_card(&self.account, &self.user, card, limits);
        sent.await.map_or_else(refused, |_| Ok(()))
    }

    /// Closes a card that was clicked: its buttons become one that reads `label`.
    ///
    /// # Errors
    /// WeCom did not take it.
    pub(crate) async fn close_card(
        &self,
        response_code: Secret,
        label: &str,
    ) -> Result<(), DoorError> {
        let limits = self.limits(CARD_PATIENCE);
        let closed = self
            .apps
            .close_card(&self.account, &self.user, response_code, label, limits);
        closed.await.map(drop)
    }

    async fn reserve(&self, until: Instant) -> Result<(), DoorError> {
        self.planner
            .take_app_budget(&self.account, &self.receiver(), until)
            .await
    }

    fn receiver(&self) -> AppReceiver {
        AppReceiver::Users(vec![self.user.clone()])
    }

    fn limits(&self, patience: Duration) -> Limits {
        Limits {
            reconnect: Duration::ZERO,
            until: Instant::now() + patience,
            duplicate_check: None,
        }
    }
}
