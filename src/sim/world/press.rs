//! Clicks on cards.

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
        let card = (press.bot.clone(), press.task_id.clone());
        let entry = self
            .card_entries
            .get(&card)
            .and_then(|number| self.conversations.entry(*number))
            .filter(|entry| entry.chat == chat)
            .ok_or_else(|| unknown("card", &press.task_id))?;
        let seen = entry.card_copies.get(press.from.as_str());
        let Some(seen) = seen.or(entry.card.as_ref()) else {
            return Err(unknown("card", &press.task_id));
        };
        let detail = rules::press(seen, &press.key, &press.answers).map_err(SimError::Invalid)?;
        let mut event = Injection::event(press.bot, press.from, "template_card_event");
        event.group = press.group;
        self.inject(&event.with_detail(detail), now_ms)
    }
}
