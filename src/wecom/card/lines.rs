use serde::{Deserialize, Serialize};

use super::action::{JumpAction, ValueAction};

/// A line of a name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HorizontalContent {
    /// The name; 5 characters are recommended.
    pub keyname: String,
    /// The value; 26 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What a tap on the value does.
    #[serde(flatten)]
    pub action: Option<ValueAction>,
}

/// A line of a title and a text below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerticalContent {
    /// 26 characters are recommended.
    pub title: String,
    /// 112 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desc: Option<String>,
}

/// A line at the end of a card that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jump {
    /// What is read; 13 characters are recommended.
    pub title: String,
    /// What a tap does; nothing without.
    #[serde(flatten)]
    pub action: Option<JumpAction>,
}
