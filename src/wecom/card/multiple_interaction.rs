use serde::{Deserialize, Serialize};

use super::{Feedback, MainTitle, Selection, Source, SubmitButton};

/// Up to three questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultipleInteraction {
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The headline.
    pub main_title: MainTitle,
    /// One to three questions.
    pub select_list: Vec<Selection>,
    /// Submits the choice.
    pub submit_button: SubmitButton,
    /// Names the card in events; unique per bot.
    pub task_id: String,
    /// Makes rating buttons appear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}
