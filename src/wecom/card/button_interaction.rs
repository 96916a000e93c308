use serde::{Deserialize, Serialize};

use super::{
    Action, ActionMenu, Button, Feedback, HorizontalContent, MainTitle, QuoteArea, Selection,
    Source,
};

/// Buttons; the press itself is the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonInteraction {
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A menu in its corner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_menu: Option<ActionMenu>,
    /// The headline.
    pub main_title: MainTitle,
    /// A quotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_area: Option<QuoteArea>,
    /// A longer text; 112 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_title_text: Option<String>,
    /// Up to six names with values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub horizontal_content_list: Vec<HorizontalContent>,
    /// What a tap on the card opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_action: Option<Action>,
    /// A selection above the buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button_selection: Option<Selection>,
    /// One to six.
    pub button_list: Vec<Button>,
    /// Names the card in events; unique per bot.
    pub task_id: String,
    /// Makes rating buttons appear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}
