//! What we say to WeCom, as types.

use std::fmt;

use bytes::Bytes;

use crate::ids::{ChatId, ChatKind, MediaId, ReqId, StreamId, UserId};

/// One frame to WeCom. Commands that answer a push carry its `req_id`; the others get one
/// when they are sent.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// `aibot_respond_msg` with a stream message: answers a message push.
    RespondStream {
        /// The push's `req_id`.
        req_id: ReqId,
        /// The stream's text so far.
        stream: StreamFrame,
    },
    /// `aibot_respond_msg` with a whole message: answers a message push.
    Respond {
        /// The push's `req_id`.
        req_id: ReqId,
        /// The message.
        body: MessageBody,
    },
    /// `aibot_respond_welcome_msg`: answers [`Event::EnterChat`](super::Event::EnterChat)
    /// within 5 s.
    Welcome {
        /// The event's `req_id`.
        req_id: ReqId,
        /// The greeting.
        body: WelcomeBody,
    },
    /// `aibot_respond_update_msg`: answers
    /// [`Event::TemplateCard`](super::Event::TemplateCard) within 5 s.
    UpdateCard {
        /// The event's `req_id`.
        req_id: ReqId,
        /// Whose copy of the card is replaced; empty means everybody's.
        users: Vec<UserId>,
        /// The new card; its `task_id` is the event's.
        card: serde_json::Value,
    },
    /// `aibot_send_msg`: a message of our own accord.
    Send {
        /// The group's id, or the user's id for a direct chat.
        chat: ChatId,
        /// Direct or group. Without it WeCom guesses, group first.
        kind: Option<ChatKind>,
        /// The message.
        body: MessageBody,
    },
    /// `aibot_upload_media_init`: opens an upload; the ack's body has `upload_id`.
    UploadInit {
        /// What is uploaded.
        kind: UploadKind,
        /// Name shown to the receiver.
        file_name: String,
        /// Size of the whole, in bytes.
        size_bytes: u64,
        /// Number of chunks, at most 100.
        chunks: u32,
        /// MD5 of the whole, in lower-case hex.
        md5: String,
    },
    /// `aibot_upload_media_chunk`: one piece, at most 512 KiB before base64.
    UploadChunk {
        /// The upload.
        upload_id: UploadId,
        /// Position, counted from 0.
        index: u32,
        /// The raw bytes; encoded when sent.
        data: Bytes,
    },
    /// `aibot_upload_media_finish`: closes an upload; the ack's body has `media_id`.
    UploadFinish {
        /// The upload.
        upload_id: UploadId,
    },
    /// `aibot_get_mcp_config`: the ack's body has the `url` of a category's MCP server. The
    /// URL contains a key and must not be logged.
    McpConfig {
        /// The category, for example `doc`.
        biz_type: String,
    },
    /// `aibot_send_biz_msg`: lets WeCom send a card of its own.
    SendBizMessage {
        /// 1 is the card that leads a user to document permissions.
        biz_type: u32,
        /// The conversation, in its original letter case.
        chat: ChatId,
        /// Direct or group.
        kind: ChatKind,
        /// The user concerned.
        user: UserId,
    },
    /// `ww_ai_robot_enter_event`: answers
    /// [`Event::EnterCheckUpdate`](super::Event::EnterCheckUpdate) with our version.
    EnterCheck {
        /// The event's `req_id`.
        req_id: ReqId,
    },
}

/// One frame of a stream message. Every frame carries the whole text so far and replaces
/// the one before.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamFrame {
    /// The stream's id, chosen by us; the first frame with it creates the message.
    pub id: StreamId,
    /// Whether this frame closes the stream for good.
    pub finish: bool,
    /// Markdown, at most 20,480 bytes.
    pub content: String,
    /// Makes the rating buttons appear; only honoured on the first frame, at most 256
    /// bytes.
    pub feedback_id: Option<String>,
}

/// A whole message.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum MessageBody {
    /// Markdown, at most 20,480 bytes.
    Markdown(String),
    /// A template card.
    TemplateCard(serde_json::Value),
    /// An uploaded picture.
    Image(MediaId),
    /// An uploaded voice recording.
    Voice(MediaId),
    /// An uploaded file.
    File(MediaId),
    /// An uploaded video.
    Video {
        /// The video.
        media_id: MediaId,
        /// Title; WeCom cuts it at 128 bytes.
        title: Option<String>,
        /// Description; WeCom cuts it at 512 bytes.
        description: Option<String>,
    },
}

/// A greeting.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum WelcomeBody {
    /// Plain text.
    Text(String),
    /// A template card.
    TemplateCard(serde_json::Value),
}

/// What an upload becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadKind {
    /// A picture.
    Image,
    /// A voice recording.
    Voice,
    /// A video.
    Video,
    /// Any other file.
    File,
}

/// The id of an upload in progress.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    /// Wraps the id as WeCom gave it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// What people write is not shown: these end up in logs of whoever holds a command.

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Command").field(&self.name()).finish()
    }
}

impl fmt::Debug for StreamFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamFrame")
            .field("id", &self.id)
            .field("finish", &self.finish)
            .field("content_bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MessageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Markdown(_) => "Markdown",
            Self::TemplateCard(_) => "TemplateCard",
            Self::Image(_) => "Image",
            Self::Voice(_) => "Voice",
            Self::File(_) => "File",
            Self::Video { .. } => "Video",
        })
    }
}

impl fmt::Debug for WelcomeBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::TemplateCard(_) => "TemplateCard",
        })
    }
}
