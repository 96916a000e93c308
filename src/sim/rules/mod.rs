//! What the service answers to a frame: pure functions from a body, and from the few
//! facts that matter, to a change or a refusal.

mod body;
mod card;
mod exchange;
mod field;
mod frame;
mod hook;
mod press;
mod refusal;
mod stream;
mod upload;
mod window;

pub(super) use body::{Content, Reply, Target, respond, send, welcome};
pub(super) use body::{biz_message, mcp_category, subscribe, version_answer};
pub(super) use card::{task_id, update};
pub(super) use exchange::{Opening, may_answer};
pub(super) use frame::{Malformed, Request, parse};
pub(super) use hook::{Answered, Asked, HookReply, Picture, answered, response};
pub(super) use press::{Answers, is_menu, press};
pub(super) use refusal::{Refusal, code};
pub(super) use stream::{
    StreamChange, StreamFrame, StreamState, fingerprint, has_visible_text, step, without_reasoning,
};
pub(super) use upload::{Chunk, MEDIA_LIFE_MS, Session, Upload, chunk, finish, init, upload_id};
pub(super) use window::Window;

/// Opens a bot's connection.
pub(super) const SUBSCRIBE: &str = "aibot_subscribe";
/// Heartbeat.
pub(super) const PING: &str = "ping";
/// Answers a message.
pub(super) const RESPOND: &str = "aibot_respond_msg";
/// Answers `enter_chat`.
pub(super) const WELCOME: &str = "aibot_respond_welcome_msg";
/// Answers `template_card_event`.
pub(super) const UPDATE: &str = "aibot_respond_update_msg";
/// Writes without having been asked.
pub(super) const SEND: &str = "aibot_send_msg";
/// Opens an upload.
pub(super) const UPLOAD_INIT: &str = "aibot_upload_media_init";
/// One piece of an upload.
pub(super) const UPLOAD_CHUNK: &str = "aibot_upload_media_chunk";
/// Closes an upload.
pub(super) const UPLOAD_FINISH: &str = "aibot_upload_media_finish";
/// Asks for the MCP server of a category.
pub(super) const MCP_CONFIG: &str = "aibot_get_mcp_config";
/// Lets the service send a card of its own.
pub(super) const BIZ_MESSAGE: &str = "aibot_send_biz_msg";
/// Answers `enter_check_update`.
pub(super) const VERSION: &str = "ww_ai_robot_enter_event";
