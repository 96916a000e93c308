//! `message/send`, `appchat/send` and `message/recall`.

use serde_json::{Map, Value, json};

use super::journal::AppEntry;
use super::recipients;
use super::refusal::{self, Answered, Refusal, members};
use super::seed::SeedApp;
use super::state::Apps;
use crate::ids::{ChatId, MediaId, UserId};
use crate::sim::world::{AppNews, Media};

/// Bytes of a text; what is longer is cut without a word.
const TEXT_BYTES: usize = 2_048;
/// How long an identical message is dropped by default (s).
const DUPLICATE_INTERVAL_S: i64 = 1_800;
/// How long a message can be taken back.
const RECALL_MS: i64 = 24 * 60 * 60 * 1_000;

/// The content of a message, as it arrives.
struct Content {
    msgtype: String,
    body: Value,
    cut: usize,
}

/// `message/send`.
pub(super) fn send(
    apps: &mut Apps,
    app: &SeedApp,
    people: &[UserId],
    message: &Map<String, Value>,
    now_ms: i64,
) -> Answered {
    match message.get("agentid") {
        Some(Value::Number(number)) if number.as_u64() == Some(app.agent_id) => {}
        Some(Value::Number(_)) => {
            let text = "agent is not allowed with this token";
            return Err(Refusal::new(refusal::FOREIGN_APP, text));
        }
        _ => return Err(Refusal::new(refusal::BAD_AGENT, "invalid agentid")),
    }
    let content = content(apps, message, now_ms)?;
    let resolved = recipients::resolve(message, app, people, &apps.directory)?;
    let msgid = apps.message_id();
    let mut answer = resolved.lists();
    answer.insert("msgid".to_owned(), json!(msgid));
    if let Some(code) = apps
        .cards
        .issue(&content.msgtype, &content.body, app, now_ms)
    {
        answer.insert("response_code".to_owned(), json!(code));
    }
    if is_repeated(apps, message, now_ms) {
        return Ok(answer);
    }
    let (members, dropped) = resolved
        .members
        .into_iter()
        .partition(|user| apps.quotas.take(app.agent_id, user, now_ms));
    let text = |name: &str| {
        let text = message.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let file = file_of(apps, &content, now_ms);
    let message = arrive(
        apps,
        content,
        AppEntry {
            at: now_ms,
            agent_id: app.agent_id,
            msgid: Some(msgid),
            touser: text("touser"),
            toparty: text("toparty"),
            totag: text("totag"),
            members,
            dropped,
            ..blank()
        },
    );
    apps.news.push(AppNews::Arrived {
        app: app.id(),
        message: Box::new(message),
        file,
    });
    Ok(answer)
}

/// `appchat/send`.
pub(super) fn send_into_chat(
    apps: &mut Apps,
    app: &SeedApp,
    message: &Map<String, Value>,
    now_ms: i64,
) -> Answered {
    let id = message.get("chatid").and_then(Value::as_str);
    let id = ChatId::from(id.unwrap_or_default());
    let Some(chat) = apps.chats.get(&id).cloned() else {
        return Err(Refusal::new(refusal::NO_CHAT, "chatid not exist"));
    };
    if chat.agent_id != app.agent_id {
        let text = "chat is not created by this agent";
        return Err(Refusal::new(refusal::FOREIGN_CHAT, text));
    }
    if message.get("msgtype").and_then(Value::as_str) == Some("template_card") {
        return Err(Refusal::new(refusal::BAD_MSGTYPE, "invalid message type"));
    }
    let content = content(apps, message, now_ms)?;
    arrive(
        apps,
        content,
        AppEntry {
            at: now_ms,
            agent_id: app.agent_id,
            chat: Some(id),
            members: chat.members,
            ..blank()
        },
    );
    Ok(Map::new())
}

/// `message/recall`.
pub(super) fn recall(
    apps: &mut Apps,
    app: &SeedApp,
    message: &Map<String, Value>,
    now_ms: i64,
) -> Answered {
    let msgid = message.get("msgid").and_then(Value::as_str);
    let is_it = |entry: &AppEntry| {
        entry.agent_id == app.agent_id
            && msgid.is_some()
            && entry.msgid.as_deref() == msgid
            && now_ms.saturating_sub(entry.at) < RECALL_MS
    };
    let recalled = {
        let mut entries = apps.entries_mut().iter_mut();
        entries.find(|entry| is_it(entry)).map(|entry| {
            entry.recalled = true;
            entry.msgid.clone().unwrap_or_default()
        })
    };
    let Some(msgid) = recalled else {
        return Err(Refusal::new(refusal::BAD_ARGUMENT, "invalid msgid"));
    };
    let app = app.id();
    apps.news.push(AppNews::Recalled { app, msgid });
    Ok(Map::new())
}

/// The file of a message, for those who look at it.
fn file_of(apps: &Apps, content: &Content, now_ms: i64) -> Option<(MediaId, Media)> {
    let id = content.body.get("media_id")?.as_str()?;
    let id = MediaId::from(id);
    let file = apps.media.get(&id, now_ms)?.file.clone();
    let media = Media {
        bot: None,
        kind: content.msgtype.clone(),
        name: file.name.unwrap_or_else(|| content.msgtype.clone()),
        data: file.data,
        md5: None,
        at_ms: now_ms,
    };
    Some((id, media))
}

fn arrive(apps: &mut Apps, content: Content, entry: AppEntry) -> AppEntry {
    let bytes = content.body.to_string().len();
    let entry = AppEntry {
        msgtype: content.msgtype,
        body: content.body,
        cut: content.cut,
        ..entry
    };
    apps.arrived(entry.clone(), bytes);
    entry
}

fn blank() -> AppEntry {
    AppEntry {
        at: 0,
        agent_id: 0,
        msgid: None,
        touser: String::new(),
        toparty: String::new(),
        totag: String::new(),
        chat: None,
        members: Vec::new(),
        dropped: Vec::new(),
        msgtype: String::new(),
        body: Value::Null,
        cut: 0,
        recalled: false,
    }
}

fn is_repeated(apps: &mut Apps, message: &Map<String, Value>, now_ms: i64) -> bool {
    if message.get("enable_duplicate_check") != Some(&json!(1)) {
        return false;
    }
    let interval = message
        .get("duplicate_check_interval")
        .and_then(Value::as_i64);
    let interval = interval.unwrap_or(DUPLICATE_INTERVAL_S);
    let message = Value::Object(message.clone());
    apps.duplicates.is_repeated(&message, interval, now_ms)
}

fn content(apps: &Apps, message: &Map<String, Value>, now_ms: i64) -> Result<Content, Refusal> {
    let msgtype = message.get("msgtype").and_then(Value::as_str);
    let msgtype = msgtype.unwrap_or_default().to_owned();
    let body = message.get(&msgtype).and_then(Value::as_object);
    let no_type = || Refusal::new(refusal::BAD_MSGTYPE, "invalid message type");
    let mut body = body.cloned().ok_or_else(no_type)?;
    let text_of = |body: &Map<String, Value>, name: &str| {
        let text = body.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut cut = 0;
    match msgtype.as_str() {
        "text" | "markdown" => {
            let content = text_of(&body, "content");
            if content.is_empty() {
                return Err(Refusal::new(refusal::EMPTY_TEXT, "empty content"));
            }
            let end = content.floor_char_boundary(TEXT_BYTES);
            cut = content.len() - end;
            let kept = content.get(..end).unwrap_or_default();
            body.insert("content".to_owned(), json!(kept));
        }
        "image" | "voice" | "video" | "file" => {
            let id = text_of(&body, "media_id").into();
            if !apps.media.has(&id, &msgtype, now_ms) {
                return Err(Refusal::new(refusal::NO_MEDIA, "invalid media_id"));
            }
        }
        "textcard" => {
            for name in ["title", "description", "url"] {
                if text_of(&body, name).is_empty() {
                    let text = format!("missing {name}");
                    return Err(Refusal::new(refusal::BAD_ARGUMENT, &text));
                }
            }
        }
        "template_card" => super::card::check(&body)?,
        _ => return Err(no_type()),
    }
    Ok(Content {
        msgtype,
        body: Value::Object(body),
        cut,
    })
}

/// The tags of the company: `tag/list`.
pub(super) fn tags(apps: &Apps) -> Map<String, Value> {
    let tags = apps.directory.tags.iter();
    let list: Vec<Value> = tags
        .map(|(id, tag)| json!({ "tagid": id, "tagname": tag.name }))
        .collect();
    members([("taglist", json!(list))])
}
