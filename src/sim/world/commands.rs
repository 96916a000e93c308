//! What a subscribed client may ask for.

use serde_json::{Value, json};

use super::World;
use super::inject::draw;
use crate::ids::{BotId, MediaId, ReqId};
use crate::sim::chat::SimChat;
use crate::sim::entry::{Entry, EntryKind, Party};
use crate::sim::rules::{self, Opening, Refusal, Reply, Request, Target};

/// Data that an ack carries, or why there is none.
pub(super) type Answer = Result<Option<Value>, Refusal>;

impl World {
    /// Does what a command asks for.
    pub(super) fn act(&mut self, bot: &BotId, request: &Request, now_ms: i64) -> Answer {
        let (req_id, body) = (&request.req_id, &request.body);
        match request.cmd.as_str() {
            rules::RESPOND => match rules::respond(body)? {
                Reply::Stream(frame) => self.write_stream(bot, req_id, frame, now_ms),
                Reply::Message(content) => {
                    let chat = self.chat_to_answer(bot, req_id, rules::RESPOND, now_ms)?;
                    self.post(bot, chat, req_id, content, now_ms)?;
                    self.answered(req_id);
                    Ok(None)
                }
            },
            rules::WELCOME => {
                let content = rules::welcome(body)?;
                let chat = self.chat_to_answer(bot, req_id, rules::WELCOME, now_ms)?;
                self.welcome(bot, chat, req_id, content, now_ms)?;
                self.answered(req_id);
                Ok(None)
            }
            rules::UPDATE => self.update_card(bot, req_id, body, now_ms),
            rules::SEND => {
                let (target, content) = rules::send(body)?;
                let chat = self.resolve(bot, &target)?;
                if !self.conversations.is_open(&chat) {
                    return Err(Refusal::chat());
                }
                self.post(bot, chat, req_id, content, now_ms)?;
                Ok(None)
            }
            rules::UPLOAD_INIT => self.begin_upload(bot, body, now_ms),
            rules::UPLOAD_CHUNK => {
                let (upload_id, chunk) = rules::chunk(body)?;
                self.media.put(bot, upload_id, chunk, now_ms)?;
                Ok(None)
            }
            rules::UPLOAD_FINISH => self.finish_upload(bot, body, now_ms),
            rules::MCP_CONFIG => self.mcp_config(bot, body),
            rules::BIZ_MESSAGE => {
                let message = rules::biz_message(body)?;
                let chat = self.resolve(bot, &message.target)?;
                let mut entry = Entry::new(chat, now_ms, Party::system(), EntryKind::Event);
                entry.content = Some(format!("biz_msg {}", message.biz_type));
                entry.req_id = Some(req_id.clone());
                self.conversations.add(entry, 0, &mut self.feed);
                Ok(None)
            }
            rules::VERSION => {
                rules::version_answer(body)?;
                self.may_answer(bot, req_id, rules::VERSION, now_ms)?;
                self.answered(req_id);
                Ok(None)
            }
            _ => Err(Refusal::parameter("unknown command")),
        }
    }

    fn begin_upload(&mut self, bot: &BotId, body: &Value, now_ms: i64) -> Answer {
        let upload = rules::init(body)?;
        let quota = self.settings.limits.uploads;
        let is_within = quota.is_none_or(|quota| {
            self.bots
                .get_mut(bot)
                .is_some_and(|bot| bot.uploads.admit(quota, now_ms))
        });
        if !is_within {
            return Err(Refusal::too_often());
        }
        let id = draw("up", now_ms);
        self.media.open(id.clone(), bot.clone(), upload, now_ms);
        Ok(Some(json!({ "upload_id": id })))
    }

    fn finish_upload(&mut self, bot: &BotId, body: &Value, now_ms: i64) -> Answer {
        let upload_id = rules::upload_id(body)?;
        let new_id = MediaId::new(draw("media", now_ms));
        let (media_id, media) = self.media.finish(bot, upload_id, new_id, now_ms)?;
        Ok(Some(json!({
            "type": media.kind,
            "media_id": media_id,
            "created_at": (media.at_ms / 1_000).to_string(),
        })))
    }

    /// The address that was set for a category, else the one of the simulator's own
    /// server.
    fn mcp_config(&mut self, bot: &BotId, body: &Value) -> Answer {
        let category = rules::mcp_category(body)?;
        let set = self
            .bots
            .get(bot)
            .and_then(|bot| bot.mcp_urls.get(category));
        if let Some(url) = set {
            return Ok(Some(json!({ "url": url, "is_authed": true })));
        }
        match self.gateway.address(bot, category) {
            Ok((url, is_authed)) => Ok(Some(json!({
                "url": url,
                "type": "streamable-http",
                "is_authed": is_authed,
            }))),
            Err(code) => Err(Refusal::normal(code, "unsupported mcp biz type")),
        }
    }

    /// The conversation of a target; the letters' case counts.
    fn resolve(&self, bot: &BotId, target: &Target<'_>) -> Result<SimChat, Refusal> {
        let group = self.groups.get(&target.id.into());
        if target.may_be_group && group.is_some_and(|group| group.bots.contains(bot)) {
            return Ok(SimChat::group(bot.clone(), target.id));
        }
        if target.may_be_user && self.users.contains_key(&target.id.into()) {
            return Ok(SimChat::direct(bot.clone(), target.id));
        }
        Err(Refusal::chat())
    }

    /// The conversation of a push, if `cmd` may answer it now.
    pub(super) fn chat_to_answer(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        cmd: &str,
        now_ms: i64,
    ) -> Result<SimChat, Refusal> {
        let (_, chat) = self.may_answer(bot, req_id, cmd, now_ms)?;
        chat.ok_or_else(Refusal::req_id)
    }

    /// What a push was, if `cmd` may answer it now.
    pub(super) fn may_answer(
        &mut self,
        bot: &BotId,
        req_id: &ReqId,
        cmd: &str,
        now_ms: i64,
    ) -> Result<(Opening, Option<SimChat>), Refusal> {
        let forgotten_until = self.bots.get(bot).map_or(0, |bot| bot.forgotten_until);
        let exchange = self
            .exchanges
            .get_mut(req_id)
            .filter(|exchange| exchange.bot == *bot && exchange.seq > forgotten_until)
            .ok_or_else(Refusal::req_id)?;
        rules::may_answer(&exchange.opening, cmd, now_ms - exchange.at_ms)?;
        Ok((exchange.opening.clone(), exchange.chat.clone()))
    }

    /// Notes that a push has an answer.
    pub(super) fn answered(&mut self, req_id: &ReqId) {
        if let Some(exchange) = self.exchanges.get_mut(req_id) {
            exchange.is_answered = true;
        }
    }
}
