//! Parts of a line that read badly when they are cut: links and tags.

/// Longest tag, in bytes; a `<` without a `>` near it is text.
const MAX_TAG: usize = 256;

/// Bytes behind the window that the end of a link is looked for in.
const LOOK_AHEAD: usize = 2_048;

/// A half-open range of bytes.
type Span = (usize, usize);

/// The links and tags that begin in the first `window` bytes of the first line of `text`.
pub(super) fn find(text: &str, window: usize) -> Vec<Span> {
    let line_end = text.find('\n').unwrap_or(text.len());
    let end = text.floor_char_boundary(line_end.min(window + LOOK_AHEAD));
    let line = text.get(..end).unwrap_or(text);
    let mut spans = links(line);
    spans.extend(tags(line));
    spans
}

/// Where the span that `at` would cut begins.
pub(super) fn around(spans: &[Span], at: usize) -> Option<usize> {
    let mut cut = spans
        .iter()
        .filter(|(start, end)| *start < at && at < *end)
        .map(|(start, _)| *start);
    let first = cut.next()?;
    Some(cut.fold(first, usize::min))
}

/// Positions behind blanks and ends of sentences that stand outside of parentheses.
pub(super) fn blanks(window: &str) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (at, c) in window.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && (c.is_whitespace() || matches!(c, '。' | '！' | '？' | '；')) => {
                found.push(at + c.len_utf8());
            }
            _ => {}
        }
    }
    found
}

/// `[text](address)`.
fn links(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut from = 0;
    for (middle, _) in line.match_indices("](") {
        let start = line
            .get(from..middle)
            .and_then(|before| before.rfind('['))
            .map(|at| from + at);
        let end = line
            .get(middle..)
            .and_then(|behind| behind.find(')'))
            .map(|at| middle + at + 1);
        if let (Some(start), Some(end)) = (start, end) {
            spans.push((start, end));
            from = end;
        }
    }
    spans
}

/// `<name …>` and `</name>`.
fn tags(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (start, _) in line.match_indices('<') {
        let end = line.floor_char_boundary((start + MAX_TAG).min(line.len()));
        let Some(tag) = line.get(start + 1..end) else {
            continue;
        };
        let begins = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        if begins && let Some(length) = tag.find(['<', '>']) {
            spans.push((start, start + length + 2));
        }
    }
    spans
}
