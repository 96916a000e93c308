//! The part of the control API in which a member talks to an app.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{post, put};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use super::handle::AppsHandle;
use super::id::AppId;
use super::member::AppSaid;
use super::saying::AppSaying;
use crate::ids::{MediaId, UserId};
use crate::sim::attachment::AttachmentKind;
use crate::sim::control::{Body, Failure};
use crate::sim::hooks::NewWebhook;
use crate::sim::rules::Answers;
use crate::sim::shared::Shared;
use crate::sim::sim::SimError;

type World = State<Arc<Shared>>;

/// The routes.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/apps/callback", put(set_callback))
        .route("/apps/say", post(say))
        .route("/apps/press", post(press))
        .route("/apps/events", post(event))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCallback {
    app: AppId,
    /// Nothing: it is not called any more.
    callback: Option<NewWebhook>,
}

async fn set_callback(
    State(shared): World,
    Body(new): Body<NewCallback>,
) -> Result<StatusCode, Failure> {
    AppsHandle::new(shared).set_callback(&new.app, new.callback.map(Into::into))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSaying {
    app: AppId,
    from: UserId,
    say: Words,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Words {
    Text(String),
    File(NewFile),
    Voice {
        upload: Option<MediaId>,
        base64: Option<String>,
        /// What the service recognises.
        text: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    Link {
        title: String,
        #[serde(default)]
        description: String,
        url: String,
    },
}

/// A file that was uploaded before, or one that comes along.
#[derive(Deserialize)]
#[serde(untagged)]
enum NewFile {
    Uploaded {
        upload: MediaId,
    },
    Inline {
        #[serde(rename = "type")]
        kind: AttachmentKind,
        name: String,
        base64: String,
    },
}

impl Words {
    fn saying(self, shared: &Shared) -> Result<AppSaying, SimError> {
        Ok(match self {
            Self::Text(text) => AppSaying::Text(text),
            Self::File(NewFile::Uploaded { upload }) => {
                let (kind, name, data) = uploaded(shared, &upload)?;
                AppSaying::File { kind, name, data }
            }
            Self::File(NewFile::Inline { kind, name, base64 }) => AppSaying::File {
                kind,
                name,
                data: decoded(&base64)?,
            },
            Self::Voice {
                upload,
                base64,
                text,
            } => AppSaying::Voice {
                sound: match (upload, base64) {
                    (Some(upload), _) => Some(uploaded(shared, &upload)?.2),
                    (None, Some(base64)) => Some(decoded(&base64)?),
                    (None, None) => None,
                },
                recognition: text,
            },
            Self::Location {
                latitude,
                longitude,
                label,
            } => AppSaying::Location {
                latitude,
                longitude,
                label,
            },
            Self::Link {
                title,
                description,
                url,
            } => AppSaying::Link {
                title,
                description,
                url,
            },
        })
    }
}

async fn say(State(shared): World, Body(new): Body<NewSaying>) -> Result<Json<AppSaid>, Failure> {
    let saying = new.say.saying(&shared)?;
    Ok(Json(saying.tell(&shared, &new.app, &new.from)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPress {
    app: AppId,
    from: UserId,
    task_id: String,
    key: String,
    #[serde(default)]
    answers: Answers,
}

async fn press(State(shared): World, Body(new): Body<NewPress>) -> Result<Json<AppSaid>, Failure> {
    let saying = AppSaying::Press {
        task_id: new.task_id,
        key: new.key,
        answers: new.answers,
    };
    Ok(Json(saying.tell(&shared, &new.app, &new.from)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    app: AppId,
    from: UserId,
    event: String,
    /// Texts of the document by name.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

async fn event(State(shared): World, Body(new): Body<NewEvent>) -> Result<Json<AppSaid>, Failure> {
    let saying = AppSaying::Event {
        name: new.event,
        fields: new.fields.into_iter().collect(),
    };
    Ok(Json(saying.tell(&shared, &new.app, &new.from)?))
}

fn uploaded(shared: &Shared, id: &MediaId) -> Result<(AttachmentKind, String, Bytes), SimError> {
    let world = shared.world();
    let stored = world.media().get(id);
    let found = stored.and_then(|media| {
        let kind = AttachmentKind::named(&media.kind)?;
        Some((kind, media.name.clone(), media.data.clone()))
    });
    found.ok_or_else(|| SimError::Unknown {
        what: "upload",
        id: id.to_string(),
    })
}

fn decoded(base64: &str) -> Result<Bytes, SimError> {
    let bytes = STANDARD.decode(base64);
    bytes
        .map(Bytes::from)
        .map_err(|error| SimError::Invalid(format!("`base64` is wrong: {error}")))
}
