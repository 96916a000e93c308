//! What was asked, and what arrived.

use serde::Serialize;
use serde_json::Value;

use crate::ids::{ChatId, MediaId, UserId};

/// A request to the API. Neither secret nor token is in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiCall {
    /// Its number, from 1 on.
    pub seq: u64,
    /// When it came (Unix milliseconds).
    pub at: i64,
    /// Path below `/cgi-bin/`, `message/send` for example.
    pub call: String,
    /// The app whose token or secret it had, if that was good.
    pub agent_id: Option<u64>,
    /// The body, where it is JSON.
    pub body: Value,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `errcode` of the answer; `None` before it, or where it was no answer of the API.
    pub errcode: Option<i64>,
}

/// A message of an app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AppEntry {
    /// When it came (Unix milliseconds).
    pub at: i64,
    /// The app.
    pub agent_id: u64,
    /// Its id; chats of apps give none.
    pub msgid: Option<String>,
    /// `touser` as sent.
    pub touser: String,
    /// `toparty` as sent.
    pub toparty: String,
    /// `totag` as sent.
    pub totag: String,
    /// The chat that it went into.
    pub chat: Option<ChatId>,
    /// Members who have it, each once.
    pub members: Vec<UserId>,
    /// Members who would have it if the app had not written to them too often.
    pub dropped: Vec<UserId>,
    /// `msgtype`.
    pub msgtype: String,
    /// The object of that name, as it arrived.
    pub body: Value,
    /// Bytes of text that were cut off as too long.
    pub cut: usize,
    /// Whether it was taken back.
    pub recalled: bool,
}

/// A file that an app uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppUpload {
    /// Its id.
    pub media_id: MediaId,
    /// `image`, `voice`, `video` or `file`.
    pub kind: String,
    /// File name.
    pub name: String,
    /// `Content-Disposition` of the part, as it came.
    pub disposition: String,
    /// `Content-Type` of the part.
    pub content_type: String,
    /// Bytes.
    pub size: usize,
}

impl AppEntry {
    /// The text of a text or Markdown message; empty for others.
    pub fn text(&self) -> &str {
        let text = self.body.get("content").and_then(Value::as_str);
        text.unwrap_or_default()
    }
}
