use std::fmt;

use serde::{Deserialize, Serialize};

/// The five types of card. A closed set: a bot that sends another is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardType {
    /// Information, without a picture.
    TextNotice,
    /// Information with a picture.
    NewsNotice,
    /// Buttons.
    ButtonInteraction,
    /// One question.
    VoteInteraction,
    /// Several questions.
    MultipleInteraction,
}

impl CardType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::TextNotice,
        Self::NewsNotice,
        Self::ButtonInteraction,
        Self::VoteInteraction,
        Self::MultipleInteraction,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TextNotice => "text_notice",
            Self::NewsNotice => "news_notice",
            Self::ButtonInteraction => "button_interaction",
            Self::VoteInteraction => "vote_interaction",
            Self::MultipleInteraction => "multiple_interaction",
        }
    }

    /// The type of that name; letter case and white space around it do not count.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for CardType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
