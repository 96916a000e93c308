//! What a method wants, short enough to read beside a mistake.

use serde_json::{Map, Value};

/// Deepest level that is shown.
const MAX_DEPTH: usize = 5;

/// Largest short form, in bytes; above it only the top level is shown.
const MAX_BYTES: usize = 4 * 1024;

/// The schema in a form of its own: members by name, `*` behind required ones, and the type
/// with its description in the place of a value. What several places share stands under
/// `where`.
pub(super) fn short_form(schema: &Value) -> Value {
    let mut full = shape(schema, MAX_DEPTH);
    if let (Value::Object(full), Some(Value::Object(forms))) = (&mut full, schema.get("$defs")) {
        let forms: Map<String, Value> = forms
            .iter()
            .map(|(name, form)| (name.clone(), shape(form, MAX_DEPTH)))
            .collect();
        full.insert("where".to_owned(), Value::Object(forms));
    }
    if full.to_string().len() <= MAX_BYTES {
        return full;
    }
    shape(schema, 1)
}

fn shape(schema: &Value, depth: usize) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("object") if depth > 0 => match schema.get("properties") {
            Some(Value::Object(properties)) => members(schema, properties, depth - 1),
            _ => match schema.get("additionalProperties") {
                Some(any) if any.is_object() => {
                    Value::Object(Map::from_iter([("...".to_owned(), shape(any, depth - 1))]))
                }
                _ => word(schema),
            },
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
        _ => alternatives(schema),
    };
    match schema.get("description").and_then(Value::as_str) {
        Some(description) => format!("{kind}: {description}").into(),
        None => kind.into(),
    }
}

/// `number | string | [text | url]`.
fn alternatives(schema: &Value) -> String {
    let Some(Value::Array(variants)) = schema.get("anyOf") else {
        return "any".to_owned();
    };
    let names: Vec<String> = variants
        .iter()
        .map(|variant| {
            if let Some(Value::String(reference)) = variant.get("$ref") {
                return reference.rsplit('/').next().unwrap_or_default().to_owned();
            }
            match (variant.get("type"), variant.get("items")) {
                (_, Some(items)) => format!("[{}]", alternatives(items)),
                (Some(Value::String(kind)), None) => kind.clone(),
                _ => "any".to_owned(),
            }
        })
        .collect();
    names.join(" | ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue;

    #[test]
    fn a_schema_is_shown_in_the_form_of_its_values() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "Title"},
                "kind": {"type": "integer", "enum": [3, 10]},
                "list": {"type": "array", "items": {"type": "object", "required": ["id"],
                    "properties": {"id": {"type": "string"}}}},
                "cells": {"type": "object", "additionalProperties": {"anyOf": [
                    {"type": "number"},
                    {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/text"}]}},
                ]}},
            },
            "required": ["name"],
            "$defs": {"text": {"type": "object", "properties": {"text": {"type": "string"}}}},
        });
        assert_eq!(
            short_form(&schema),
            json!({
                "name*": "string: Title",
                "kind": "3 | 10",
                "list": [{"id*": "string"}],
                "cells": {"...": "number | [text]"},
                "where": {"text": {"text": "string"}},
            })
        );
    }

    #[test]
    fn it_stays_short() {
        for method in catalogue::methods() {
            let short = short_form(method.agent_input_schema()).to_string();
            assert!(short.len() <= MAX_BYTES, "{}: {}", method.name, short.len());
        }
    }
}
