use serde::{Deserialize, Serialize};

use super::{
    Action, ActionMenu, EmphasisContent, Feedback, HorizontalContent, Jump, MainTitle, QuoteArea,
    Source,
};

/// Information, without a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextNotice {
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A menu in its corner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_menu: Option<ActionMenu>,
    /// The headline; its title or `sub_title_text` has to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_title: Option<MainTitle>,
    /// A figure in large type; better without `quote_area` beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emphasis_content: Option<EmphasisContent>,
    /// A quotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_area: Option<QuoteArea>,
    /// A longer text; 112 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_title_text: Option<String>,
    /// Up to six names with values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub horizontal_content_list: Vec<HorizontalContent>,
    /// Up to three lines that lead somewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jump_list: Vec<Jump>,
    /// What a tap on the card opens. Without it the service refuses the card (42045).
    pub card_action: Action,
    /// Names the card in events; unique per bot.
    pub task_id: String,
    /// Makes rating buttons appear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}
