//! Leaving out what is too much.

use serde_json::{Map, Value, json};

/// Most bytes of a cleaned schema.
const MAX_BYTES: usize = 128 * 1024;

/// Levels that are tried in turn for one that is small enough; 0 leaves only the note.
const LEVELS: [usize; 7] = [16, 8, 4, 3, 2, 1, 0];

/// Stands for a schema that was left out.
pub(super) fn note() -> Value {
    json!({"type": "object", "description": "(schema shortened)"})
}

/// The schema with as many levels as its size allows.
pub(super) fn to_size(schema: Value) -> Value {
    if fits(&schema) {
        return schema;
    }
    LEVELS
        .iter()
        .map(|levels| cut(&schema, *levels))
        .find(fits)
        .unwrap_or_else(note)
}

fn fits(schema: &Value) -> bool {
    schema.to_string().len() <= MAX_BYTES
}

/// A cleaned schema with what lies deeper than `levels` replaced by the note.
fn cut(schema: &Value, levels: usize) -> Value {
    let Some(levels) = levels.checked_sub(1) else {
        return note();
    };
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let members: Map<String, Value> = members
        .iter()
        .map(|(name, value)| {
            let value = match (name.as_str(), value) {
                ("properties", Value::Object(properties)) => properties
                    .iter()
                    .map(|(name, value)| (name.clone(), cut(value, levels)))
                    .collect(),
                ("items", value) => cut(value, levels),
                ("anyOf" | "oneOf" | "allOf", Value::Array(variants)) => {
                    variants.iter().map(|value| cut(value, levels)).collect()
                }
                (_, value) => value.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    Value::Object(members)
}
