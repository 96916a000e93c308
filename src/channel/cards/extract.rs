//! Takes the cards out of an agent's whole answer.

use serde_json::Value;

use super::candidate::{self, Found, Object, Verdict};
use super::fence::{Extent, Piece, pieces};
use super::render::render;
use crate::texts;

/// Cards of one answer; more become text. Each is a message of its own, and a conversation
/// takes 30 a minute.
pub const MAX_CARDS: usize = 5;

/// An answer without its cards.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted {
    /// What is left to say. In place of a card that cannot be read, or is one too many, it
    /// has words.
    pub text: String,
    /// The cards in their order, at most [`MAX_CARDS`], as the agent wrote them.
    pub blocks: Vec<CardBlock>,
}

/// A card as the agent wrote it: an object with one of the five types, its name in lower
/// case. Everything else about it is still to be checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CardBlock {
    /// The object.
    pub value: Value,
}

/// Takes the cards out of a whole answer. Never fails: whatever cannot be a card stays text.
///
/// Cards stand in fenced blocks without a language or with one of `json`, `jsonc`, `json5`,
/// `template_card`, `card`; or the answer begins with the bare object. The wrapper of a
/// message is taken off, an array may hold several.
pub fn extract(text: &str) -> Extracted {
    let mut blocks = Vec::new();
    let text = replace(text, |object| {
        let value = Value::Object(object);
        if blocks.len() == MAX_CARDS {
            return Some(rendered(&value));
        }
        blocks.push(CardBlock { value });
        None
    });
    Extracted { text, blocks }
}

/// Gives every card to `take` and puts into its place what comes back.
pub(super) fn replace(text: &str, mut take: impl FnMut(Object) -> Option<String>) -> String {
    let mut left = Left::default();
    for piece in pieces(text, Extent::Whole) {
        let (whole, content) = match piece {
            Piece::Text(text) | Piece::Undecided(text) => {
                left.text(text);
                continue;
            }
            Piece::Block { whole, content, .. } => (whole, content),
            Piece::Bare { whole, .. } => (whole, whole),
        };
        match candidate::verdict(content) {
            Verdict::Other => left.text(whole),
            Verdict::Broken => {
                tracing::warn!(
                    size_bytes = content.len(),
                    "a card in an answer is not JSON; shown as a notice"
                );
                left.instead(texts::cards::UNREADABLE);
            }
            Verdict::Cards(found) => {
                left.gap();
                for found in found {
                    let words = match found {
                        Found::Card(object) => take(object),
                        Found::Other(value) => Some(rendered(&value)),
                    };
                    if let Some(words) = words {
                        left.instead(&words);
                    }
                }
            }
        }
    }
    left.finish(text)
}

/// A card in words; never empty.
pub(super) fn rendered(value: &Value) -> String {
    let words = render(value);
    if words.is_empty() {
        return texts::cards::UNREADABLE.to_owned();
    }
    words
}

/// What is left of an answer. Where something was taken out, one empty line remains.
#[derive(Default)]
struct Left {
    text: String,
    /// Something was taken out behind the text so far.
    has_gap: bool,
    /// Something was taken out anywhere.
    is_changed: bool,
}

impl Left {
    fn text(&mut self, text: &str) {
        if self.has_gap {
            let text = text.trim_start_matches(['\n', '\r']);
            if text.trim().is_empty() {
                return;
            }
            self.close_gap();
            self.text.push_str(text);
        } else {
            self.text.push_str(text);
        }
    }

    fn gap(&mut self) {
        self.has_gap = true;
        self.is_changed = true;
    }

    fn instead(&mut self, words: &str) {
        self.gap();
        self.close_gap();
        self.text.push_str(words);
        self.gap();
    }

    fn close_gap(&mut self) {
        self.has_gap = false;
        self.text.truncate(self.text.trim_end().len());
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
    }

    fn finish(self, original: &str) -> String {
        if self.is_changed {
            self.text.trim().to_owned()
        } else {
            original.to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
