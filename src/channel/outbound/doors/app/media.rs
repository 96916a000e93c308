//! One piece of media through the agent app: loaded, planned, uploaded, sent.

use std::sync::Arc;

use tokio::time::timeout_at;

use super::line::Line;
use super::{ApiDoor, deliver, receipt};
use crate::channel::media::outbound::kind::{kind_of, plan};
use crate::channel::media::outbound::{
    Loaded, MediaDelivery, MediaError, MediaOutcome, Note, Plan, Reference, SentMedia,
    closing_notes,
};
use crate::channel::outbound::doors::{
    AppReceiver, DoorError, Limits, MediaAnswer, MediaItem, MediaProblem, NotSent, Receipt,
};
use crate::config::Account;
use crate::files::{FileGrant, FileRoots, MediaScope};
use crate::identity::TurnChat;
use crate::ids::MediaId;
use crate::wecom::api::{ApiCode, ApiError, ApiUpload, AppBody, content_type_of};
use crate::wecom::bot::{Upload, UploadKey, UploadKind};

/// Sends one item.
pub(super) async fn send(
    door: &ApiDoor,
    line: &Line,
    account: &Account,
    to: &AppReceiver,
    item: &MediaItem,
    limits: Limits,
) -> MediaAnswer {
    let loading = load(door, line, account, to, item);
    let loaded = match timeout_at(limits.until, loading).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(error)) => return failed(item.name(), MediaProblem::Unusable(error.for_operator())),
        Err(_) => return failed(item.name(), out_of_time()),
    };
    send_loaded(line, account, to, loaded, limits).await
}

/// Sends what is loaded.
pub(super) async fn send_loaded(
    line: &Line,
    account: &Account,
    to: &AppReceiver,
    loaded: Loaded,
    limits: Limits,
) -> MediaAnswer {
    let name = loaded.name.clone();
    let way = Way {
        line,
        account,
        to,
        limits,
        loaded,
    };
    match way.send().await {
        Ok((receipt, sent)) => {
            let outcome = MediaOutcome {
                name: name.clone(),
                url: None,
                delivery: MediaDelivery::Delivered(sent),
            };
            MediaAnswer {
                name,
                note: closing_notes(&[outcome]),
                result: Ok(receipt),
            }
        }
        Err(problem) => failed(name, problem),
    }
}

async fn load(
    door: &ApiDoor,
    line: &Line,
    account: &Account,
    to: &AppReceiver,
    item: &MediaItem,
) -> Result<Loaded, MediaError> {
    match item {
        MediaItem::Reference { reference, grant } => {
            let roots = roots(door, account, to, grant);
            let reference = Reference::parse(reference)?;
            line.loader.load(&reference, &roots).await
        }
        MediaItem::Document { name, content } => line.loader.document(name, content.clone()).await,
    }
}

/// Where files may lie: the shelf of the one conversation that it goes to, what the grant
/// allows, and what the operator lists. Departments and the like have no shelf.
fn roots(door: &ApiDoor, account: &Account, to: &AppReceiver, grant: &FileGrant) -> FileRoots {
    let chat = match to {
        AppReceiver::Users(users) => match users.as_slice() {
            [user] => TurnChat::Direct(user.clone()),
            _ => TurnChat::Group("".into()),
        },
        AppReceiver::Chat(chat) => TurnChat::Group(chat.clone()),
        AppReceiver::Parties(_) | AppReceiver::Tags(_) | AppReceiver::All => {
            TurnChat::Group("".into())
        }
    };
    let scope = MediaScope::of_chat(&account.id, &chat);
    let config = door.config.get();
    FileRoots::of_delivery(&config, &door.store, &scope, grant, door.user_home.clone())
}

/// One loaded item on its way.
struct Way<'a> {
    line: &'a Line,
    account: &'a Account,
    to: &'a AppReceiver,
    limits: Limits,
    loaded: Loaded,
}

