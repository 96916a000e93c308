//! Whether a piece of JSON is a card, however it was written.

use jsonc_parser::{ParseOptions, parse_to_serde_value};
use serde_json::{Map, Value};

use super::fence::is_blank;
use crate::wecom::card::CardType;

/// The fields of an object.
pub(super) type Object = Map<String, Value>;

/// Brackets inside brackets that the tolerant parser is trusted with: it recurses. The
/// strict one has a limit of its own; a card has four.
const MAX_DEPTH: usize = 64;

/// The key that makes an object a card.
const CARD_TYPE: &str = "card_type";

/// What a block of JSON is.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Cards, at least one; objects of an array that are none stand between them.
    Cards(Vec<Found>),
    /// It was to be a card and cannot be read.
    Broken,
    /// Something else.
    Other,
}

/// An object of a block with a card.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// It has one of the five types, spelt as on the wire.
    Card(Object),
    /// An object of another kind beside a card.
    Other(Value),
}

/// Decides what a complete block is.
pub(super) fn verdict(content: &str) -> Verdict {
    let content = content.trim_matches(is_blank);
    if !content.starts_with(['{', '[']) {
        return Verdict::Other;
    }
    match read(content) {
        Some(value) => cards(value),
        None if mention(content) != Mention::None => Verdict::Broken,
        None => Verdict::Other,
    }
}

/// What a text says about a card's type, before it can be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mention {
    /// Nothing, or a type that is not WeCom's: credit cards have a `card_type` too.
    None,
    /// The key, but not the whole value yet.
    Key,
    /// One of the five types.
    Known,
}

/// Looks for `card_type` and its value, with quotes of any kind or none.
pub(super) fn mention(content: &str) -> Mention {
    let mut found = Mention::None;
    for (at, _) in content.match_indices(CARD_TYPE) {
        let after = content.get(at + CARD_TYPE.len()..).unwrap_or_default();
        let Some(value) = after
            .trim_start_matches(is_quote)
            .trim_start()
            .strip_prefix([':', '：'])
        else {
            if after.trim_start_matches(is_quote).trim().is_empty() {
                found = Mention::Key;
            }
            continue;
        };
        let value = value.trim_start().trim_start_matches(is_quote);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ' ';
        let end = value.find(|c| !is_name(c));
        match end.and_then(|end| value.get(..end)) {
            None => found = Mention::Key,
            Some(name) if CardType::parse(name).is_some() => return Mention::Known,
            Some(_) => {}
        }
    }
    found
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '”' | '‘' | '’')
}

/// Strict first; then without what people and models add to JSON.
fn read(content: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(content) {
        return Some(value);
    }
    if nesting(content) > MAX_DEPTH {
        return None;
    }
    let options = ParseOptions {
        allow_missing_commas: false,
        allow_non_finite_numbers: false,
        ..ParseOptions::default()
    };
    let lenient = |text: &str| parse_to_serde_value::<Value>(text, &options).ok();
    lenient(content).or_else(|| lenient(&straight_quotes(content)))
}

/// The deepest nesting if every bracket counts, those in strings too.
fn nesting(content: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in content.bytes() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Curly quotes that delimit become straight ones; those inside a straight string stay.
fn straight_quotes(content: &str) -> String {
    let mut straight = String::with_capacity(content.len());
    let mut in_string = false;
    let mut escaped = false;
    for c in content.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '“' | '”' if !in_string => {
                straight.push('"');
                continue;
            }
            _ => {}
        }
        straight.push(c);
    }
    straight
}

fn cards(value: Value) -> Verdict {
    let values = match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    let found: Vec<Found> = values.into_iter().filter_map(card).collect();
    if found.iter().any(|found| matches!(found, Found::Card(_))) {
        Verdict::Cards(found)
    } else {
        Verdict::Other
    }
}

/// Takes the wrapper of a message off and looks at the type. `None`: not even an object.
fn card(value: Value) -> Option<Found> {
    let Value::Object(mut object) = value else {
        return None;
    };
    if let Some(Value::Object(inner)) = object.get_mut("template_card") {
        object = std::mem::take(inner);
    }
    let name = object.get(CARD_TYPE).and_then(Value::as_str);
    Some(match name.and_then(CardType::parse) {
        Some(kind) => {
            object.insert(CARD_TYPE.to_owned(), kind.as_str().into());
            Found::Card(object)
        }
        None => Found::Other(Value::Object(object)),
    })
}

#[cfg(test)]
mod tests;
