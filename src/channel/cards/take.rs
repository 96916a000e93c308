//! From an agent's whole answer to what is sent.

use serde_json::Value;

use super::extract::{MAX_CARDS, rendered, replace};
use super::prepare::{Prepared, prepare};

/// An answer, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The text without its cards; what cannot be a card stands in it in words.
    pub text: String,
    /// The cards in their order, at most [`MAX_CARDS`].
    pub cards: Vec<Prepared>,
}

/// [`extract`](super::extract()) and [`prepare`] in one: a card that cannot be sent has its
/// words where it stood. Logs once per card what was changed.
pub fn take(text: &str, now_ms: i64) -> Taken {
    let mut cards = Vec::new();
    let text = replace(text, |object| {
        let value = Value::Object(object);
        if cards.len() == MAX_CARDS {
            tracing::warn!(
                limit = MAX_CARDS,
                "too many cards in one answer; shown as text"
            );
            return Some(rendered(&value));
        }
        match prepare(value, now_ms) {
            Ok(card) => {
                log(&card);
                cards.push(card);
                None
            }
            Err(unsendable) => {
                tracing::warn!(reason = %unsendable.reason, "a card is shown as text");
                Some(unsendable.rendering)
            }
        }
    });
    Taken { text, cards }
}

fn log(card: &Prepared) {
    if card.changes.is_empty() {
        return;
    }
    let changes: Vec<String> = card.changes.iter().map(ToString::to_string).collect();
    tracing::info!(
        card_type = %card.card.card_type(),
        task_id = card.card.task_id(),
        changes = changes.join(", "),
        "a card was completed"
    );
}

#[cfg(test)]
mod tests;
