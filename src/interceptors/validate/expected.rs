//! What a method wants, short enough to read beside a mistake.

use serde_json::{Map, Value};

/// Deepest level that is shown.
const MAX_DEPTH: usize = 5;

/// Largest short form, in bytes; above it only the top level is shown.
const MAX_BYTES: usize = 4 * 1024;

/// The schema in a form of its own: members by name, `*` behind required ones, and the type
/// with its first words in the place of a value.
pub(super) fn short_form(schema: &Value) -> Value {
    let full = shape(schema, MAX_DEPTH);
    if full.to_string().len() <= MAX_BYTES {
        return full;
    }
    shape(schema, 1)
}

fn shape(schema: &Value, depth: usize) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("object") if depth > 0 => match schema.get("properties") {
            Some(Value::Object(properties)) => members(schema, properties, depth - 1),
            _ => word(schema),
        },
        Some("array") if depth > 0 => match schema.get("items") {
            Some(items) => Value::Array(vec![shape(items, depth - 1)]),
            None => word(schema),
        },
        _ => word(schema),
    }
}

fn members(schema: &Value, properties: &Map<String, Value>, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    properties
        .iter()
        .map(|(name, inner)| {
            let mark = if is_required(name) { "*" } else { "" };
            (format!("{name}{mark}"), shape(inner, depth))
        })
        .collect::<Map<String, Value>>()
        .into()
}

fn word(schema: &Value) -> Value {
    let kind = match (schema.get("const"), schema.get("enum"), schema.get("type")) {
        (Some(only), _, _) => only.to_string(),
        (None, Some(Value::Array(values)), _) => {
            let values: Vec<String> = values.iter().map(Value::to_string).collect();
            values.join(" | ")
        }
        (None, _, Some(Value::String(kind))) => kind.clone(),
        _ => "any of several forms".to_owned(),
    };
    match schema.get("description").and_then(Value::as_str) {
        Some(description) => format!("{kind}: {description}").into(),
        None => kind.into(),
    }
}
