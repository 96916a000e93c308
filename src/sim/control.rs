//! The control API: JSON over HTTP under `/sim/`.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::acting;
use super::apps;
use super::attachment;
use super::chat::{BadChatName, SimChat};
use super::company;
use super::events;
use super::faults::{FaultRequest, Faults};
use super::guard;
use super::hooks;
use super::injection::{Injected, Injection, Push, RawFrame};
use super::mcp;
use super::newcomer::{NewBot, NewGroup, NewUser};
use super::record::{ConnectionInfo, RecordedFrame, Violation};
use super::shared::Shared;
use super::sim::SimError;
use crate::ids::{BotId, ChatId, MediaId, MessageId, ReqId, UserId, generate};

type World = State<Arc<Shared>>;

/// The routes, behind the check of `Host` and `Origin`.
pub(super) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/state", get(state))
        .route("/users", post(add_user))
        .route("/groups", post(add_group))
        .route("/bots", post(add_bot))
        .route("/messages", post(message))
        .route("/events", post(event))
        .route("/events/stream", get(events::stream))
        .route("/raw", post(raw))
        .route("/redeliver", post(redeliver))
        .route("/chats", get(chats))
        .route("/chats/{chat}", get(transcript))
        .route("/media/{id}", get(media))
        .route(
            "/faults/{bot}",
            put(set_faults).get(faults).delete(clear_faults),
        )
        .route("/mcp/{bot}", put(set_mcp_urls))
        .merge(acting::router())
        .merge(mcp::router())
        .merge(company::router())
        .merge(apps::router())
        .merge(hooks::router())
        .route("/frames/{bot}", get(frames))
        .route("/connections/{bot}", get(connection))
        .route("/violations", get(violations))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(
            Arc::clone(shared),
            guard::check,
        ))
}

async fn state(State(shared): World) -> Json<Value> {
    let world = shared.world();
    let bots: Vec<Value> = world
        .bots()
        .map(|(id, name, connected, called)| {
            json!({ "id": id, "name": name, "connected": connected, "called": called })
        })
        .collect();
    let users: Vec<Value> = world
        .users()
        .map(|(id, name)| json!({ "id": id, "name": name }))
        .collect();
    let groups: Vec<Value> = world
        .groups()
        .map(|(id, group)| {
            json!({ "id": id, "name": group.name, "members": group.members, "bots": group.bots })
        })
        .collect();
    let apps: Vec<Value> = world.app_rows().collect();
    let seq = world.feed().head();
    Json(json!({ "bots": bots, "users": users, "groups": groups, "apps": apps, "seq": seq }))
}

async fn add_user(State(shared): World, Body(user): Body<NewUser>) -> Result<Json<Value>, Failure> {
    let id = user.id.clone();
    shared.world().add_user(user.into())?;
    Ok(Json(json!({ "id": id })))
}

async fn add_group(
    State(shared): World,
    Body(group): Body<NewGroup>,
) -> Result<Json<Value>, Failure> {
    let group = group.seeded(|| generate("wr", shared.now()).replace('_', "").into());
    let id = group.id.clone();
    shared.world().add_group(group)?;
    Ok(Json(json!({ "id": id })))
}

async fn add_bot(State(shared): World, Body(bot): Body<NewBot>) -> Result<Json<Value>, Failure> {
    let id = bot.id.clone();
    shared.world().add_bot(bot.into())?;
    Ok(Json(json!({ "id": id })))
}

/// What messages and events have in common.
#[derive(Deserialize)]
struct Envelope {
    bot: BotId,
    from: Option<UserId>,
    group: Option<ChatId>,
    quote: Option<Value>,
    msgid: Option<MessageId>,
    req_id: Option<ReqId>,
    #[serde(default)]
    omit: Vec<String>,
}

impl Envelope {
    fn around(self, push: Push) -> Injection {
        Injection {
            bot: self.bot,
            from: self.from,
            group: self.group,
            push,
            quote: self.quote,
            msgid: self.msgid,
            req_id: self.req_id,
            omit: self.omit.into_iter().collect(),
        }
    }
}

#[derive(Deserialize)]
struct NewMessage {
    #[serde(flatten)]
    envelope: Envelope,
    msgtype: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

async fn message(
    State(shared): World,
    Body(message): Body<NewMessage>,
) -> Result<Json<Injected>, Failure> {
    let NewMessage {
        envelope,
        msgtype,
        mut rest,
    } = message;
    let content = rest.remove(&msgtype).ok_or_else(|| {
        SimError::Invalid(format!(
            "the object `{msgtype}` is missing: it is the content"
        ))
    })?;
    let injection = envelope.around(Push::Message { msgtype, content });
    inject(&shared, &injection)
}

#[derive(Deserialize)]
struct NewEvent {
    #[serde(flatten)]
    envelope: Envelope,
    eventtype: String,
    event: Option<Value>,
}

async fn event(
    State(shared): World,
    Body(event): Body<NewEvent>,
) -> Result<Json<Injected>, Failure> {
    let NewEvent {
        envelope,
        eventtype,
        event,
    } = event;
    // The details may come as they are, or under their name as in the frame.
    let detail = event.map(|mut event| match event.get_mut(&eventtype) {
        Some(inner) if inner.is_object() => inner.take(),
        _ => event,
    });
    let injection = envelope.around(Push::Event { eventtype, detail });
    inject(&shared, &injection)
}

fn inject(shared: &Shared, injection: &Injection) -> Result<Json<Injected>, Failure> {
    let now = shared.now();
    Ok(Json(shared.world().inject(injection, now)?))
}

#[derive(Deserialize)]
struct NewRaw {
    bot: BotId,
    text: Option<String>,
    base64: Option<String>,
    #[serde(default)]
    binary: bool,
}

async fn raw(State(shared): World, Body(raw): Body<NewRaw>) -> Result<Json<Value>, Failure> {
    let bytes = match (raw.text, raw.base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(data)) => STANDARD
            .decode(data)
            .map_err(|error| SimError::Invalid(format!("`base64` is wrong: {error}")))?,
        _ => {
            let text = "give either `text` or `base64`".to_owned();
            return Err(SimError::Invalid(text).into());
        }
    };
    let frame = if raw.binary {
        RawFrame::Binary(bytes.into())
    } else {
        RawFrame::Text(String::from_utf8(bytes).map_err(|_| {
            SimError::Invalid("a text frame must be UTF-8: set `binary`".to_owned())
        })?)
    };
    let delivered = shared.world().inject_raw(&raw.bot, frame)?;
    Ok(Json(json!({ "delivered": delivered })))
}

