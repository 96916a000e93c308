//! Values as source text.

use std::fmt::Write;

use serde_json::Value;

use super::style::Style;

/// Lists of plain values up to this many characters stay on one line.
const LINE_LIMIT: usize = 80;

/// The source of a property.
pub(super) fn property(key: &str, value: &Value, style: &Style, layout: Layout<'_>) -> String {
    let name = self::key(key, style);
    let blank = style.blank();
    format!("{name}:{blank}{}", self::value(value, style, layout))
}

/// Where new text is put.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout<'a> {
    /// All on one line.
    Inline,
    /// On lines of its own, the first of which begins with this white space.
    Lines(&'a str),
}

/// The source of a value.
pub(super) fn value(value: &Value, style: &Style, layout: Layout<'_>) -> String {
    match value {
        Value::String(text) => string(text, style.quote),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Array(items) => {
            if let Some(line) = short_list(items, style) {
                return line;
            }
            let member = |layout| items.iter().map(move |v| self::value(v, style, layout));
            match layout {
                Layout::Inline => {
                    let separator = format!(",{}", style.blank());
                    let members: Vec<_> = member(layout).collect();
                    format!("[{}]", members.join(&separator))
                }
                Layout::Lines(indent) => {
                    let inner = format!("{indent}{}", style.unit);
                    lines('[', ']', member(Layout::Lines(&inner)), style, indent)
                }
            }
        }
        Value::Object(map) => {
            let member = |layout| map.iter().map(move |(k, v)| property(k, v, style, layout));
            match layout {
                Layout::Inline => {
                    let separator = format!(",{}", style.blank());
                    let members: Vec<_> = member(layout).collect();
                    let blank = style.blank();
                    format!("{{{blank}{}{blank}}}", members.join(&separator))
                }
                Layout::Lines(indent) => {
                    let inner = format!("{indent}{}", style.unit);
                    lines('{', '}', member(Layout::Lines(&inner)), style, indent)
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A list of plain values on one line, if it fits.
fn short_list(items: &[Value], style: &Style) -> Option<String> {
    if items.iter().any(|v| v.is_array() || v.is_object()) {
        return None;
    }
    let separator = format!(",{}", style.blank());
    let members: Vec<_> = items
        .iter()
        .map(|v| value(v, style, Layout::Inline))
        .collect();
    let line = format!("[{}]", members.join(&separator));
    (line.chars().count() <= LINE_LIMIT).then_some(line)
}

fn lines(
    open: char,
    close: char,
    members: impl Iterator<Item = String>,
    style: &Style,
    indent: &str,
) -> String {
    let (newline, unit) = (style.newline, &style.unit);
    let mut text = String::from(open);
    let mut members = members.peekable();
    while let Some(member) = members.next() {
        text.push_str(newline);
        text.push_str(indent);
        text.push_str(unit);
        text.push_str(&member);
        if members.peek().is_some() || style.trailing_commas {
            text.push(',');
        }
    }
    text.push_str(newline);
    text.push_str(indent);
    text.push(close);
    text
}

/// The source of a key.
fn key(key: &str, style: &Style) -> String {
    if style.bare_keys && is_identifier(key) {
        key.to_owned()
    } else {
        string(key, style.quote)
    }
}

/// Whether a key may stand without quotes. Narrower than JSON5: words that begin like a
/// literal are quoted, since some readers take `true_x` for `true`.
fn is_identifier(key: &str) -> bool {
    let literals = ["true", "false", "null", "Infinity", "NaN"];
    key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$'))
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
        && !literals.iter().any(|literal| key.starts_with(literal))
}

/// A quoted string; a text that holds single quotes is put in double ones.
fn string(text: &str, quote: char) -> String {
    let quote = if text.contains('\'') { '"' } else { quote };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '"' if quote == '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
