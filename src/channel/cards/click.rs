//! What a click does to its card.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::sent::{CardAnswer, SentCard};
use crate::ids::UserId;
use crate::texts;
use crate::wecom::bot::CardEvent;
use crate::wecom::card::limits::BUTTON_CHARS;
use crate::wecom::card::{
    Button, ButtonInteraction, MultipleInteraction, Selection, TemplateCard, VoteInteraction,
};

/// Keys of buttons that only show what was pressed. An agent's own keys never begin so.
pub const INERT_PREFIX: &str = "inert:";

/// Buttons of a card that stays usable: if all its keys begin so, a press locks nothing.
pub const MENU_PREFIX: &str = "menu:";

/// The style of a button that has nothing to offer any more.
const NEUTRAL_STYLE: u8 = 4;

/// What follows from a click.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The clicker's new copy, for `aibot_respond_update_msg` (or the callback's answer)
    /// within 5 s; always with the clicker as the only one of `userids`. `None`: the card
    /// stays as it is.
    pub card: Option<Value>,
    /// Whether the agent is told.
    pub route: bool,
    /// What is to be remembered as the clicker's answer
    /// ([`CardStore::record_card_answer`](crate::store::CardStore::record_card_answer)).
    pub answer: Option<CardAnswer>,
}

/// Whether the pressed button is one of ours that only shows an earlier press. Such a click
/// is never handed to an agent, even if the card is not known any more.
pub fn is_inert(event: &CardEvent) -> bool {
    event.event_key.starts_with(INERT_PREFIX)
}

/// Decides what a click on a known card does.
///
/// The new copy is always made of the card as it was sent and of what this member answered.
pub fn update(card: &SentCard, event: &CardEvent, clicker: &UserId) -> Update {
    let earlier = card.answers.get(clicker);
    if is_inert(event) {
        // Nothing new was said: what was pressed before is shown again.
        return Update {
            card: earlier.and_then(|answer| answered(&card.card, answer)),
            route: false,
            answer: None,
        };
    }
    let answer = CardAnswer::of(event);
    let Some(copy) = answered(&card.card, &answer) else {
        return Update {
            card: None,
            route: true,
            answer: None,
        };
    };
    Update {
        card: Some(copy),
        route: earlier != Some(&answer),
        answer: Some(answer),
    }
}

/// What the one button reads that is left of a card when it is closed.
pub fn closed_label(card: &TemplateCard, event: &CardEvent) -> String {
    match card {
        TemplateCard::ButtonInteraction(card) => pressed_label(card, &event.event_key),
        _ => texts::cards::SUBMITTED.to_owned(),
    }
}

fn pressed_label(card: &ButtonInteraction, key: &str) -> String {
    let button = card.button_list.iter().find(|button| button.key == key);
    let text = button.map_or(texts::cards::PRESSED, |button| &button.text);
    let text = format!("{}{text}", texts::cards::PRESSED_MARK);
    text.chars().take(BUTTON_CHARS).collect()
}

impl CardAnswer {
    /// What an event says; questions without a key and empty ids say nothing.
    fn of(event: &CardEvent) -> Self {
        let mut chosen = BTreeMap::<String, Vec<String>>::new();
        for selection in &event.selections {
            let key = selection.question_key.trim();
            if key.is_empty() {
                continue;
            }
            let ids = selection.option_ids.iter().filter(|id| !id.is_empty());
            chosen
                .entry(key.to_owned())
                .or_default()
                .extend(ids.cloned());
        }
        Self {
            event_key: event.event_key.clone(),
            chosen,
        }
    }

    fn chose(&self, question: &str) -> &[String] {
        self.chosen.get(question).map_or(&[], Vec::as_slice)
    }
}

/// The card for one who answered; `None` where an answer changes nothing: notices, menus,
/// and cards of reusable buttons.
fn answered(card: &TemplateCard, answer: &CardAnswer) -> Option<Value> {
    let is_menu_item = card.action_menu().is_some_and(|menu| {
        let mut items = menu.action_list.iter();
        items.any(|item| item.key == answer.event_key)
    });
    let card = match card {
        TemplateCard::TextNotice(_) | TemplateCard::NewsNotice(_) => return None,
        TemplateCard::ButtonInteraction(card) => {
            if is_reusable(card) || is_menu_item {
                return None;
            }
            TemplateCard::ButtonInteraction(Box::new(pressed(card, answer)))
        }
        TemplateCard::VoteInteraction(card) => {
            TemplateCard::VoteInteraction(Box::new(voted(card, answer)))
        }
        TemplateCard::MultipleInteraction(card) => {
            TemplateCard::MultipleInteraction(Box::new(selected(card, answer)))
        }
    };
    Some(card.to_value())
}

fn is_reusable(card: &ButtonInteraction) -> bool {
    card.button_list
        .iter()
        .all(|button| button.key.starts_with(MENU_PREFIX))
}

/// One button is left that shows what was pressed. The type stays: a notice would need an
/// action of its own.
fn pressed(card: &ButtonInteraction, answer: &CardAnswer) -> ButtonInteraction {
    let mut card = card.clone();
    card.button_list = vec![Button {
        text: pressed_label(&card, &answer.event_key),
        style: Some(NEUTRAL_STYLE),
        key: inert_key(&answer.event_key),
    }];
    if let Some(selection) = &mut card.button_selection {
        settle(selection, answer);
    }
    card
}

fn voted(card: &VoteInteraction, answer: &CardAnswer) -> VoteInteraction {
    let mut card = card.clone();
    let chosen = answer.chose(&card.checkbox.question_key);
    for option in &mut card.checkbox.option_list {
        option.is_checked = Some(chosen.contains(&option.id));
    }
    card.checkbox.disable = Some(true);
    texts::cards::SUBMITTED.clone_into(&mut card.submit_button.text);
    card
}

fn selected(card: &MultipleInteraction, answer: &CardAnswer) -> MultipleInteraction {
    let mut card = card.clone();
    for selection in &mut card.select_list {
        settle(selection, answer);
    }
    texts::cards::SUBMITTED.clone_into(&mut card.submit_button.text);
    card
}

fn settle(selection: &mut Selection, answer: &CardAnswer) {
    selection.disable = Some(true);
    let first = answer.chose(&selection.question_key).first();
    let is_offered = |id: &&String| selection.option_list.iter().any(|option| option.id == **id);
    if let Some(id) = first.filter(is_offered) {
        selection.selected_id = Some(id.clone());
    }
}

/// The same press always gives the same key, so that a repeated update is the same update.
fn inert_key(pressed: &str) -> String {
    let digest = Sha256::digest(pressed.as_bytes());
    let number = digest
        .iter()
        .take(2)
        .fold(0_u16, |number, byte| number << 8 | u16::from(*byte));
    format!("{INERT_PREFIX}{number:04x}")
}

#[cfg(test)]
mod tests;
