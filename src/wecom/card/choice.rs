use serde::{Deserialize, Serialize};

/// A drop-down selection: one of up to ten options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Names the question in the event; unique in the card.
    pub question_key: String,
    /// What is asked; 13 characters are recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Nobody can choose any more; only effective in updates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable: Option<bool>,
    /// The option that is chosen at first; the first one without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_id: Option<String>,
    /// One to ten.
    pub option_list: Vec<Choice>,
}

/// An option of a [`Selection`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Comes back with the event; unique in its list.
    pub id: String,
    /// What is read; 10 characters are recommended.
    pub text: String,
}

/// The question of a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkbox {
    /// Names the question in the event.
    pub question_key: String,
    /// How many may be chosen; absent is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<CheckMode>,
    /// Nobody can choose any more; only effective in updates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable: Option<bool>,
    /// One to twenty.
    pub option_list: Vec<CheckOption>,
}

/// How many options of a [`Checkbox`] may be chosen; 0 and 1 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum CheckMode {
    /// One.
    Single,
    /// Several.
    Multiple,
}

impl From<u8> for CheckMode {
    fn from(mode: u8) -> Self {
        if mode == 0 {
            Self::Single
        } else {
            Self::Multiple
        }
    }
}

impl From<CheckMode> for u8 {
    fn from(mode: CheckMode) -> Self {
        match mode {
            CheckMode::Single => 0,
            CheckMode::Multiple => 1,
        }
    }
}

/// An option of a [`Checkbox`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOption {
    /// Comes back with the event; unique in its list.
    pub id: String,
    /// What is read; 11 characters are recommended.
    pub text: String,
    /// Ticked from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_checked: Option<bool>,
}
