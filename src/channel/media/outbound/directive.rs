//! `MEDIA:` lines: how an agent names files in the midst of its answer.
//!
//! A line is a directive if it has at most three spaces, perhaps a list marker, `MEDIA:` in
//! any case, and a value that is a [`Reference`]: in backticks or quotes to the letter,
//! else the whole rest of the line, spaces included. Lines of code, fenced or indented, are
//! none. What looks like a directive and names nothing stays text.

use std::borrow::Cow;
use std::collections::HashSet;

use super::reference::{Reference, TRAILING};
use crate::channel::fence::{self, Fence};

/// An answer without its directives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What is left to read. As given where there was no directive; else its ends are
    /// trimmed, and where a directive stood at most one empty line is left.
    pub text: String,
    /// What is to be sent: each text of a reference once, in order of appearance.
    pub references: Vec<Reference>,
}

/// Takes the directives out of a complete answer.
pub fn take(text: &str) -> Taken {
    let sifted = sift(text);
    Taken {
        text: sifted.visible.into_owned(),
        references: sifted.references,
    }
}

/// What of an answer that still grows may be shown: no directive, and not the last line
/// while it may become one. Whatever is shown stays in the finished answer.
pub fn mask(text: &str) -> Cow<'_, str> {
    let (complete, last) = match text.rfind('\n') {
        Some(end) => text.split_at(end + 1),
        None => ("", text),
    };
    let hides_last = may_become_directive(last) && fence::after(None, complete).is_none();
    if !hides_last {
        return sift(text).visible;
    }
    match sift(complete).visible {
        Cow::Borrowed(shown) => Cow::Borrowed(shown.trim_end()),
        Cow::Owned(shown) => Cow::Owned(shown),
    }
}

struct Sifted<'a> {
    visible: Cow<'a, str>,
    references: Vec<Reference>,
}

fn sift(text: &str) -> Sifted<'_> {
    let mut references = Vec::new();
    let mut seen = HashSet::new();
    let mut kept = Kept::default();
    let mut has_directive = false;
    let mut open: Option<Fence> = None;
    for line in text.split_inclusive('\n') {
        let found = open.is_none().then(|| directive(line)).flatten();
        if let Some(reference) = found {
            has_directive = true;
            kept.gap();
            if seen.insert(reference.as_str().to_owned()) {
                references.push(reference);
            }
        } else {
            open = fence::after_line(open, line);
            kept.line(line);
        }
    }
    let visible = if has_directive {
        Cow::Owned(kept.text.trim().to_owned())
    } else {
        Cow::Borrowed(text)
    };
    Sifted {
        visible,
        references,
    }
}

/// Lines that stay. Around a gap at most one empty line does: the other runs of empty lines
/// are the writer's own, and may be code.
#[derive(Default)]
struct Kept {
    text: String,
    is_after_gap: bool,
}

impl Kept {
    fn gap(&mut self) {
        let words = self.text.trim_end_matches(['\n', '\r', ' ', '\t']).len();
        let empty_lines = self.text.get(words..).unwrap_or_default();
        let mut breaks = empty_lines
            .match_indices('\n')
            .map(|(at, _)| words + at + 1);
        let end = breaks.nth(1);
        if let Some(end) = end {
            self.text.truncate(end);
        }
        self.is_after_gap = true;
    }

    fn line(&mut self, line: &str) {
        if self.is_after_gap && line.trim().is_empty() {
            let has_empty_line = self.text.is_empty()
                || self
                    .text
                    .trim_end_matches(['\r', ' ', '\t'])
                    .strip_suffix('\n')
                    .is_some_and(|before| {
                        before.trim_end_matches(['\r', ' ', '\t']).ends_with('\n')
                    });
            if has_empty_line {
                return;
            }
        } else {
            self.is_after_gap = false;
        }
        self.text.push_str(line);
    }
}

/// What a line outside of code names, if it is a directive.
fn directive(line: &str) -> Option<Reference> {
    let line = line.trim_end();
    let head = strip_marker(strip_indent(line)?);
    let (word, value) = head.split_at_checked(WORD.len())?;
    if !word.eq_ignore_ascii_case(WORD) {
        return None;
    }
    let value = value.trim_start_matches([' ', '\t']);
    if !value.starts_with(QUOTES) {
        return Reference::to_end_of_line(value).ok();
    }
    // A sentence may end behind the quotes.
    let literal = unquoted(value).or_else(|| unquoted(value.trim_end_matches(TRAILING)))?;
    Reference::literal(literal).ok()
}

/// Whether more letters could make a directive of a line that is not complete.
fn may_become_directive(line: &str) -> bool {
    let Some(rest) = strip_indent(line) else {
        return false;
    };
    let head = strip_marker(rest);
    // The digits of a list marker whose full stop has not come yet.
    let is_number = head.len() == rest.len()
        && !head.is_empty()
        && head.bytes().all(|byte| byte.is_ascii_digit());
    let begun = head.len().min(WORD.len());
    is_number
        || head.get(..begun).is_some_and(|begun| {
            WORD.get(..begun.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(begun))
        })
}

/// The line behind up to three spaces; `None` for one that is indented further, as code is.
fn strip_indent(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len() <= MAX_INDENT && !rest.starts_with('\t')).then_some(rest)
}

/// The line behind a list marker and the spaces after it.
fn strip_marker(line: &str) -> &str {
    let digits = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let behind = if digits.len() < line.len() {
        digits.strip_prefix('.')
    } else {
        line.strip_prefix(['-', '*', '•'])
    };
    behind.map_or(line, |rest| rest.trim_start_matches([' ', '\t']))
}

/// What stands between a pair of quotes or backticks.
fn unquoted(value: &str) -> Option<&str> {
    let quote = value.chars().next()?;
    let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(quote)).then_some(inner)
}

const WORD: &str = "MEDIA:";
const QUOTES: [char; 3] = ['`', '"', '\''];
const MAX_INDENT: usize = 3;

#[cfg(test)]
mod tests;