impl Way<'_> {
    async fn send(&self) -> Result<(Receipt, SentMedia), MediaProblem> {
        let loaded = &self.loaded;
        let planned = plan(
            kind_of(&loaded.content_type),
            &loaded.facts(),
            self.line.loader.limit(),
        );
        let (mut kind, mut note) = match planned {
            Plan::Send { kind, note } => (kind, note),
            Plan::Rejected(rejection) => {
                return Err(MediaProblem::Unusable(rejection.to_string()));
            }
        };
        let mut sent = self.send_as(kind).await;
        let is_refused = |failure: &Failure| failure.code().is_some_and(ApiCode::is_kind_refused);
        if kind != UploadKind::File && sent.as_ref().is_err_and(is_refused) {
            tracing::warn!(account = %self.account.id, ?kind, "media goes out as a file instead");
            note = Some(Note::Refused { kind });
            kind = UploadKind::File;
            sent = self.send_as(kind).await;
        }
        let receipt = sent?;
        let message_id = None;
        let sent = SentMedia {
            kind,
            note,
            message_id,
        };
        Ok((receipt, sent))
    }

    /// Uploads and sends; an upload of a while ago that WeCom has forgotten is made again.
    async fn send_as(&self, kind: UploadKind) -> Result<Receipt, Failure> {
        let key = self.key(kind);
        let uploads = &self.line.uploads;
        if let Some(media_id) = uploads.get(&key) {
            let sent = self.message(kind, media_id.clone()).await;
            let is_gone = |failure: &Failure| failure.code().is_some_and(ApiCode::is_media_gone);
            if !sent.as_ref().is_err_and(is_gone) {
                return sent;
            }
            uploads.forget(&media_id);
        }
        let loaded = &self.loaded;
        let upload = ApiUpload {
            kind,
            name: loaded.name.clone(),
            content_type: content_type_of(&loaded.name).to_owned(),
            size: loaded.size,
            bytes: Arc::new(loaded.clone()),
        };
        let client = &self.line.client;
        let media_id = client
            .upload(&upload, self.limits.until)
            .await
            .map_err(Failure::Upload)?;
        uploads.put(key, media_id.clone());
        self.message(kind, media_id).await
    }

    async fn message(&self, kind: UploadKind, media_id: MediaId) -> Result<Receipt, Failure> {
        let body = match kind {
            UploadKind::Image => AppBody::Image(media_id),
            UploadKind::Voice => AppBody::Voice(media_id),
            UploadKind::File => AppBody::File(media_id),
            UploadKind::Video => AppBody::Video {
                media_id,
                title: None,
                description: None,
            },
        };
        deliver(self.line, self.account, self.to, body, self.limits)
            .await
            .map(receipt)
            .map_err(Failure::Message)
    }

    fn key(&self, kind: UploadKind) -> UploadKey {
        UploadKey::of(&Upload {
            kind,
            file_name: &self.loaded.name,
            size: self.loaded.size,
            md5: &self.loaded.md5,
            bytes: &self.loaded,
        })
    }
}

/// Which half of the work failed.
enum Failure {
    /// Nothing is in the chat, whatever became of the upload.
    Upload(ApiError),
    Message(ApiError),
}

impl Failure {
    fn code(&self) -> Option<ApiCode> {
        let (Self::Upload(error) | Self::Message(error)) = self;
        error.code()
    }
}

impl From<Failure> for MediaProblem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Upload(ApiError::Unsendable(unsendable)) => {
                Self::Unusable(unsendable.to_string())
            }
            Failure::Upload(error @ ApiError::Unreadable(_)) => Self::Unusable(error.to_string()),
            Failure::Upload(error) if error.may_have_arrived() => Self::Door(DoorError::NotSent {
                reason: NotSent::Unreachable,
                message: format!("the upload failed: {error}"),
            }),
            Failure::Upload(error) | Failure::Message(error) => Self::Door(error.into()),
        }
    }
}

fn out_of_time() -> MediaProblem {
    MediaProblem::Door(DoorError::NotSent {
        reason: NotSent::OutOfTime,
        message: "the file was not loaded before the time for this request was over".to_owned(),
    })
}

fn failed(name: String, problem: MediaProblem) -> MediaAnswer {
    MediaAnswer {
        name,
        note: None,
        result: Err(problem),
    }
}
