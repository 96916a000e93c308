//! Makes a card that WeCom takes of what an agent wrote.
//!
//! Every field is read as what it was meant to be; what cannot be, is left out, and what is
//! required is completed. A list over its limit is cut. Only a card without anything to
//! choose, or one that is too large, cannot be sent.

mod actions;
mod change;
mod choices;
mod fields;
mod ids;
mod kinds;
mod lists;
mod parts;

use std::fmt;

use serde_json::Value;

pub use change::{Change, ChangeKind};

use super::candidate::Object;
use super::extract::rendered;
use crate::wecom::card::{CardType, TemplateCard};
use change::Changes;
use fields::Fields;
use ids::Ids;

/// Opened by a notice whose agent named no page: WeCom's own. A notice without an action is
/// refused.
pub const DEFAULT_URL: &str = "https://work.weixin.qq.com";

/// Bytes of a card's JSON. WeCom documents none; a card within all other limits stays far
/// below, so what is over it is a mistake.
pub const MAX_CARD_BYTES: usize = 16 * 1024;

/// A card that can be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The card.
    pub card: TemplateCard,
    /// The id that the agent gave it. The card has one made of it that is never repeated.
    pub agent_task_id: Option<String>,
    /// What was changed, by field; for the log, once per card.
    pub changes: Vec<Change>,
}

impl Prepared {
    /// The card in words, for where it cannot be sent.
    pub fn rendering(&self) -> String {
        rendered(&self.card.to_value())
    }
}

/// A card that cannot be sent, and what can be said instead.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unsendable {
    /// Why.
    pub reason: Reason,
    /// The card in words; never empty.
    pub rendering: String,
}

/// What people read is not for logs.
impl fmt::Debug for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsendable")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Why a card cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Not an object with one of the five types.
    #[error("it has none of the five card types")]
    NotACard,
    /// Nothing of the list that makes the card is usable: give it at least one entry.
    #[error("`{0}` has no usable entry")]
    Empty(&'static str),
    /// Too large as JSON: shorten its texts.
    #[error("it has {0} bytes as JSON, at most {MAX_CARD_BYTES} can be sent")]
    TooLarge(usize),
}

/// Reads an agent's card. `now_ms` goes into its id.
///
/// # Errors
/// [`Unsendable`]: say its `rendering` in the card's place.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers hand the block over; nothing else is to be done with it"
)]
pub fn prepare(value: Value, now_ms: i64) -> Result<Prepared, Unsendable> {
    let unsendable = |reason| Unsendable {
        reason,
        rendering: rendered(&value),
    };
    let not_a_card = || unsendable(Reason::NotACard);
    let object = value.as_object().ok_or_else(not_a_card)?;
    let kind = object.get("card_type").and_then(Value::as_str);
    let kind = kind.and_then(CardType::parse).ok_or_else(not_a_card)?;
    let changes = Changes::default();
    let root = Fields::root(object, &changes);
    let ids = Ids::new(now_ms);
    let agent_task_id = ids::agent_task_id(&root);
    let task_id = ids.task_id(kind, agent_task_id.as_deref());
    let card = kinds::read(kind, &root, task_id, &ids).map_err(unsendable)?;
    let sent = card.to_value();
    let size = sent.to_string().len();
    if size > MAX_CARD_BYTES {
        return Err(unsendable(Reason::TooLarge(size)));
    }
    note_unread(object, &sent, &changes);
    Ok(Prepared {
        card,
        agent_task_id,
        changes: changes.finish(),
    })
}

/// Names in which agents write fields that have others on the wire.
const SHORT_FORMS: [&str; 9] = [
    "title",
    "description",
    "options",
    "selectors",
    "buttons",
    "mode",
    "submit_text",
    "card_type",
    "task_id",
];

/// Notes the fields that a card of this type does not have.
fn note_unread(object: &Object, sent: &Value, changes: &Changes) {
    for key in object.keys() {
        if sent.get(key).is_none() && !SHORT_FORMS.contains(&key.as_str()) {
            changes.note(key.clone(), ChangeKind::Dropped);
        }
    }
}

#[cfg(test)]
mod tests;
