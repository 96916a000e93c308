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

/// The text without `<think>…</think>` and what stands in it, outside of code: where no client
/// folds it away. An end that is missing takes the tag alone.
pub(crate) fn without_reasoning(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, inside)) = next_reasoning(rest) {
        kept.push_str(before);
        rest = match find_tag(inside, "</think") {
            Some((at, end)) if at < inside.len() => inside.get(end..).unwrap_or_default(),
            _ => inside,
        };
        if kept.is_empty() {
            rest = rest.trim_start();
        }
    }
    if kept.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// What stands before the next section of reasoning, and what behind its opening tag.
fn next_reasoning(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let (at, end) = find_tag(text.get(from..)?, "<think")?;
        let (at, end) = (from + at, from + end);
        let before = text.get(..at)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        let in_code = fence::after(None, before).is_some() || line.matches('`').count() % 2 == 1;
        if !in_code {
            return Some((before, text.get(end..)?));
        }
        from = end;
    }
}

/// Where a tag begins and ends, its `>` included.
fn find_tag(text: &str, tag: &str) -> Option<(usize, usize)> {
    let at = text.match_indices('<').map(|(at, _)| at).find(|at| {
        let found = text.as_bytes().get(*at..*at + tag.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()))
    })?;
    let end = text.get(at..)?.find('>')? + at + 1;
    Some((at, end))
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
    fn reasoning_is_left_out_where_no_client_folds_it() {
        for (text, left) in [
            ("plain", "plain"),
            ("<think>hm</think>\n\nanswer", "answer"),
            ("a <THINK>x</Think>b<think>y</think>c", "a bc"),
            ("<think>no end", "no end"),
            ("`<think>` is a tag", "`<think>` is a tag"),
            (
                "```\n<think>\n```\n<think>x</think>y",
                "```\n<think>\n```\ny",
            ),
            ("1 < 2 <think", "1 < 2 <think"),
        ] {
            assert_eq!(without_reasoning(text), left);
        }
    }

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
