use serde::{Deserialize, Serialize};

use super::{
    Action, ActionMenu, CardImage, Feedback, HorizontalContent, ImageTextArea, Jump, MainTitle,
    QuoteArea, Source, VerticalContent,
};

/// Information with a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewsNotice {
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
    /// A large picture; this or `image_text_area` has to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_image: Option<CardImage>,
    /// A small picture with text; this or `card_image` has to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_text_area: Option<ImageTextArea>,
    /// Up to four texts with titles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vertical_content_list: Vec<VerticalContent>,
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
