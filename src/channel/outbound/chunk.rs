//! Cuts Markdown into messages that WeCom takes whole.
//!
//! | Cut | Where |
//! |---|---|
//! | 1st choice | at the last line break that fits |
//! | 2nd | behind the last blank or sentence end in the second half, outside of parentheses, links and tags |
//! | 3rd | between any two characters of the second half, outside of links and tags |
//! | 4th | behind the last blank at all, else wherever the limit falls |
//!
//! Never inside a grapheme cluster that fits. A code fence that is open at a cut is closed
//! there and opened again in the next piece; both lines count towards the limits.

mod spans;

use unicode_segmentation::GraphemeCursor;

use crate::channel::fence::{self, Fence};

/// Pieces of one message, at the most: beyond it the whole goes out as a file. A member
/// gets at most 30 messages a minute.
pub const MAX_PIECES: usize = 20;

/// Bytes of Markdown in one message of the bot. WeCom refuses more than 20,480.
pub const BOT_BYTES: usize = 20_000;

/// Bytes of text in one message of an agent app. WeCom cuts what is longer, silently.
pub const APP_BYTES: usize = 2_048;

/// The smallest limits that leave room for fences.
const MIN_LIMIT: usize = 128;

/// Room for the longest closing line of a fence and its line break.
const MAX_CLOSING: Limits = Limits {
    units: fence::MAX_MARKER + 1,
    bytes: fence::MAX_MARKER + 1,
};

/// How large a piece may be; both hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    units: usize,
    bytes: usize,
}

impl Limits {
    /// `units` UTF-16 code units and `bytes` bytes of UTF-8, at least 128 of each.
    pub fn new(units: usize, bytes: usize) -> Self {
        Self {
            units: units.max(MIN_LIMIT),
            bytes: bytes.max(MIN_LIMIT),
        }
    }

    /// Half of each: for a text that WeCom still found too long.
    #[must_use]
    pub fn halved(self) -> Self {
        Self::new(self.units / 2, self.bytes / 2)
    }

    fn fits(self, size: Self) -> bool {
        size.units <= self.units && size.bytes <= self.bytes
    }

    fn less(self, other: Self) -> Self {
        Self {
            units: self.units.saturating_sub(other.units),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What is sent.
    pub text: String,
    /// Where its part of the source begins, in bytes.
    start: usize,
    /// The fence that it opens again, with its line break.
    reopened: String,
}

/// A text as messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pieces {
    /// All of it, in order; none for an empty text.
    All(Vec<Piece>),
    /// It makes more than [`MAX_PIECES`]: the first of them, to be followed by the whole
    /// text as a Markdown file.
    FirstAndFile {
        /// The first piece.
        first: Piece,
        /// How many there would be.
        of: usize,
    },
}

impl Piece {
    /// What of `source` is not sent before this piece is, as a text of its own.
    pub fn rest_of(&self, source: &str) -> String {
        let rest = source.get(self.start..).unwrap_or_default();
        format!("{}{rest}", self.reopened)
    }
}

/// Cuts `text`; one that makes too many pieces becomes a file.
pub fn pieces(text: &str, limits: Limits) -> Pieces {
    let pieces = chunk(text, limits);
    let of = pieces.len();
    if of <= MAX_PIECES {
        return Pieces::All(pieces);
    }
    match pieces.into_iter().next() {
        Some(first) => Pieces::FirstAndFile { first, of },
        None => Pieces::All(Vec::new()),
    }
}

/// Cuts `text`, however many pieces it makes.
pub fn chunk(text: &str, limits: Limits) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut open: Option<Fence> = None;
    loop {
        let rest = text.get(start..).unwrap_or_default();
        let reopened = open
            .as_ref()
            .map_or_else(String::new, |fence| format!("{}\n", fence.opening()));
        let room = limits.less(size(&reopened));
        if room.fits(size(rest)) {
            push(&mut pieces, reopened, rest, "", start);
            return pieces;
        }
        let cut = cut(rest, room, open.as_ref());
        let closing = cut
            .open
            .as_ref()
            .map_or_else(String::new, |fence| format!("\n{}", fence.closing()));
        let head = rest.get(..cut.head).unwrap_or_default();
        push(&mut pieces, reopened, head, &closing, start);
        start += cut.next;
        open = cut.open;
    }
}

fn push(pieces: &mut Vec<Piece>, reopened: String, part: &str, closing: &str, start: usize) {
    // WeCom takes no message of blanks alone.
    if !part.trim().is_empty() {
        pieces.push(Piece {
            text: format!("{reopened}{part}{closing}"),
            start,
            reopened,
        });
    }
}

/// Where the first piece of a text ends, where the next begins, and the fence open between.
struct Cut {
    head: usize,
    next: usize,
    open: Option<Fence>,
}

fn cut(text: &str, room: Limits, open: Option<&Fence>) -> Cut {
    let at = boundary(text, room);
    // A fence that is open at the cut needs room for its closing line. An earlier cut may
    // lie in another fence, so the room is that of the longest.
    let head = text.get(..at).unwrap_or(text);
    let at = match fence::after(open.cloned(), head) {
        Some(_) => boundary(text, room.less(MAX_CLOSING)),
        None => at,
    };
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    let open = fence::after(open.cloned(), head);
    if open.is_some() {
        // One line break is the cut itself; more of them belong to the code.
        let next = at + usize::from(!head.ends_with('\n') && tail.starts_with('\n'));
        return Cut {
            head: head.strip_suffix('\n').unwrap_or(head).len(),
            next,
            open,
        };
    }
    Cut {
        head: head.trim_end_matches('\n').len(),
        next: text.len() - tail.trim_start_matches('\n').len(),
        open,
    }
}

/// Where to cut: at most what `room` holds, at least one character.
fn boundary(text: &str, room: Limits) -> usize {
    let end = longest(text, room);
    let window = text.get(..end).unwrap_or(text);
    // A line that ends exactly at the limit fits.
    if text.get(end..).is_some_and(|rest| rest.starts_with('\n')) {
        return end;
    }
    if let Some(at) = window.rfind('\n').filter(|at| *at > 0) {
        return at;
    }
    let half = end / 2;
    let spans = spans::find(text, end);
    let blanks = spans::blanks(window);
    let blank_in = |from: usize| {
        let free = |at: &&usize| **at > from && spans::around(&spans, **at).is_none();
        blanks.iter().rev().find(free).copied()
    };
    let hard = match spans::around(&spans, end) {
        Some(start) => (start > half).then_some(start),
        None => Some(end),
    };
    blank_in(half)
        .or(hard)
        .or_else(|| blank_in(0))
        .unwrap_or(end)
}

/// The longest start of `text` that fits into `room`: whole grapheme clusters, unless the
/// first alone is too long; at least one character.
fn longest(text: &str, room: Limits) -> usize {
    let mut used = Limits { units: 0, bytes: 0 };
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        used.units += c.len_utf16();
        used.bytes += c.len_utf8();
        if !room.fits(used) {
            end = at;
            break;
        }
    }
    let mut cursor = GraphemeCursor::new(end, text.len(), true);
    let whole = match cursor.is_boundary(text, 0) {
        Ok(true) => Some(end),
        _ => cursor.prev_boundary(text, 0).ok().flatten(),
    };
    let first = text.chars().next().map_or(0, char::len_utf8);
    whole.filter(|at| *at > 0).unwrap_or(end).max(first)
}

fn size(text: &str) -> Limits {
    Limits {
        units: text.encode_utf16().count(),
        bytes: text.len(),
    }
}

#[cfg(test)]
mod tests;
