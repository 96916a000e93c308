//! The whole way of a reference: loaded, planned, uploaded, sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::kind::{Note, Plan, kind_of, plan};
use super::load::{Loaded, Loader};
use super::outcome::{MediaDelivery, MediaFailure, MediaOutcome, SentMedia};
use super::reference::{Reference, base_name_of};
use crate::channel::outbound::{Budgets, Priority, RATE_LIMIT_PAUSES};
use crate::files::FileRoots;
use crate::ids::{Chat, MediaId, ReqId};
use crate::wecom::bot::{
    BotClient, Command, MessageBody, SendError, Upload, UploadError, UploadKind, Uploader,
};

/// Longest wait for the conversation's budget: a file, unlike an answer, can be asked for
/// again.
const BUDGET_WAIT: Duration = Duration::from_mins(1);

/// How long a message waits for the connection to come back.
const RECONNECT_WAIT: Duration = Duration::from_mins(1);

/// Sends media over the bot of one account. It lives as long as the account's connection:
/// it counts the bot's uploads and remembers them.
#[derive(Debug)]
pub struct MediaSender {
    uploader: Uploader,
    loader: Loader,
    budgets: Arc<Budgets>,
}

impl MediaSender {
    /// Sends over `client`, within the account's budgets.
    pub fn new(client: BotClient, loader: Loader, budgets: Arc<Budgets>) -> Self {
        Self {
            uploader: Uploader::new(client),
            loader,
            budgets,
        }
    }

    /// As [`send`](Self::send) for a text that may be no reference at all, as agents'
    /// structured fields are.
    pub async fn send_text(&self, text: &str, roots: &FileRoots, chat: &Chat) -> MediaOutcome {
        match Reference::parse(text) {
            Ok(reference) => self.send(&reference, roots, chat).await,
            Err(error) => failed(base_name_of(text), None, error.into()),
        }
    }

    /// Loads what `reference` names from `roots` or the network and sends it into `chat` as
    /// one message of its own. What WeCom does not take as what it is goes out as a file.
    ///
    /// Dropping the future gives it up; a message may be out by then.
    pub async fn send(
        &self,
        reference: &Reference,
        roots: &FileRoots,
        chat: &Chat,
    ) -> MediaOutcome {
        let url = reference.public_url().cloned();
        let loaded = match self.loader.load(reference, roots).await {
            Ok(loaded) => loaded,
            Err(error) => return failed(reference.base_name(), url, error.into()),
        };
        let name = loaded.name.clone();
        match self.send_loaded(&loaded, chat).await {
            Ok(delivery) => MediaOutcome {
                name,
                url,
                delivery,
            },
            Err(failure) => failed(name, url, failure),
        }
    }

    /// Sends a document that was made here.
    pub async fn send_document(&self, name: &str, content: String, chat: &Chat) -> MediaOutcome {
        let loaded = match self.loader.document(name, content).await {
            Ok(loaded) => loaded,
            Err(error) => return failed(name.to_owned(), None, error.into()),
        };
        let name = loaded.name.clone();
        match self.send_loaded(&loaded, chat).await {
            Ok(delivery) => MediaOutcome {
                name,
                url: None,
                delivery,
            },
            Err(failure) => failed(name, None, failure),
        }
    }

    /// Sends what is loaded already.
    ///
    /// # Errors
    /// [`MediaFailure`]: nothing is in the chat.
    pub async fn send_loaded(
        &self,
        loaded: &Loaded,
        chat: &Chat,
    ) -> Result<MediaDelivery, MediaFailure> {
        let (kind, note) = match plan(
            kind_of(&loaded.content_type),
            &loaded.facts(),
            self.loader.limit(),
        ) {
            Plan::Send { kind, note } => (kind, note),
            Plan::Rejected(rejection) => return Err(rejection.into()),
        };
        match self.send_as(kind, note, loaded, chat).await {
            Err(failure) if kind != UploadKind::File && is_kind_refused(&failure) => {
                tracing::warn!(%chat, ?kind, %failure, "media goes out as a file instead");
                let note = Some(Note::Refused { kind });
                self.send_as(UploadKind::File, note, loaded, chat).await
            }
            sent => sent,
        }
    }

