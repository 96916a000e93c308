//! Hides cards in an answer that is still being written.

use std::borrow::Cow;

use super::candidate::{self, Mention, Verdict};
use super::fence::{Extent, Piece, is_blank, pieces};
use crate::texts;

/// A block that has become this long without a card's type is shown: it is not one.
const UNDECIDED_MAX_BYTES: usize = 16 * 1024;

/// What may be shown of an answer so far: a card is one line saying that it is being
/// prepared, and a block at the end that may become one is not shown yet. Where that leaves
/// nothing, whoever shows it keeps its sign that the agent is thinking.
///
/// Only for answers that grow: the whole one goes through
/// [`extract`](super::extract::extract). Linear in the text's length, without a copy where
/// nothing is hidden.
pub fn mask(text: &str) -> Cow<'_, str> {
    let pieces = pieces(text, Extent::Growing);
    let views: Vec<View<'_>> = pieces.into_iter().map(view).collect();
    if views.iter().all(|view| matches!(view, View::Shown(_))) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for view in views {
        match view {
            View::Shown(text) => shown.push_str(text),
            View::Card { ends_line } => {
                shown.push_str(texts::cards::PREPARING);
                if ends_line {
                    shown.push('\n');
                }
            }
            View::Withheld => {}
        }
    }
    Cow::Owned(shown)
}

enum View<'a> {
    Shown(&'a str),
    Card { ends_line: bool },
    Withheld,
}

fn view(piece: Piece<'_>) -> View<'_> {
    let (whole, content, is_closed) = match piece {
        Piece::Text(text) => return View::Shown(text),
        Piece::Undecided(_) => return View::Withheld,
        Piece::Block {
            whole,
            content,
            is_closed,
        } => (whole, content, is_closed),
        Piece::Bare { whole, is_closed } => (whole, whole, is_closed),
    };
    let is_card = if is_closed {
        candidate::verdict(content) != Verdict::Other
    } else {
        match growing(content) {
            Some(is_card) => is_card,
            None => return View::Withheld,
        }
    };
    if is_card {
        View::Card {
            ends_line: is_closed && whole.ends_with('\n'),
        }
    } else {
        View::Shown(whole)
    }
}

/// Whether a block without an end is a card, once that can be told.
fn growing(content: &str) -> Option<bool> {
    let begin = content.trim_start_matches(is_blank);
    let first = begin.chars().next()?;
    if !matches!(first, '{' | '[') {
        return Some(false);
    }
    match candidate::mention(content) {
        Mention::Known => Some(true),
        Mention::None if content.len() > UNDECIDED_MAX_BYTES => Some(false),
        Mention::Key | Mention::None => None,
    }
}

#[cfg(test)]
mod tests;
