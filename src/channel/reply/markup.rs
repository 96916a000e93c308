//! Makes an agent's Markdown safe for WeCom's client.

use std::borrow::Cow;

use crate::channel::fence;

/// WeCom's client folds `<think>…</think>` into a reasoning block and swallows what stands
/// in it. Written by an agent as part of its answer, the tags are text: outside of code
/// they are escaped.
pub(crate) fn escape_reasoning_tags(text: &str) -> Cow<'_, str> {
    if !contains_tag(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut open = None;
    for line in text.split_inclusive('\n') {
        let was_open = open.is_some();
        open = fence::after_line(open, line.trim_end_matches('\n'));
        if was_open || open.is_some() {
            escaped.push_str(line);
        } else {
            escape_line(line, &mut escaped);
        }
    }
    Cow::Owned(escaped)
}

fn contains_tag(text: &str) -> bool {
    text.match_indices('<')
        .any(|(at, _)| tag_at(text, at).is_some())
}

/// The length of `<think` or `</think`, in any case, if it stands at `at`.
fn tag_at(text: &str, at: usize) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    ["<think", "</think"].iter().find_map(|tag| {
        let head = rest.get(..tag.len())?;
        head.eq_ignore_ascii_case(tag.as_bytes())
            .then_some(tag.len())
    })
}

/// Copies a line, escaping tags that stand outside of inline code.
fn escape_line(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(['`', '<']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let taken = if from.starts_with('<') {
            if tag_at(from, 0).is_some() {
                out.push_str("&lt;");
            } else {
                out.push('<');
            }
            1
        } else {
            let span = code_span(from);
            out.push_str(from.get(..span).unwrap_or(from));
            span
        };
        rest = from.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// The length of the inline code that begins `text` with a run of backticks, or of the run
/// alone if nothing closes it.
fn code_span(text: &str) -> usize {
    let run = text.len() - text.trim_start_matches('`').len();
    let mut at = run;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('`')) {
        let from = at + found;
        let rest = text.get(from..).unwrap_or_default();
        let length = rest.len() - rest.trim_start_matches('`').len();
        at = from + length;
        if length == run {
            return at;
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_escaped_outside_of_code_only() {
        for (text, expected) in [
            ("plain < text > & more", "plain < text > & more"),
            ("a <think>b</think> c", "a &lt;think>b&lt;/think> c"),
            ("<THINK >", "&lt;THINK >"),
            (
                "use `<think>` here, not <think>",
                "use `<think>` here, not &lt;think>",
            ),
            ("``a ` <think>`` <think>", "``a ` <think>`` &lt;think>"),
            ("unclosed ` <think>", "unclosed ` &lt;think>"),
            (
                "```xml\n<think>\n```\n<think>",
                "```xml\n<think>\n```\n&lt;think>",
            ),
            ("<<think>", "<&lt;think>"),
            ("思考<think", "思考&lt;think"),
        ] {
            assert_eq!(escape_reasoning_tags(text), expected);
        }
    }
}
