//! Addresses through which a message can be answered later: once, for an hour.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::World;
use crate::ids::{BotId, MessageId, ReqId};
use crate::sim::chat::SimChat;
use crate::sim::entry::Entry;
use crate::sim::record::Violation;
use crate::sim::rules::{self, Refusal, code};

/// What an address answers.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) bot: BotId,
    pub(super) chat: SimChat,
    pub(super) msgid: MessageId,
    pub(super) req_id: ReqId,
    /// When it was given (Unix milliseconds).
    pub(super) at_ms: i64,
}

/// The last addresses, and whether they were used.
#[derive(Debug, Default)]
pub(super) struct Responses {
    base: String,
    by_code: HashMap<String, (Response, bool)>,
    order: VecDeque<String>,
}

impl Responses {
    /// What all addresses of the simulator begin with.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Makes an address; the oldest makes room.
    pub(super) fn issue(&mut self, response: Response) -> String {
        let code = format!("RC{:032x}", rand::random::<u128>());
        let url = format!("{}{RESPONSE_PATH}?response_code={code}", self.base);
        self.order.push_back(code.clone());
        self.by_code.insert(code, (response, false));
        if self.order.len() > RESPONSES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_code.remove(&oldest);
        }
        url
    }
}

impl World {
    /// Sets the address that all of them begin with.
    pub(in crate::sim) fn respond_at(&mut self, base: String) {
        self.responses.base = base;
    }

    /// Answers a message through its address. What breaks a rule is a violation of the bot.
    pub(in crate::sim) fn respond(
        &mut self,
        code: &str,
        body: &Value,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let invalid = |text: &'static str| Refusal::normal(code::BAD_PARAMETER, text);
        let found = self.responses.by_code.get(code).cloned();
        let (response, is_used) = found.ok_or_else(|| invalid("invalid response_code"))?;
        let posted = if is_used {
            let text = "response_code was used";
            Err(Refusal::parameter(text))
        } else if now_ms - response.at_ms > RESPONSE_LIFE_MS {
            Err(invalid("response_code expired"))
        } else {
            self.post_response(code, &response, body, now_ms)
        };
        if let Err(refusal) = &posted
            && refusal.is_violation
        {
            let reason = format!("response_url: {}", refusal.text);
            self.response_violated(&response, reason, now_ms);
        }
        posted
    }

    fn post_response(
        &mut self,
        code: &str,
        response: &Response,
        body: &Value,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let is_single = response.chat.group_id().is_none();
        let content = rules::response(body, is_single)?;
        let bot = &response.bot;
        let number = self.post(
            bot,
            response.chat.clone(),
            &response.req_id,
            content,
            now_ms,
        )?;
        if let Some((_, is_used)) = self.responses.by_code.get_mut(code) {
            *is_used = true;
        }
        if !is_single {
            let mut entries = self.conversations.entries(&response.chat);
            let is_it = |entry: &&Entry| entry.msgid.as_ref() == Some(&response.msgid);
            let quoted = entries.rfind(is_it).map(|entry| entry.id);
            drop(entries);
            let feed = &mut self.feed;
            self.conversations
                .change(number, now_ms, feed, |entry| entry.quoted = quoted);
        }
        Ok(())
    }

    fn response_violated(&mut self, response: &Response, reason: String, now_ms: i64) {
        let violation = Violation {
            at: now_ms,
            connection: 0,
            call: None,
            bot: Some(response.bot.clone()),
            cmd: Some("response_url".to_owned()),
            req_id: Some(response.req_id.clone()),
            reason,
        };
        self.violations.push(1, violation);
    }
}

/// Where these addresses are.
const RESPONSE_PATH: &str = "/cgi-bin/aibot/response";
/// An hour.
const RESPONSE_LIFE_MS: i64 = 3_600_000;
/// Addresses that are remembered: one for each push that can be answered.
const RESPONSES_MAX: usize = 20_000;