    async fn send_as(
        &self,
        kind: UploadKind,
        note: Option<Note>,
        loaded: &Loaded,
        chat: &Chat,
    ) -> Result<MediaDelivery, MediaFailure> {
        let upload = Upload {
            kind,
            file_name: &loaded.name,
            size: loaded.size,
            md5: &loaded.md5,
            bytes: loaded,
        };
        let uploaded = self.uploader.upload(&upload).await?;
        let mut message = self.message(kind, &uploaded.media_id, chat).await;
        // WeCom may have forgotten an upload of a while ago; one of just now it means.
        if uploaded.is_reused
            && matches!(&message, Err(MediaFailure::Send(error)) if is_media_refused(error))
        {
            self.uploader.forget(&uploaded.media_id);
            let uploaded = self.uploader.upload(&upload).await?;
            message = self.message(kind, &uploaded.media_id, chat).await;
        }
        let sent = |message_id| SentMedia {
            kind,
            note,
            message_id,
        };
        match message {
            Ok(message_id) => Ok(MediaDelivery::Delivered(sent(Some(message_id)))),
            // It may have arrived, and would appear twice if it were repeated.
            Err(MediaFailure::Send(SendError::Unknown)) => {
                tracing::warn!(%chat, "WeCom did not confirm a message with media; it is not repeated");
                Ok(MediaDelivery::Unknown(sent(None)))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn message(
        &self,
        kind: UploadKind,
        media_id: &MediaId,
        chat: &Chat,
    ) -> Result<ReqId, MediaFailure> {
        self.wait_for_budget(chat).await?;
        let mut pauses = RATE_LIMIT_PAUSES.iter();
        loop {
            let command = Command::Send {
                chat: chat.id.clone(),
                kind: Some(chat.kind),
                body: body(kind, media_id.clone()),
            };
            let client = self.uploader.client();
            let error = match client.send_when_live(command, RECONNECT_WAIT).await {
                Ok(ack) => return Ok(ack.req_id),
                Err(error) => error,
            };
            match (&error, pauses.next()) {
                (SendError::Refused(refusal), Some(pause)) if refusal.code.is_rate_limited() => {
                    tokio::time::sleep(*pause).await;
                }
                _ => return Err(error.into()),
            }
        }
    }

    /// Media leaves room for the answer of the same turn.
    async fn wait_for_budget(&self, chat: &Chat) -> Result<(), MediaFailure> {
        let deadline = Instant::now() + BUDGET_WAIT;
        while let Err(wait) = self.budgets.take(chat, Priority::Status) {
            let until = Instant::now() + wait;
            if until > deadline {
                return Err(MediaFailure::Budget(wait));
            }
            tokio::time::sleep_until(until).await;
        }
        Ok(())
    }
}

fn failed(name: String, url: Option<url::Url>, failure: MediaFailure) -> MediaOutcome {
    let class = match &failure {
        MediaFailure::Load(error) => error.class(),
        _ => "not-sent",
    };
    tracing::warn!(class, %failure, "media was not sent");
    MediaOutcome {
        name,
        url,
        delivery: MediaDelivery::Failed(failure),
    }
}

fn is_kind_refused(failure: &MediaFailure) -> bool {
    match failure {
        MediaFailure::Upload(error) => matches!(error, UploadError::KindRefused(_)),
        MediaFailure::Send(error) => is_media_refused(error),
        _ => false,
    }
}

fn is_media_refused(error: &SendError) -> bool {
    matches!(error, SendError::Refused(refusal) if refusal.code.is_media_refused())
}

fn body(kind: UploadKind, media_id: MediaId) -> MessageBody {
    match kind {
        UploadKind::Image => MessageBody::Image(media_id),
        UploadKind::Voice => MessageBody::Voice(media_id),
        UploadKind::File => MessageBody::File(media_id),
        UploadKind::Video => MessageBody::Video {
            media_id,
            title: None,
            description: None,
        },
    }
}