#[derive(Deserialize)]
struct Redelivery {
    msgid: MessageId,
}

async fn redeliver(
    State(shared): World,
    Body(redelivery): Body<Redelivery>,
) -> Result<Json<Value>, Failure> {
    let delivered = shared.world().redeliver(&redelivery.msgid)?;
    Ok(Json(json!({ "delivered": delivered })))
}

async fn chats(State(shared): World) -> Json<Vec<Value>> {
    let world = shared.world();
    let mut chats: Vec<_> = world.conversations().newest().collect();
    chats.sort_by_key(|(_, newest)| std::cmp::Reverse(newest.id));
    let rows = chats.into_iter().map(|(chat, newest)| {
        let mut row = json!({ "chat": chat });
        if let Some(row) = row.as_object_mut() {
            match chat {
                SimChat::Direct { bot, user } => {
                    row.insert("bot".to_owned(), json!(bot));
                    row.insert("user".to_owned(), json!(user));
                }
                SimChat::Group { bot, group } => {
                    row.insert("bot".to_owned(), json!(bot));
                    row.insert("group".to_owned(), json!(group));
                }
                SimChat::App { app, user } => {
                    row.insert("app".to_owned(), json!(app));
                    row.insert("user".to_owned(), json!(user));
                }
            }
            row.insert("last_at".to_owned(), json!(newest.updated_at));
            row.insert("preview".to_owned(), json!(newest.preview()));
        }
        row
    });
    Json(rows.collect())
}

async fn transcript(
    State(shared): World,
    Path(chat): Path<String>,
) -> Result<Json<Value>, Failure> {
    let chat: SimChat = chat.parse()?;
    let world = shared.world();
    let entries: Vec<_> = world.conversations().entries(&chat).collect();
    Ok(Json(
        json!({ "entries": entries, "seq": world.feed().head() }),
    ))
}

async fn media(State(shared): World, Path(id): Path<MediaId>) -> Result<Response, Failure> {
    let world = shared.world();
    let media = world.media().get(&id).ok_or_else(|| SimError::Unknown {
        what: "media",
        id: id.to_string(),
    })?;
    let headers = [
        (header::CONTENT_TYPE, attachment::content_type(&media.data)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, media.data.clone()).into_response())
}

async fn set_faults(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(request): Body<FaultRequest>,
) -> Result<Json<Faults>, Failure> {
    Ok(Json(shared.apply_faults(&bot, &request)?))
}

async fn faults(State(shared): World, Path(bot): Path<BotId>) -> Result<Json<Faults>, Failure> {
    Ok(Json(shared.world().faults(&bot)?))
}

async fn clear_faults(State(shared): World, Path(bot): Path<BotId>) -> Result<StatusCode, Failure> {
    shared.world().clear_faults(&bot)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_mcp_urls(
    State(shared): World,
    Path(bot): Path<BotId>,
    Body(urls): Body<std::collections::BTreeMap<String, String>>,
) -> Result<StatusCode, Failure> {
    let mut world = shared.world();
    for (biz_type, url) in &urls {
        world.set_mcp_url(&bot, biz_type, url)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn frames(State(shared): World, Path(bot): Path<BotId>) -> Json<Vec<RecordedFrame>> {
    Json(shared.world().frames(&bot))
}

async fn connection(State(shared): World, Path(bot): Path<BotId>) -> Json<ConnectionInfo> {
    Json(shared.world().connection(&bot))
}

async fn violations(State(shared): World) -> Json<Vec<Violation>> {
    Json(shared.world().violations())
}

/// A JSON body, whose faults are answered as JSON too.
pub(super) struct Body<T>(pub(super) T);

impl<T, S> FromRequest<S> for Body<T>
where
    Json<T>: FromRequest<S, Rejection = JsonRejection>,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Failure> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(Failure {
                status: rejection.status(),
                text: rejection.body_text(),
            }),
        }
    }
}

/// An answer with an error: `{"error": "..."}`.
pub(super) struct Failure {
    status: StatusCode,
    text: String,
}

impl From<SimError> for Failure {
    fn from(error: SimError) -> Self {
        let status = match &error {
            SimError::Unknown { .. } => StatusCode::NOT_FOUND,
            SimError::Exists { .. } => StatusCode::CONFLICT,
            SimError::Invalid(_) => StatusCode::BAD_REQUEST,
            SimError::Bind { .. } | SimError::NotLoopback(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            text: error.to_string(),
        }
    }
}

impl From<BadChatName> for Failure {
    fn from(error: BadChatName) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            text: error.to_string(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.text }))).into_response()
    }
}

/// Of a request: a raw frame of 20 MiB in base64 fits.
const BODY_MAX: usize = 32 * 1_024 * 1_024;
