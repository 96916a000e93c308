//! Writing outbound frames: a command in, text out.

use std::time::Duration;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::command::{Command, MessageBody, StreamFrame, UploadKind, WelcomeBody};
use super::settings::BotSettings;
use crate::ids::{self, MediaId, ReqId};

/// How long WeCom may take to acknowledge most frames. Usually it takes under half a
/// second.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// The same for proactive messages, business messages and the small upload frames.
const SLOW_ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// The same for MCP configuration.
const MCP_ACK_TIMEOUT: Duration = Duration::from_secs(15);
/// The same for an upload chunk, whose 700 kB have to pass the uplink first.
const CHUNK_ACK_TIMEOUT: Duration = Duration::from_secs(30);

/// Undocumented; the official plugin always sends 1.
const SCENE: u8 = 1;

impl Command {
    /// The command's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RespondStream { .. } | Self::Respond { .. } => "aibot_respond_msg",
            Self::Welcome { .. } => "aibot_respond_welcome_msg",
            Self::UpdateCard { .. } => "aibot_respond_update_msg",
            Self::Send { .. } => "aibot_send_msg",
            Self::UploadInit { .. } => "aibot_upload_media_init",
            Self::UploadChunk { .. } => "aibot_upload_media_chunk",
            Self::UploadFinish { .. } => "aibot_upload_media_finish",
            Self::McpConfig { .. } => "aibot_get_mcp_config",
            Self::SendBizMessage { .. } => "aibot_send_biz_msg",
            Self::EnterCheck { .. } => "ww_ai_robot_enter_event",
        }
    }

    /// How long the acknowledgement may take, counted from the write.
    pub fn ack_timeout(&self) -> Duration {
        match self {
            Self::RespondStream { .. }
            | Self::Respond { .. }
            | Self::Welcome { .. }
            | Self::UpdateCard { .. }
            | Self::EnterCheck { .. } => ACK_TIMEOUT,
            Self::Send { .. }
            | Self::SendBizMessage { .. }
            | Self::UploadInit { .. }
            | Self::UploadFinish { .. } => SLOW_ACK_TIMEOUT,
            Self::McpConfig { .. } => MCP_ACK_TIMEOUT,
            Self::UploadChunk { .. } => CHUNK_ACK_TIMEOUT,
        }
    }

    /// Whether this closes a stream.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::RespondStream { stream, .. } if stream.finish)
    }

    /// The `req_id` of the push that this answers, or a new one.
    pub(super) fn req_id(&self, now_ms: i64) -> ReqId {
        let prefix = match self {
            Self::RespondStream { req_id, .. }
            | Self::Respond { req_id, .. }
            | Self::Welcome { req_id, .. }
            | Self::UpdateCard { req_id, .. }
            | Self::EnterCheck { req_id } => return req_id.clone(),
            Self::McpConfig { .. } => "mcp_config",
            Self::SendBizMessage { .. } => "biz_msg",
            Self::Send { .. }
            | Self::UploadInit { .. }
            | Self::UploadChunk { .. }
            | Self::UploadFinish { .. } => self.name(),
        };
        ReqId::new(ids::generate(prefix, now_ms))
    }

    /// The frame's text. `version` is what WeCom is told about us, where it asks.
    pub(super) fn encode(&self, req_id: &ReqId, version: Option<&str>) -> Utf8Bytes {
        let body = Body {
            command: self,
            version,
        };
        frame(self.name(), req_id, Some(&body), self.size_hint())
    }

    fn size_hint(&self) -> usize {
        const ENVELOPE: usize = 256;
        ENVELOPE
            + match self {
                Self::RespondStream { stream, .. } => stream.content.len() * 9 / 8,
                Self::UploadChunk { data, .. } => data.len().div_ceil(3) * 4,
                _ => 0,
            }
    }
}

/// The first frame on every connection.
pub(super) fn subscribe(req_id: &ReqId, settings: &BotSettings) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Subscribe<'a> {
        bot_id: &'a str,
        secret: &'a str,
        scene: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        plug_version: Option<&'a str>,
    }
    let body = Subscribe {
        bot_id: settings.bot_id.as_str(),
        secret: settings.secret.reveal(),
        scene: SCENE,
        plug_version: settings.compat_version.as_deref(),
    };
    frame("aibot_subscribe", req_id, Some(&body), 256)
}

/// The heartbeat.
pub(super) fn ping(req_id: &ReqId) -> Utf8Bytes {
    frame::<()>("ping", req_id, None, 96)
}

fn frame<B: Serialize>(
    cmd: &'static str,
    req_id: &ReqId,
    body: Option<&B>,
    size_hint: usize,
) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Frame<'a, B> {
        cmd: &'static str,
        headers: Headers<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<&'a B>,
    }
    #[derive(Serialize)]
    struct Headers<'a> {
        req_id: &'a ReqId,
    }
    let mut text = Vec::with_capacity(size_hint);
    let frame = Frame {
        cmd,
        headers: Headers { req_id },
        body,
    };
    // Serialising plain data into memory has no way to fail, and JSON is UTF-8.
    let written = serde_json::to_writer(&mut text, &frame);
    debug_assert!(written.is_ok(), "a frame of plain data serialises");
    String::from_utf8(text).unwrap_or_default().into()
}

