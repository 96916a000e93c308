//! Files into the chats of a bot, over its connection.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::time::timeout_at;

use super::super::ways::{Places, Ways};
use crate::channel::media::outbound::{
    MediaDelivery, MediaFailure, MediaOutcome, MediaSender, Reference, closing_notes,
};
use crate::channel::outbound::Budgets;
use crate::channel::outbound::doors::{
    DoorError, Limits, MediaAnswer, MediaDoor, MediaItem, MediaProblem, NotSent, Receipt,
};
use crate::files::FileGrant;
use crate::ids::Chat;
use crate::wecom::bot::{BotClient, UploadError};

/// The way of files into the chats of an account.
#[derive(Debug)]
pub(super) struct FilesOut {
    sender: MediaSender,
    places: Places,
}

impl FilesOut {
    /// Sends over `client` what `ways` load.
    pub(super) fn new(client: BotClient, ways: &Ways, budgets: Arc<Budgets>) -> Self {
        Self {
            sender: MediaSender::new(client, ways.loader.clone(), budgets),
            places: ways.places.clone(),
        }
    }

    /// Sends what an agent's answer names.
    pub(super) async fn send(
        &self,
        reference: &Reference,
        grant: &FileGrant,
        chat: &Chat,
    ) -> MediaOutcome {
        self.sender
            .send(reference, &self.places.roots(grant, chat), chat)
            .await
    }

    /// The same for a text that may be no reference at all.
    pub(super) async fn send_text(
        &self,
        text: &str,
        grant: &FileGrant,
        chat: &Chat,
    ) -> MediaOutcome {
        self.sender
            .send_text(text, &self.places.roots(grant, chat), chat)
            .await
    }

    async fn send_item(&self, chat: &Chat, item: &MediaItem) -> MediaOutcome {
        match item {
            MediaItem::Reference { reference, grant } => {
                self.send_text(reference, grant, chat).await
            }
            MediaItem::Document { name, content } => {
                self.sender.send_document(name, content.clone(), chat).await
            }
        }
    }
}

/// The way in use.
#[derive(Debug)]
pub(super) struct CurrentFiles(RwLock<Arc<FilesOut>>);

impl CurrentFiles {
    pub(super) fn new(files: FilesOut) -> Self {
        Self(RwLock::new(Arc::new(files)))
    }

    /// Hold it for one piece of work.
    pub(super) fn get(&self) -> Arc<FilesOut> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn replace(&self, files: FilesOut) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }
}

/// The planner's view of [`FilesOut`].
#[derive(Debug)]
pub(super) struct PlannedMedia(pub(super) Arc<CurrentFiles>);

#[async_trait]
impl MediaDoor for PlannedMedia {
    async fn send(&self, chat: &Chat, item: &MediaItem, limits: Limits) -> MediaAnswer {
        let files = self.0.get();
        match timeout_at(limits.until, files.send_item(chat, item)).await {
            Ok(outcome) => answer_of(outcome),
            // An upload takes longer than the message behind it, which may be out all the
            // same.
            Err(_) => MediaAnswer {
                name: item.name(),
                note: None,
                result: Err(DoorError::Unknown.into()),
            },
        }
    }
}

fn answer_of(outcome: MediaOutcome) -> MediaAnswer {
    let is_sent = outcome.sent().is_some();
    let name = outcome.name.clone();
    let outcomes = [outcome];
    let note = closing_notes(&outcomes).filter(|_| is_sent);
    let [outcome] = outcomes;
    let result = match outcome.delivery {
        MediaDelivery::Delivered(sent) => Ok(Receipt {
            message_id: sent.message_id.map(|id| id.to_string()),
            ..Receipt::default()
        }),
        MediaDelivery::Unknown(_) => Err(DoorError::Unknown.into()),
        MediaDelivery::Failed(failure) => Err(problem_of(failure)),
    };
    MediaAnswer { name, note, result }
}

fn problem_of(failure: MediaFailure) -> MediaProblem {
    match failure {
        MediaFailure::Load(error) => MediaProblem::Unusable(error.for_operator()),
        MediaFailure::Rejected(rejection) => MediaProblem::Unusable(rejection.to_string()),
        MediaFailure::Send(error) => MediaProblem::Door(error.into()),
        MediaFailure::Budget(_) => not_sent(NotSent::Quota, failure.to_string()),
        MediaFailure::Upload(
            UploadError::KindRefused(refusal) | UploadError::Refused { refusal, .. },
        ) => MediaProblem::Door(refusal.into()),
        other => not_sent(NotSent::NotConnected, other.to_string()),
    }
}

fn not_sent(reason: NotSent, message: String) -> MediaProblem {
    MediaProblem::Door(DoorError::NotSent { reason, message })
}
