//! The ways that are left where nothing can be fetched: one late reply at the `response_url`
//! of a message, and the private messages of the agent app.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::late::LateWay;
use super::messenger::Undelivered;
use super::split::beginning_of;
use super::{Delivery, Reply};
use crate::channel::app_way::AppWay;
use crate::channel::draft::DraftReader;
use crate::store::Outcome;
use crate::texts::webhook::REST_LOST;
use crate::wecom::card::TemplateCard;

/// Bytes of Markdown that a late reply takes.
const LATE_BYTES: usize = 20_480;

/// The ways that are left.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    /// Late replies, newest first; each can be used once.
    pub(crate) responses: Vec<Arc<LateWay>>,
    /// The agent app's way to the member.
    pub(crate) app: Option<AppWay>,
    /// Whether the chat is direct: late cards go nowhere else.
    pub(crate) is_direct: bool,
}

impl Elsewhere {
    /// Sends a text.
    ///
    /// # Errors
    /// No way was left that took it.
    pub(crate) async fn text(&self, markdown: &str) -> Result<(), Undelivered> {
        // What is too long for one reply is better in the app's several; without an app, its
        // beginning is better than nothing.
        let late = if markdown.len() <= LATE_BYTES {
            Some(Cow::Borrowed(markdown))
        } else if self.app.is_none() {
            Some(Cow::Owned(beginning_of(markdown, REST_LOST)))
        } else {
            None
        };
        if let Some(late) = late {
            for response in &self.responses {
                if response.send(&late).await {
                    return Ok(());
                }
            }
        }
        match &self.app {
            Some(app) => app.text(markdown).await,
            None => Err(Undelivered::NoWay),
        }
    }

    /// Sends a card.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub(crate) async fn card(&self, card: &TemplateCard) -> Result<(), Undelivered> {
        if self.is_direct {
            let value: Value = card.to_value();
            for response in &self.responses {
                if response.send_card(&value).await {
                    return Ok(());
                }
            }
        }
        match &self.app {
            Some(app) => app.card(card).await,
            None => Err(Undelivered::NoWay),
        }
    }

    /// Whether anything is left.
    pub(crate) fn is_there(&self) -> bool {
        self.app.is_some() || !self.responses.is_empty()
    }
}

/// The reply to what WeCom does not fetch an answer to: a click on a card.
#[derive(Debug)]
pub(crate) struct ElsewhereReply {
    pub(crate) ways: Elsewhere,
    pub(crate) hard_stop: CancellationToken,
}

impl ElsewhereReply {
    async fn follow(&self, draft: &mut DraftReader) -> Delivery {
        let Some(closing) = draft.finished().await else {
            return Delivery::Interrupted;
        };
        let Some(text) = &closing.text else {
            return Delivery::Ended(closing.outcome);
        };
        match self.ways.text(text).await {
            Ok(()) => Delivery::Ended(closing.outcome),
            Err(reason) => {
                tracing::error!(%reason, "the answer could not be delivered");
                Delivery::Ended(Outcome::Undeliverable)
            }
        }
    }
}

#[async_trait]
impl Reply for ElsewhereReply {
    async fn deliver(self: Box<Self>, mut draft: DraftReader) -> Delivery {
        tokio::select! {
            biased;
            () = self.hard_stop.cancelled() => Delivery::Interrupted,
            delivery = self.follow(&mut draft) => delivery,
        }
    }
}
