//! Adding and removing members of objects and arrays, as changes of the source text.

use jsonc_parser::common::Range;
use serde_json::Value;

use super::render::{self, Layout};
use super::source::{Container, Source};
use super::style::Style;

/// Text in place of a range of the source.
#[derive(Debug)]
pub(super) struct Splice {
    range: Range,
    text: String,
}

impl Splice {
    pub(super) fn replace(range: Range, text: String) -> Self {
        Self { range, text }
    }

    fn insert(at: usize, text: String) -> Self {
        Self::replace(Range::new(at, at), text)
    }

    fn delete(start: usize, end: usize) -> Self {
        Self::replace(Range::new(start, end), String::new())
    }
}

/// The source with every splice applied; they must not overlap.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|s| (s.range.start, s.range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for splice in splices {
        out.push_str(text.get(at..splice.range.start).unwrap_or_default());
        out.push_str(&splice.text);
        at = splice.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A member to be added: an element, or a property with its key.
pub(super) struct NewMember<'a> {
    pub(super) key: Option<&'a str>,
    pub(super) value: &'a Value,
}

impl NewMember<'_> {
    fn render(&self, style: &Style, layout: Layout<'_>) -> String {
        match self.key {
            Some(key) => render::property(key, self.value, style, layout),
            None => render::value(self.value, style, layout),
        }
    }

    /// Whether it needs lines of its own in a container that was empty.
    fn is_tall(&self) -> bool {
        self.key.is_some() || self.value.is_object()
    }
}

/// Adds a member after the last one.
pub(super) fn append(
    source: &Source<'_>,
    container: &Container,
    new: &NewMember<'_>,
) -> Vec<Splice> {
    match container.members.last() {
        Some(last) => insert_after(source, container, *last, true, new),
        None => fill(source, container, new),
    }
}

/// Adds a member after `member`, on a line of its own if `member` has one.
pub(super) fn insert_after(
    source: &Source<'_>,
    container: &Container,
    member: Range,
    is_last: bool,
    new: &NewMember<'_>,
) -> Vec<Splice> {
    let style = container_style(source, container);
    let comma = source.comma_after(member.end);
    let needs_comma = comma.is_some() || !is_last;
    let tail = if needs_comma { "," } else { "" };
    let mut splices = Vec::new();
    if source.begins_line(member.start) {
        let indent = source.indent(member.start);
        let anchor = source.end_of_line_comments(comma.map_or(member.end, |c| c.end));
        let text = new.render(&style, Layout::Lines(indent));
        let newline = style.newline;
        let comma_text = if comma.is_none() { "," } else { "" };
        if anchor == member.end {
            let text = format!("{comma_text}{newline}{indent}{text}{tail}");
            splices.push(Splice::insert(anchor, text));
        } else {
            splices.push(Splice::insert(member.end, comma_text.to_owned()));
            splices.push(Splice::insert(
                anchor,
                format!("{newline}{indent}{text}{tail}"),
            ));
        }
    } else {
        let text = new.render(&style, Layout::Inline);
        let blank = style.blank();
        let splice = match comma {
            Some(comma) => Splice::insert(comma.end, format!("{blank}{text},")),
            None => Splice::insert(member.end, format!(",{blank}{text}{tail}")),
        };
        splices.push(splice);
    }
    splices
}

/// Adds the first member.
fn fill(source: &Source<'_>, container: &Container, new: &NewMember<'_>) -> Vec<Splice> {
    let style = Style::of(source);
    let inside = Range::new(container.range.start + 1, container.range.end - 1);
    let base = source.indent(container.range.start);
    let indent = format!("{base}{}", style.unit);
    let newline = style.newline;
    let comma = if style.trailing_commas { "," } else { "" };
    if let Some(comment_end) = source.last_comment_end(inside) {
        let text = new.render(&style, Layout::Lines(&indent));
        let mut text = format!("{newline}{indent}{text}{comma}");
        if !source.has_newline(comment_end, inside.end) {
            text.push_str(newline);
            text.push_str(base);
        }
        return vec![Splice::insert(comment_end, text)];
    }
    let text = if container.is_inline || style.compact || !new.is_tall() {
        let text = new.render(&style, Layout::Inline);
        let blank = if container.is_object {
            style.blank()
        } else {
            ""
        };
        format!("{blank}{text}{blank}")
    } else {
        let text = new.render(&style, Layout::Lines(&indent));
        format!("{newline}{indent}{text}{comma}{newline}{base}")
    };
    vec![Splice::replace(inside, text)]
}

/// Takes a member out, with its comma and the line it had for itself; comments stay.
pub(super) fn remove(source: &Source<'_>, member: Range) -> Vec<Splice> {
    let comma = source.comma_after(member.end);
    let mut splices = Vec::new();
    let mut end = member.end;
    match comma {
        Some(comma) if source.slice(member.end, comma.start).trim().is_empty() => end = comma.end,
        Some(comma) => splices.push(Splice::delete(comma.start, comma.end)),
        None => {
            if let Some(comma) = source.comma_before(member.start) {
                splices.push(Splice::delete(comma.start, comma.end));
            }
        }
    }
    let line_end = source.line_end(end);
    let ends_line = source.slice(end, line_end).trim().is_empty();
    let begins_line = source.begins_line(member.start);
    let (start, end) = if begins_line && ends_line {
        (source.line_start(member.start), line_end)
    } else if begins_line || (end > member.end && !ends_line) {
        (
            member.start,
            end + blanks_at_start(source.slice(end, line_end)),
        )
    } else {
        let before = source.slice(source.line_start(member.start), member.start);
        (member.start - blanks_at_end(before), end)
    };
    splices.push(Splice::delete(start, end));
    splices
}

fn blanks_at_start(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

fn blanks_at_end(text: &str) -> usize {
    text.len() - text.trim_end_matches([' ', '\t']).len()
}

/// The file's style, with keys the way the container's last property has them.
fn container_style(source: &Source<'_>, container: &Container) -> Style {
    let mut style = Style::of(source);
    if let Some(last) = container.members.last().filter(|_| container.is_object) {
        style.bare_keys = !source.slice(last.start, last.end).starts_with(['"', '\'']);
    }
    style
}
