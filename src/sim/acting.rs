//! The part of the control API in which a person acts: uploads, messages, clicks.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::attachment::{ATTACHMENT_MAX, AttachmentKind, Download, Handover};
use super::control::{Body, Failure};
use super::entry::EntryMedia;
use super::injection::Injected;
use super::member::{Said, store};
use super::rules::Answers;
use super::shared::Shared;
use super::sim::SimError;
use super::world::{Press, Quoting, Speech, SpeechPart};
use crate::ids::{BotId, ChatId, MediaId, UserId};

/// The routes.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(
            "/uploads",
            post(upload).layer(DefaultBodyLimit::max(ATTACHMENT_MAX)),
        )
        .route("/say", post(say))
        .route("/press", post(press))
        .route("/downloads", get(downloads))
}

#[derive(Deserialize)]
struct NewUpload {
    #[serde(rename = "type")]
    kind: AttachmentKind,
    name: String,
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    Query(upload): Query<NewUpload>,
    data: Bytes,
) -> Result<Json<EntryMedia>, Failure> {
    Ok(Json(store(&shared, upload.kind, &upload.name, data)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSpeech {
    bot: BotId,
    from: UserId,
    group: Option<ChatId>,
    parts: Vec<NewPart>,
    /// Number of the quoted entry.
    quote: Option<u64>,
    #[serde(default)]
    quote_handover: Handover,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum NewPart {
    Text(String),
    File(NewFile),
    Voice {
        text: String,
        upload: Option<MediaId>,
    },
}

/// A file that was uploaded before, or one that comes along.
#[derive(Deserialize)]
#[serde(untagged)]
enum NewFile {
    Uploaded {
        upload: MediaId,
        #[serde(default)]
        handover: Handover,
    },
    Inline {
        #[serde(rename = "type")]
        kind: AttachmentKind,
        name: String,
        base64: String,
        #[serde(default)]
        handover: Handover,
    },
}

impl NewFile {
    fn stored(self, shared: &Shared) -> Result<SpeechPart, SimError> {
        let (id, handover) = match self {
            Self::Uploaded { upload, handover } => (upload, handover),
            Self::Inline {
                kind,
                name,
                base64,
                handover,
            } => {
                let data = STANDARD
                    .decode(base64)
                    .map_err(|error| SimError::Invalid(format!("`base64` is wrong: {error}")))?;
                (store(shared, kind, &name, data.into())?.id, handover)
            }
        };
        Ok(SpeechPart::File(id, handover))
    }
}

async fn say(
    State(shared): State<Arc<Shared>>,
    Body(speech): Body<NewSpeech>,
) -> Result<Json<Said>, Failure> {
    let part = |part| match part {
        NewPart::Text(text) => Ok(SpeechPart::Text(text)),
        NewPart::File(file) => file.stored(&shared),
        NewPart::Voice { text, upload } => Ok(SpeechPart::Voice(text, upload)),
    };
    let parts: Result<_, SimError> = speech.parts.into_iter().map(part).collect();
    let handover = speech.quote_handover;
    let speech = Speech {
        bot: speech.bot,
        from: speech.from,
        group: speech.group,
        parts: parts?,
        quote: speech.quote.map(|entry| Quoting { entry, handover }),
    };
    let now = shared.now();
    Ok(Json(shared.world().say(speech, now)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPress {
    bot: BotId,
    from: UserId,
    group: Option<ChatId>,
    task_id: String,
    key: String,
    #[serde(default)]
    answers: Answers,
}

async fn press(
    State(shared): State<Arc<Shared>>,
    Body(press): Body<NewPress>,
) -> Result<Json<Injected>, Failure> {
    let press = Press {
        bot: press.bot,
        from: press.from,
        group: press.group,
        task_id: press.task_id,
        key: press.key,
        answers: press.answers,
    };
    let now = shared.now();
    Ok(Json(shared.world().press(press, now)?))
}

async fn downloads(State(shared): State<Arc<Shared>>) -> Json<Vec<Download>> {
    Json(shared.world().links.list().cloned().collect())
}
