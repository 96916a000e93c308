//! Argument schemas in the style of WeCom's servers: a title on every property, optional
//! arguments as "this or null" with the default null, parts under `$defs`.
//!
//! A client that cleans schemas for a model meets here what it meets there. Rules that
//! this style cannot say (`if`, `minProperties`, alternatives of required members) are
//! left out; the server still checks them.

use serde_json::{Map, Value, json};

/// The schema of a tool's arguments in the servers' style.
pub(super) fn render(name: &str, schema: &Value) -> Value {
    let mut renderer = Renderer::default();
    if let Some(defs) = schema.get("$defs").and_then(Value::as_object) {
        for (def, part) in defs {
            let part = renderer.object(def, part);
            renderer.defs.insert(def.clone(), part);
        }
    }
    let mut root = renderer.object(name, schema);
    if let Some(root) = root.as_object_mut() {
        root.insert("title".to_owned(), json!(format!("{name}Arguments")));
        if !renderer.defs.is_empty() {
            root.insert("$defs".to_owned(), Value::Object(renderer.defs));
        }
    }
    root
}

/// The same schema, except that members it does not know are ignored.
pub(super) fn lenient(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => members
            .iter()
            .filter(|(key, value)| *key != "additionalProperties" || !value.is_boolean())
            .map(|(key, value)| (key.clone(), lenient(value)))
            .collect(),
        Value::Array(items) => items.iter().map(lenient).collect(),
        scalar => scalar.clone(),
    }
}

#[derive(Default)]
struct Renderer {
    defs: Map<String, Value>,
}

impl Renderer {
    /// An object with its properties.
    fn object(&mut self, hint: &str, schema: &Value) -> Value {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.contains(&json!(name)));
        let mut rendered = Map::new();
        for (name, part) in properties.unwrap_or(&empty) {
            let part = self.property(name, part, is_required(name));
            rendered.insert(name.clone(), part);
        }
        let mut object = Map::new();
        if let Some(text) = schema.get("description") {
            object.insert("description".to_owned(), text.clone());
        }
        object.insert("properties".to_owned(), Value::Object(rendered));
        if let Some(required) = required {
            object.insert("required".to_owned(), json!(required));
        }
        object.insert("title".to_owned(), json!(camel(hint)));
        object.insert("type".to_owned(), json!("object"));
        Value::Object(object)
    }

    fn property(&mut self, name: &str, schema: &Value, is_required: bool) -> Value {
        let mut part = self.part(name, schema);
        let Some(members) = part.as_object_mut() else {
            return part;
        };
        let description = members
            .remove("description")
            .or_else(|| schema.get("description").cloned());
        let default = members.remove("default");
        let mut property = if is_required {
            std::mem::take(members)
        } else {
            let mut choices = match members.remove("anyOf") {
                Some(Value::Array(choices)) if members.is_empty() => choices,
                Some(choices) => {
                    members.insert("anyOf".to_owned(), choices);
                    vec![part.take()]
                }
                None => vec![part.take()],
            };
            choices.push(json!({ "type": "null" }));
            let mut optional = Map::new();
            optional.insert("anyOf".to_owned(), Value::Array(choices));
            optional.insert("default".to_owned(), Value::Null);
            optional
        };
        if let (true, Some(default)) = (is_required, default) {
            property.insert("default".to_owned(), default);
        }
        if let Some(description) = description {
            property.insert("description".to_owned(), description);
        }
        property.insert("title".to_owned(), json!(spaced(name)));
        Value::Object(property)
    }

    /// Whatever stands where a schema may; an object with properties becomes a reference.
    fn part(&mut self, hint: &str, schema: &Value) -> Value {
        let Some(members) = schema.as_object() else {
            return schema.clone();
        };
        if members.contains_key("properties") {
            let object = self.object(hint, schema);
            return json!({ "$ref": format!("#/$defs/{}", self.define(hint, object)) });
        }
        let mut part = Map::new();
        for (key, value) in members {
            let value = match key.as_str() {
                "if" | "then" | "else" => continue,
                "additionalProperties" if value.is_boolean() => continue,
                "additionalProperties" | "items" | "contains" => self.part(hint, value),
                "anyOf" | "oneOf" | "allOf" => self.parts(hint, value),
                "type" if value.is_array() => {
                    let types = value.as_array().into_iter().flatten();
                    let choices = types.map(|name| json!({ "type": name })).collect();
                    part.insert("anyOf".to_owned(), Value::Array(choices));
                    continue;
                }
                _ => value.clone(),
            };
            let only = match (&value, key.as_str()) {
                (Value::Array(values), "enum") => match values.as_slice() {
                    [only] => Some(only.clone()),
                    _ => None,
                },
                _ => None,
            };
            match only {
                Some(only) => part.insert("const".to_owned(), only),
                None => part.insert(key.clone(), value),
            };
        }
        Value::Object(part)
    }

    fn parts(&mut self, hint: &str, schemas: &Value) -> Value {
        let schemas = schemas.as_array().into_iter().flatten();
        schemas.map(|schema| self.part(hint, schema)).collect()
    }

    /// The name under which an object is defined; equal ones share it.
    fn define(&mut self, hint: &str, object: Value) -> String {
        let base = camel(hint);
        let mut name = base.clone();
        let mut number = 1;
        while self.defs.get(&name).is_some_and(|known| *known != object) {
            number += 1;
            name = format!("{base}{number}");
        }
        self.defs.insert(name.clone(), object);
        name
    }
}

/// `follower_list` as `FollowerList`.
fn camel(name: &str) -> String {
    words(name).concat()
}

/// `follower_list` as `Follower List`.
fn spaced(name: &str) -> String {
    words(name).join(" ")
}

fn words(name: &str) -> Vec<String> {
    name.split(['_', '-'])
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests;
