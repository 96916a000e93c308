//! An account's ways for files, in and out; new ones when its settings change.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::time::timeout_at;

use super::{Shared, StartError};
use crate::channel::media::inbound::Fetcher;
use crate::channel::media::outbound::{
    Loader, MediaDelivery, MediaFailure, MediaOutcome, MediaSender, Reference, closing_notes,
};
use crate::channel::outbound::Budgets;
use crate::channel::outbound::doors::{
    DoorError, Limits, MediaAnswer, MediaDoor, MediaItem, MediaProblem, NotSent, Receipt,
};
use crate::config::{Account, LiveConfig};
use crate::egress::guard::{GuardOptions, GuardedClient, Route};
use crate::files::{FileGrant, FileRoots, MediaScope, MediaStore};
use crate::identity::TurnChat;
use crate::ids::Chat;
use crate::wecom::bot::{BotClient, UploadError};

/// What an account fetches and sends files with.
#[derive(Debug)]
pub(super) struct MediaWays {
    /// For WeCom's HTTP API.
    pub(super) http: reqwest::Client,
    pub(super) fetcher: Fetcher,
    pub(super) files: FilesOut,
}

impl MediaWays {
    /// Ways with the account's proxy, roots and limits.
    pub(super) fn new(
        settings: &Account,
        client: BotClient,
        budgets: Arc<Budgets>,
        shared: &Shared,
    ) -> Result<Self, StartError> {
        let tls = settings
            .bot_socket
            .as_ref()
            .map(|socket| socket.tls.clone())
            .unwrap_or_default();
        let guarded = |route| GuardedClient::new(GuardOptions::of_account(settings, route));
        let loader = Loader::new(
            &settings.media,
            guarded(Route::Internet)?,
            shared.clock.clone(),
        );
        Ok(Self {
            http: crate::egress::client(&settings.network, &tls)?,
            fetcher: Fetcher::new(
                guarded(Route::WeCom)?,
                shared.media.clone(),
                shared.clock.clone(),
                shared.downloads.clone(),
            ),
            files: FilesOut {
                sender: MediaSender::new(client, loader, budgets),
                config: shared.config.clone(),
                store: shared.media.clone(),
                user_home: shared.user_home.clone(),
            },
        })
    }
}

/// The way of files into the chats of an account.
#[derive(Debug)]
pub(super) struct FilesOut {
    sender: MediaSender,
    config: LiveConfig,
    store: MediaStore,
    user_home: Option<PathBuf>,
}

impl FilesOut {
    /// Sends what an agent's answer names.
    pub(super) async fn send(
        &self,
        reference: &Reference,
        grant: &FileGrant,
        chat: &Chat,
    ) -> MediaOutcome {
        self.sender
            .send(reference, &self.roots(grant, chat), chat)
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
            .send_text(text, &self.roots(grant, chat), chat)
            .await
    }

    /// Where files may lie: the chat's own shelf, what `grant` allows, and what the operator
    /// lists.
    fn roots(&self, grant: &FileGrant, chat: &Chat) -> FileRoots {
        let scope = MediaScope::of_chat(&chat.account, &TurnChat::from(chat));
        let config = self.config.get();
        FileRoots::of_delivery(&config, &self.store, &scope, grant, self.user_home.clone())
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

/// The ways in use.
#[derive(Debug)]
pub(super) struct Ways(RwLock<Arc<MediaWays>>);

impl Ways {
    pub(super) fn new(ways: MediaWays) -> Self {
        Self(RwLock::new(Arc::new(ways)))
    }

    /// Hold it for one piece of work.
    pub(super) fn get(&self) -> Arc<MediaWays> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn replace(&self, ways: MediaWays) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ways);
    }
}

/// The planner's view of [`MediaWays`].
#[derive(Debug)]
pub(super) struct PlannedMedia(pub(super) Arc<Ways>);

#[async_trait]
impl MediaDoor for PlannedMedia {
    async fn send(&self, chat: &Chat, item: &MediaItem, limits: Limits) -> MediaAnswer {
        let ways = self.0.get();
        match timeout_at(limits.until, ways.files.send_item(chat, item)).await {
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
