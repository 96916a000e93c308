use serde::{Deserialize, Serialize};

/// A button. A press is an event with its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it; 10 characters are recommended.
    pub text: String,
    /// 1 to 4; absent is 1. What 2 to 4 look like is not documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<u8>,
    /// Comes back with the press; unique in the card.
    pub key: String,
}

/// The button that submits what was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitButton {
    /// What stands on it; 10 characters are recommended.
    pub text: String,
    /// Comes back with the event.
    pub key: String,
}

/// A menu in the card's corner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionMenu {
    /// Its caption.
    pub desc: String,
    /// One to three items.
    pub action_list: Vec<MenuItem>,
}

/// An item of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuItem {
    /// What stands on it.
    pub text: String,
    /// Comes back with the click; unique in the menu.
    pub key: String,
}
