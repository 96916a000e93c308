//! Where cards may stand in an answer: fenced blocks, and a bare object at its beginning.

/// A part of an answer. All parts together are the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that is no card, fenced blocks of other languages included.
    Text(&'a str),
    /// A fenced block that may be a card.
    Block {
        /// With its fences and the line feed after the closing one.
        whole: &'a str,
        /// What is between them.
        content: &'a str,
        /// Whether the closing fence is there.
        is_closed: bool,
    },
    /// An object or array at the very beginning.
    Bare {
        /// Up to the bracket that closes it, or to the end where none does.
        whole: &'a str,
        /// Whether there is one.
        is_closed: bool,
    },
    /// The last line of a text that still grows, which may become an opening fence.
    Undecided(&'a str),
}

/// Whether the text is whole or still grows at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nothing will be added: the last line is as good as any.
    Whole,
    /// The last line may change its meaning with the next character.
    Growing,
}

/// Cuts an answer into its parts. Linear in its length.
pub(super) fn pieces(text: &str, extent: Extent) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    if let Some(bare) = bare_value(text) {
        pieces.push(bare);
        let Piece::Bare { whole, .. } = bare else {
            return pieces;
        };
        rest = text.get(whole.len()..).unwrap_or_default();
    }
    let mut lines = Lines { text: rest, at: 0 };
    let mut plain_from = 0;
    while let Some(line) = lines.next() {
        let is_growing = extent == Extent::Growing && !line.is_complete;
        let Some(fence) = Fence::opening(line.text) else {
            if is_growing && may_become_fence(line.text) {
                push_text(&mut pieces, rest, plain_from, line.start);
                pieces.push(Piece::Undecided(line.text));
                return pieces;
            }
            continue;
        };
        if is_growing {
            if fence.may_become_card() {
                push_text(&mut pieces, rest, plain_from, line.start);
                pieces.push(Piece::Undecided(line.text));
                return pieces;
            }
            continue;
        }
        let content_from = lines.at;
        let (content_to, is_closed) = lines.skip_to_closing(fence, extent);
        if fence.is_for_cards() {
            push_text(&mut pieces, rest, plain_from, line.start);
            pieces.push(Piece::Block {
                whole: rest.get(line.start..lines.at).unwrap_or_default(),
                content: rest.get(content_from..content_to).unwrap_or_default(),
                is_closed,
            });
            plain_from = lines.at;
        }
    }
    push_text(&mut pieces, rest, plain_from, rest.len());
    pieces
}

fn push_text<'a>(pieces: &mut Vec<Piece<'a>>, text: &'a str, from: usize, to: usize) {
    if let Some(text) = text.get(from..to).filter(|text| !text.is_empty()) {
        pieces.push(Piece::Text(text));
    }
}

/// One line without its line feed.
struct Line<'a> {
    text: &'a str,
    start: usize,
    is_complete: bool,
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let (text, is_complete) = match rest.split_once('\n') {
            Some((line, _)) => (line, true),
            None => (rest, false),
        };
        self.at = start + text.len() + usize::from(is_complete);
        Some(Line {
            text,
            start,
            is_complete,
        })
    }

    /// Goes behind the closing fence; returns where the content ends.
    fn skip_to_closing(&mut self, fence: Fence<'_>, extent: Extent) -> (usize, bool) {
        while let Some(line) = self.next() {
            let counts = line.is_complete || extent == Extent::Whole;
            if counts && fence.is_closed_by(line.text) {
                return (line.start, true);
            }
        }
        (self.text.len(), false)
    }
}

/// An opening fence.
#[derive(Debug, Clone, Copy)]
struct Fence<'a> {
    mark: char,
    length: usize,
    info: &'a str,
}

/// Least number of marks of a fence.
const FENCE_LENGTH: usize = 3;

/// Spaces before a fence, at the most; four make it an indented code block.
const FENCE_INDENT: usize = 3;

/// Languages of blocks that may hold a card.
const CARD_LANGUAGES: [&str; 5] = ["json", "jsonc", "json5", "template_card", "card"];

impl<'a> Fence<'a> {
    fn opening(line: &'a str) -> Option<Self> {
        let line = unindented(line)?;
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        // Back-ticks after back-ticks are code inside a line.
        let is_inline = mark == '`' && info.contains('`');
        (length >= FENCE_LENGTH && !is_inline).then(|| Self {
            mark,
            length,
            info: info.trim(),
        })
    }

    fn is_closed_by(self, line: &str) -> bool {
        unindented(line).is_some_and(|line| {
            let after = line.trim_start_matches(self.mark);
            line.len() - after.len() >= self.length && after.trim().is_empty()
        })
    }

    fn is_for_cards(self) -> bool {
        self.language().is_none_or(|language| {
            let mut known = CARD_LANGUAGES.iter();
            known.any(|card| card.eq_ignore_ascii_case(language))
        })
    }

    /// The same for a line whose end is still to come.
    fn may_become_card(self) -> bool {
        let Some(language) = self.language() else {
            return true;
        };
        CARD_LANGUAGES.iter().any(|card| {
            let begin = card.get(..language.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(language))
        })
    }

    fn language(self) -> Option<&'a str> {
        self.info.split_whitespace().next()
    }
}

/// The line without the spaces before it; `None`: too many for a fence.
fn unindented(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len() <= FENCE_INDENT).then_some(rest)
}

/// Whether a last line holds nothing but the beginning of a fence.
fn may_become_fence(line: &str) -> bool {
    unindented(line).is_some_and(|line| {
        let is_begin = |mark| !line.is_empty() && line.chars().all(|c| c == mark);
        is_begin('`') || is_begin('~')
    })
}

/// The object or array with which the text begins.
///
/// What follows its bracket tells it from Markdown (`[a link](…)`) and templates (`{name}`).
fn bare_value(text: &str) -> Option<Piece<'_>> {
    let begin = text.trim_start_matches(is_blank);
    let opening = begin.chars().next().filter(|c| matches!(c, '{' | '['))?;
    let inside = begin.get(1..)?.trim_start_matches(is_blank);
    let is_value = match (opening, inside.chars().next()) {
        (_, None) => true,
        ('{', Some(next)) => matches!(next, '"' | '\'' | '“' | '”' | '}' | '/'),
        (_, Some(next)) => next == '{',
    };
    if !is_value {
        return None;
    }
    let lead = text.len() - begin.len();
    let end = closing_bracket(begin);
    let whole = text.get(..end.map_or(text.len(), |end| lead + end))?;
    Some(Piece::Bare {
        whole,
        is_closed: end.is_some(),
    })
}

/// White space, and the byte order mark that some programs put before a text.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// The position behind the bracket that closes the value with which `text` begins.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
