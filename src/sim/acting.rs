//! The part of the control API in which a person acts: uploads, messages, clicks.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::attachment::{ATTACHMENT_MAX, AttachmentKind, Download, Handover};
use super::control::{Body, Failure};
use super::entry::EntryMedia;
use super::injection::Injected;
use super::member::{Said, store};
use super::rules::Answers;
use super::shared::Shared;
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
    File {
        upload: MediaId,
        #[serde(default)]
        handover: Handover,
    },
    Voice {
        text: String,
        upload: Option<MediaId>,
    },
}

async fn say(
    State(shared): State<Arc<Shared>>,
    Body(speech): Body<NewSpeech>,
) -> Result<Json<Said>, Failure> {
    let part = |part| match part {
        NewPart::Text(text) => SpeechPart::Text(text),
        NewPart::File { upload, handover } => SpeechPart::File(upload, handover),
        NewPart::Voice { text, upload } => SpeechPart::Voice(text, upload),
    };
    let handover = speech.quote_handover;
    let speech = Speech {
        bot: speech.bot,
        from: speech.from,
        group: speech.group,
        parts: speech.parts.into_iter().map(part).collect(),
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
