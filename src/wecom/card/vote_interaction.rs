use serde::{Deserialize, Serialize};

use super::{Checkbox, Feedback, MainTitle, Source, SubmitButton};

/// One question with options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteInteraction {
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The headline.
    pub main_title: MainTitle,
    /// The question.
    pub checkbox: Checkbox,
    /// Submits the choice.
    pub submit_button: SubmitButton,
    /// Names the card in events; unique per bot.
    pub task_id: String,
    /// Makes rating buttons appear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}
