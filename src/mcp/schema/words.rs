//! What keywords say that the subset lacks, in words.

use serde_json::{Map, Value};

/// Longest word made of a keyword's value, in bytes.
const MAX_WORD: usize = 80;

/// Most values of an `enum` that are named.
const MAX_VALUES: usize = 20;

/// Bounds, formats and the like of a schema, short and in ASCII.
pub(super) fn of(schema: &Map<String, Value>) -> Vec<String> {
    schema
        .iter()
        .filter_map(|(keyword, value)| word(keyword, value))
        .collect()
}

/// `one of 3, 10`.
pub(super) fn one_of(values: &[Value]) -> Option<String> {
    let mut named: Vec<String> = values
        .iter()
        .filter_map(|value| short(value.to_string()))
        .take(MAX_VALUES)
        .collect();
    if named.is_empty() {
        return None;
    }
    if named.len() < values.len() {
        named.push("...".to_owned());
    }
    Some(format!("one of {}", named.join(", ")))
}

/// `docid or url required`, where variants say nothing but which members must be there.
pub(super) fn alternatives(variants: &[Vec<String>]) -> Option<String> {
    let named: Vec<String> = variants.iter().map(|names| names.join(" + ")).collect();
    short(named.join(" or ")).map(|named| format!("{named} required"))
}

fn word(keyword: &str, value: &Value) -> Option<String> {
    let (label, fits) = match keyword {
        "minimum" => ("min", value.is_number()),
        "maximum" => ("max", value.is_number()),
        "exclusiveMinimum" => ("above", value.is_number()),
        "exclusiveMaximum" => ("below", value.is_number()),
        "multipleOf" => ("multiple of", value.is_number()),
        "minLength" => ("min length", value.is_number()),
        "maxLength" => ("max length", value.is_number()),
        "minItems" => ("min items", value.is_number()),
        "maxItems" => ("max items", value.is_number()),
        "minProperties" => ("min members", value.is_number()),
        "maxProperties" => ("max members", value.is_number()),
        "uniqueItems" if value == &Value::Bool(true) => return Some("unique items".to_owned()),
        "deprecated" if value == &Value::Bool(true) => return Some("deprecated".to_owned()),
        "format" => ("format", value.is_string()),
        "pattern" => ("pattern", value.is_string()),
        _ => return None,
    };
    if !fits {
        return None;
    }
    let value = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    short(value).map(|value| format!("{label} {value}"))
}

fn short(text: String) -> Option<String> {
    let fits = (1..=MAX_WORD).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    fits.then_some(text)
}
