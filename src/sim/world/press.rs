//! Clicks on cards.

use serde_json::Value;

use super::{World, unknown};
use crate::ids::{BotId, ChatId, UserId};
use crate::sim::chat::SimChat;
use crate::sim::injection::{Injected, Injection};
use crate::sim::rules::{self, Answers};
use crate::sim::sim::SimError;

/// A click of a member.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Press {
    /// The bot whose card it is.
    pub(in crate::sim) bot: BotId,
    /// Who clicks.
    pub(in crate::sim) from: UserId,
    /// The group that the card is in, unless it is in the direct chat.
    pub(in crate::sim) group: Option<ChatId>,
    /// The card.
    pub(in crate::sim) task_id: String,
    /// The button or menu item.
    pub(in crate::sim) key: String,
    /// What was chosen before.
    pub(in crate::sim) answers: Answers,
}

impl World {
    /// Clicks on a card as the member sees it, and tells the bot.
    pub(in crate::sim) fn press(
        &mut self,
        press: Press,
        now_ms: i64,
    ) -> Result<Injected, SimError> {
        self.bot(&press.bot)?;
        let chat = match &press.group {
            Some(group) => SimChat::group(press.bot.clone(), group.clone()),
            None => SimChat::direct(press.bot.clone(), press.from.clone()),
        };
        let detail = self.pressed(
            chat,
            &press.from,
            &press.task_id,
            &press.key,
            &press.answers,
        )?;
        let mut event = Injection::event(press.bot, press.from, "template_card_event");
        event.group = press.group;
        self.inject(&event.with_detail(detail), now_ms)
    }

    /// What a click says, on the card as the member sees it.
    pub(super) fn pressed(
        &self,
        chat: SimChat,
        user: &UserId,
        task_id: &str,
        key: &str,
        answers: &Answers,
    ) -> Result<Value, SimError> {
        let entry = self
            .card_entries
            .get(&(chat, task_id.to_owned()))
            .and_then(|number| self.conversations.entry(*number));
        let seen = entry.and_then(|entry| {
            let copy = entry.card_copies.get(user.as_str());
            copy.or(entry.card.as_ref())
        });
        let seen = seen.ok_or_else(|| unknown("card", &task_id))?;
        rules::press(seen, key, answers).map_err(SimError::Invalid)
    }
}
