//! Template cards, as types: what can be built can be sent.
//!
//! Five types of card, one file each, over shared parts. Fields that are absent are left out
//! on the wire. Which card an agent gets, and what becomes of one that breaks a rule, is
//! decided elsewhere ([`crate::channel::cards`]).

mod action;
mod button;
mod button_interaction;
mod choice;
mod kind;
pub mod limits;
mod lines;
mod multiple_interaction;
mod news_notice;
mod parts;
mod text_notice;
mod vote_interaction;

use serde::{Deserialize, Serialize};

pub use action::{Action, JumpAction, ValueAction};
pub use button::{ActionMenu, Button, MenuItem, SubmitButton};
pub use button_interaction::ButtonInteraction;
pub use choice::{CheckMode, CheckOption, Checkbox, Choice, Selection};
pub use kind::CardType;
pub use lines::{HorizontalContent, Jump, VerticalContent};
pub use multiple_interaction::MultipleInteraction;
pub use news_notice::NewsNotice;
pub use parts::{
    CardImage, EmphasisContent, Feedback, ImageTextArea, MainTitle, QuoteArea, Source,
};
pub use text_notice::TextNotice;
pub use vote_interaction::VoteInteraction;

/// A card, told apart by `card_type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "card_type", rename_all = "snake_case")]
pub enum TemplateCard {
    /// Information, without a picture.
    TextNotice(Box<TextNotice>),
    /// Information with a picture.
    NewsNotice(Box<NewsNotice>),
    /// Up to six buttons.
    ButtonInteraction(Box<ButtonInteraction>),
    /// One question with options, submitted together.
    VoteInteraction(Box<VoteInteraction>),
    /// Up to three questions, submitted together.
    MultipleInteraction(Box<MultipleInteraction>),
}

impl TemplateCard {
    /// Which of the five it is.
    pub fn card_type(&self) -> CardType {
        match self {
            Self::TextNotice(_) => CardType::TextNotice,
            Self::NewsNotice(_) => CardType::NewsNotice,
            Self::ButtonInteraction(_) => CardType::ButtonInteraction,
            Self::VoteInteraction(_) => CardType::VoteInteraction,
            Self::MultipleInteraction(_) => CardType::MultipleInteraction,
        }
    }

    /// The id that comes back with every click.
    pub fn task_id(&self) -> &str {
        match self {
            Self::TextNotice(card) => &card.task_id,
            Self::NewsNotice(card) => &card.task_id,
            Self::ButtonInteraction(card) => &card.task_id,
            Self::VoteInteraction(card) => &card.task_id,
            Self::MultipleInteraction(card) => &card.task_id,
        }
    }

    /// The card's headline: `main_title.title`, or what stands in its place.
    pub fn title(&self) -> Option<&str> {
        match self {
            Self::TextNotice(card) => {
                let title = card.main_title.as_ref();
                let title = title.and_then(|title| title.title.as_deref());
                title.or(card.sub_title_text.as_deref())
            }
            Self::NewsNotice(card) => card.main_title.title.as_deref(),
            Self::ButtonInteraction(card) => card.main_title.title.as_deref(),
            Self::VoteInteraction(card) => card.main_title.title.as_deref(),
            Self::MultipleInteraction(card) => card.main_title.title.as_deref(),
        }
    }

    /// The menu in the card's corner.
    pub fn action_menu(&self) -> Option<&ActionMenu> {
        match self {
            Self::TextNotice(card) => card.action_menu.as_ref(),
            Self::NewsNotice(card) => card.action_menu.as_ref(),
            Self::ButtonInteraction(card) => card.action_menu.as_ref(),
            Self::VoteInteraction(_) | Self::MultipleInteraction(_) => None,
        }
    }

    /// The card as it goes over the wire.
    pub fn to_value(&self) -> serde_json::Value {
        // Strings, numbers and lists of them: there is nothing in it that JSON has no form for.
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