/// A command's `body`.
struct Body<'a> {
    command: &'a Command,
    version: Option<&'a str>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.command {
            Command::RespondStream { stream, .. } => {
                map.serialize_entry("msgtype", "stream")?;
                map.serialize_entry("stream", stream)?;
            }
            Command::Respond { body, .. } => message(&mut map, body)?,
            Command::Welcome { body, .. } => match body {
                WelcomeBody::Text(content) => {
                    map.serialize_entry("msgtype", "text")?;
                    map.serialize_entry("text", &Text { content })?;
                }
                WelcomeBody::TemplateCard(card) => template_card(&mut map, card)?,
            },
            Command::UpdateCard { users, card, .. } => {
                map.serialize_entry("response_type", "update_template_card")?;
                if !users.is_empty() {
                    map.serialize_entry("userids", users)?;
                }
                map.serialize_entry("template_card", card)?;
            }
            Command::Send { chat, kind, body } => {
                map.serialize_entry("chatid", chat)?;
                if let Some(kind) = kind {
                    map.serialize_entry("chat_type", &kind.wire_number())?;
                }
                message(&mut map, body)?;
            }
            Command::UploadInit {
                kind,
                file_name,
                size_bytes,
                chunks,
                md5,
            } => {
                map.serialize_entry("type", kind.wire_name())?;
                map.serialize_entry("filename", file_name)?;
                map.serialize_entry("total_size", size_bytes)?;
                map.serialize_entry("total_chunks", chunks)?;
                map.serialize_entry("md5", md5)?;
            }
            Command::UploadChunk {
                upload_id,
                index,
                data,
            } => {
                map.serialize_entry("upload_id", upload_id.as_str())?;
                map.serialize_entry("chunk_index", index)?;
                map.serialize_entry("base64_data", &Base64(data))?;
            }
            Command::UploadFinish { upload_id } => {
                map.serialize_entry("upload_id", upload_id.as_str())?;
            }
            Command::McpConfig { biz_type } => {
                map.serialize_entry("biz_type", biz_type)?;
                if let Some(version) = self.version {
                    map.serialize_entry("plugin_version", version)?;
                }
            }
            Command::SendBizMessage {
                biz_type,
                chat,
                kind,
                user,
            } => {
                map.serialize_entry("biz_type", biz_type)?;
                map.serialize_entry("chat_id", chat)?;
                map.serialize_entry("userid", user)?;
                map.serialize_entry("chat_type", &kind.wire_number())?;
            }
            Command::EnterCheck { .. } => {
                if let Some(version) = self.version {
                    map.serialize_entry("version", version)?;
                }
            }
        }
        map.end()
    }
}

fn message<M: SerializeMap>(map: &mut M, body: &MessageBody) -> Result<(), M::Error> {
    match body {
        MessageBody::Markdown(content) => {
            map.serialize_entry("msgtype", "markdown")?;
            map.serialize_entry("markdown", &Text { content })
        }
        MessageBody::TemplateCard(card) => template_card(map, card),
        MessageBody::Image(media_id) => media(map, "image", &Media::plain(media_id)),
        MessageBody::Voice(media_id) => media(map, "voice", &Media::plain(media_id)),
        MessageBody::File(media_id) => media(map, "file", &Media::plain(media_id)),
        MessageBody::Video {
            media_id,
            title,
            description,
        } => {
            let body = Media {
                id: media_id,
                title: title.as_deref(),
                description: description.as_deref(),
            };
            media(map, "video", &body)
        }
    }
}

fn template_card<M: SerializeMap>(map: &mut M, card: &Value) -> Result<(), M::Error> {
    map.serialize_entry("msgtype", "template_card")?;
    map.serialize_entry("template_card", card)
}

fn media<M: SerializeMap>(map: &mut M, kind: &str, body: &Media<'_>) -> Result<(), M::Error> {
    map.serialize_entry("msgtype", kind)?;
    map.serialize_entry(kind, body)
}

#[derive(Serialize)]
struct Text<'a> {
    content: &'a str,
}

#[derive(Serialize)]
struct Media<'a> {
    #[serde(rename = "media_id")]
    id: &'a MediaId,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> Media<'a> {
    fn plain(id: &'a MediaId) -> Self {
        Self {
            id,
            title: None,
            description: None,
        }
    }
}

/// Bytes that become base64 while they are written, without a copy in between.
struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

impl Serialize for StreamFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Feedback<'a> {
            id: &'a str,
        }
        let mut stream = serializer.serialize_struct("stream", 4)?;
        stream.serialize_field("id", &self.id)?;
        stream.serialize_field("finish", &self.finish)?;
        stream.serialize_field("content", &self.content)?;
        if let Some(id) = &self.feedback_id {
            stream.serialize_field("feedback", &Feedback { id })?;
        }
        stream.end()
    }
}

impl UploadKind {
    fn wire_name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::File => "file",
        }
    }
}

#[cfg(test)]
mod tests;
