//! Cuts a text into messages that WeCom takes.

use crate::channel::fence::{self, Fence};

/// Bytes of content in one message. WeCom takes 20,480; the rest is room for markers.
pub(super) const MAX_CONTENT_BYTES: usize = 20_000;

/// Cuts `text` into parts of at most `limit` bytes, at paragraphs where possible, else at
/// lines, else between characters. A code fence that is open at a cut is closed there and
/// opened again in the next part. Line breaks at a cut are dropped.
///
/// `limit` must leave room for two fence lines and a character; anything from 1,000 bytes
/// does.
pub(crate) fn split(text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut open: Option<Fence> = None;
    loop {
        let opening = open
            .as_ref()
            .map_or_else(String::new, |fence| format!("{}\n", fence.opening()));
        if opening.len() + rest.len() <= limit {
            if !rest.is_empty() {
                parts.push(opening + rest);
            }
            return parts;
        }
        let (head, tail, still_open) = cut(rest, limit.saturating_sub(opening.len()), open);
        let closing = still_open
            .as_ref()
            .map_or_else(String::new, |fence| format!("\n{}", fence.closing()));
        if !head.trim().is_empty() {
            parts.push(opening + head + &closing);
        }
        rest = tail;
        open = still_open;
    }
}

/// As much of the beginning of `text` as WeCom takes; `more` stands behind it where there is
/// more.
pub(crate) fn beginning_of(text: &str, more: &str) -> String {
    if text.len() <= MAX_CONTENT_BYTES {
        return text.to_owned();
    }
    let parts = split(text, MAX_CONTENT_BYTES.saturating_sub(more.len()));
    let mut beginning = parts.into_iter().next().unwrap_or_default();
    beginning.push_str(more);
    beginning
}

/// What of a final text was not shown in a stream that showed `shown`. Cards and lines that
/// name files may be gone from it, so the common beginning counts, up to its last whole
/// line: a line that is shown twice is better than one that is lost.
pub(super) fn rest_of<'a>(text: &'a str, shown: &str) -> &'a str {
    let common = text
        .bytes()
        .zip(shown.bytes())
        .take_while(|(left, right)| left == right)
        .count();
    let cut = if common == shown.len() {
        common
    } else {
        let whole_lines = text.as_bytes().get(..common).unwrap_or_default();
        whole_lines
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1)
    };
    text.get(cut..).unwrap_or(text).trim_start_matches('\n')
}

/// The first piece of `text`, what follows it, and the fence open between them.
fn cut(text: &str, room: usize, open: Option<Fence>) -> (&str, &str, Option<Fence>) {
    let at = boundary(text, room);
    let (head, _) = text.split_at(at);
    let still_open = fence::after(open.clone(), head);
    // A fence that is open at the cut needs room for its closing line. Cutting earlier may
    // end in another fence, so the room is that of the longest.
    let at = match &still_open {
        Some(_) => boundary(text, room.saturating_sub(fence::MAX_MARKER + 1)),
        None => at,
    };
    let (head, tail) = text.split_at(at);
    let still_open = fence::after(open, head);
    if still_open.is_some() {
        // One line break is the cut itself; more of them belong to the code.
        let head = head.strip_suffix('\n').unwrap_or(head);
        (head, tail, still_open)
    } else {
        (
            head.trim_end_matches('\n'),
            tail.trim_start_matches('\n'),
            None,
        )
    }
}

/// Where to cut within the first `room` bytes: behind the last paragraph, else the last
/// line, that leaves at least a quarter of the room filled, else behind the last character
/// that fits. Never 0.
fn boundary(text: &str, room: usize) -> usize {
    let end = text.floor_char_boundary(room);
    let window = text.get(..end).unwrap_or(text);
    let worthwhile = |at: &usize| *at > room / 4;
    let behind = |pattern: &str| {
        window
            .rfind(pattern)
            .map(|at| at + pattern.len())
            .filter(worthwhile)
    };
    let first_char = text.chars().next().map_or(0, char::len_utf8);
    behind("\n\n")
        .or_else(|| behind("\n"))
        .unwrap_or(end)
        .max(first_char)
}

/// The end of `text` that fits into `limit` bytes together with `marker` before it, or the
/// whole text where it fits.
pub(crate) fn tail_window(text: String, limit: usize, marker: &str) -> String {
    if text.len() <= limit {
        return text;
    }
    let from = text.ceil_char_boundary(text.len() - limit.saturating_sub(marker.len()));
    let tail = text.get(from..).unwrap_or_default();
    format!("{marker}{tail}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1_000;

    #[test]
    fn a_text_that_fits_stays_as_it_is() {
        assert_eq!(split("hi\n\n", LIMIT), ["hi\n\n"]);
        assert_eq!(split(&"x".repeat(LIMIT), LIMIT), ["x".repeat(LIMIT)]);
        assert_eq!(split("", LIMIT), Vec::<String>::new());
    }

    #[test]
    fn paragraphs_come_before_lines_and_lines_before_characters() {
        let (a, b) = ("a".repeat(600), "b".repeat(600));
        assert_eq!(split(&format!("{a}\n\n{b}"), LIMIT), [a.clone(), b.clone()]);
        assert_eq!(split(&format!("{a}\n{b}"), LIMIT), [a.clone(), b.clone()]);
        let one_line = "字".repeat(400);
        assert_eq!(split(&one_line, LIMIT), ["字".repeat(333), "字".repeat(67)]);
    }

    #[test]
    fn an_open_fence_is_closed_and_opened_again() {
        let lines: Vec<String> = (0..100).map(|n| format!("let x{n} = {n};\n")).collect();
        let code = lines.concat();
        let parts = split(&format!("before\n```rust\n{code}```\nafter"), LIMIT);
        assert!(parts.len() > 1);
        for part in &parts {
            assert!(part.len() <= LIMIT, "{}", part.len());
            assert_eq!(fence::after(None, part), None, "balanced: {part}");
        }
        assert!(parts[1].starts_with("```rust\nlet x"));
        let joined = parts.join("\n").replace("\n```\n```rust\n", "\n");
        assert_eq!(joined, format!("before\n```rust\n{code}```\nafter"));
    }

    #[test]
    fn the_wire_limit_plus_one_makes_two() {
        let text = "é".repeat(10_000) + "x";
        let parts = split(&text, 20_000);
        assert_eq!(parts.concat(), text);
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn the_window_shows_the_end() {
        assert_eq!(tail_window("short".to_owned(), 10, "… "), "short");
        let window = tail_window("一二三四五六七八九十".to_owned(), 12, "…");
        assert_eq!(window, "…八九十");
    }

    fn without_breaks(text: &str) -> String {
        text.chars().filter(|c| *c != '\n').collect()
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_part_fits(text in "[a-zé字🎉 \\n]{0,6000}") {
            let parts = split(&text, LIMIT);
            prop_assert!(parts.iter().all(|part| part.len() <= LIMIT && !part.is_empty()));
            let joined = without_breaks(&parts.concat());
            if text.trim().is_empty() {
                prop_assert!(joined.trim().is_empty());
            } else {
                let whole = without_breaks(&text);
                prop_assert_eq!(joined.trim(), whole.trim());
            }
        }

        #[test]
        fn every_part_fits_and_is_balanced_whatever_the_fences(
            text in proptest::collection::vec("[`~]{1,40}|[a-z字]{1,700}|\\n|\\n|```rust\\n|```\\n", 0..60)
        ) {
            let text = text.concat();
            for part in split(&text, LIMIT) {
                prop_assert!(part.len() <= LIMIT);
                prop_assert!(!part.is_empty());
            }
        }
    }
}
