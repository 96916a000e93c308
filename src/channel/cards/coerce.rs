//! What a value was meant to be. Models write `"1"` for 1, `"yes"` for true, `1` for `"1"`.

use serde_json::Value;
use url::Url;

use crate::wecom::card::CheckMode;

/// A whole number: rounded (.5 upwards), from a string too; an empty string is 0. `None` for
/// everything else.
pub(super) fn number(value: &Value) -> Option<i64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) if text.trim().is_empty() => 0.0,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    whole(number)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded and in the range of 32 bits"
)]
fn whole(number: f64) -> Option<i64> {
    let rounded = (number + 0.5).floor();
    (rounded.abs() <= f64::from(i32::MAX)).then_some(rounded as i64)
}

/// A truth value: `true`, `1`, `yes` and their opposites in any case, numbers other than 0.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many options may be chosen: a word for it or a number, at most 0 being one.
pub(super) fn mode(value: &Value) -> Option<CheckMode> {
    if let Value::String(word) = value {
        match word.trim().to_ascii_lowercase().as_str() {
            "single" | "radio" | "单选" => return Some(CheckMode::Single),
            "multi" | "multiple" | "多选" => return Some(CheckMode::Multiple),
            _ => {}
        }
    }
    let number = number(value)?;
    Some(if number <= 0 {
        CheckMode::Single
    } else {
        CheckMode::Multiple
    })
}

/// Text without white space around it, from numbers and truth values too. `None` for what
/// is empty or no text.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The address of a web page as it was written; `None` for every scheme but `http` and
/// `https`: what a card opens, it opens on somebody's machine.
pub(super) fn web_page(text: &str) -> Option<String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    Some(if text.contains(is_odd) {
        url.to_string()
    } else {
        text.to_owned()
    })
}

/// Cut to a number of bytes, between characters.
pub(super) fn cut_bytes(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Cut to a number of characters, the last of which then says so.
pub(super) fn cut_chars(text: &str, max: usize) -> Option<String> {
    text.char_indices().nth(max)?;
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    Some(format!("{}…", kept.trim_end()))
}

#[cfg(test)]
mod tests;
