use serde::{Deserialize, Serialize};

use super::action::Action;

/// Where a card comes from: a line above its title.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// Address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
    /// 13 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
    /// 0 grey, 1 black, 2 red, 3 green; absent is grey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desc_color: Option<u8>,
}

/// The headline.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MainTitle {
    /// 26 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 30 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
}

/// A figure in large type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EmphasisContent {
    /// The figure; 10 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it means; 15 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
}

/// A quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteArea {
    /// What a tap opens.
    #[serde(flatten)]
    pub action: Option<Action>,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What is quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_text: Option<String>,
}

/// A large picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardImage {
    /// Its address.
    pub url: String,
    /// Width by height, between 1.3 and 2.25; absent is 1.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<f64>,
}

/// A small picture with text beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageTextArea {
    /// What a tap opens.
    #[serde(flatten)]
    pub action: Option<Action>,
    /// The text's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
    /// The picture's address.
    pub image_url: String,
}

/// Makes rating buttons appear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Comes back with the rating; at most 256 bytes.
    pub id: String,
}
