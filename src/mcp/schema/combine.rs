//! Schemas made of several.

use serde_json::{Map, Value};

use super::node::Node;
use super::words;

/// The two say different things about one keyword.
pub(super) struct Conflict;

/// Lets `outer` say what `inner` says besides; notes for the reader (`description`,
/// `title`, `default`) of `outer` stay.
///
/// # Errors
/// They differ; `outer` is as it was.
pub(super) fn merge(outer: &mut Node, inner: Node) -> Result<(), Conflict> {
    let mut merged = outer.clone();
    for (keyword, value) in inner.members {
        let Some(known) = merged.members.get_mut(&keyword) else {
            merged.members.insert(keyword, value);
            continue;
        };
        match keyword.as_str() {
            "description" | "title" | "default" => {}
            _ if *known == value => {}
            "required" => {
                if let (Value::Array(known), Value::Array(more)) = (known, value) {
                    known.extend(more);
                }
            }
            "type" => match (known.as_str(), value.as_str()) {
                (Some("number"), Some("integer")) => *known = value,
                (Some("integer"), Some("number")) => {}
                _ => return Err(Conflict),
            },
            "properties" => unite(known, value)?,
            _ => return Err(Conflict),
        }
    }
    for word in inner.words {
        if !merged.words.contains(&word) {
            merged.words.push(word);
        }
    }
    *outer = merged;
    Ok(())
}

fn unite(known: &mut Value, more: Value) -> Result<(), Conflict> {
    let (Value::Object(known), Value::Object(more)) = (known, more) else {
        return Err(Conflict);
    };
    for (name, schema) in more {
        match known.get(&name) {
            Some(same) if *same != schema => return Err(Conflict),
            _ => known.insert(name, schema),
        };
    }
    Ok(())
}

/// `anyOf` or `oneOf`: without the variant for no value, and without the list where one
/// variant is left.
pub(super) fn either(node: &mut Node, keyword: &str, mut variants: Vec<Node>) {
    let all = variants.len();
    variants.retain(|variant| !variant.is_null());
    if variants.len() < all {
        node.set_nullable();
    }
    if let Some(word) = only_required(&variants) {
        node.words.push(word);
        return;
    }
    if let [only] = variants.as_slice()
        && merge(node, only.clone()).is_ok()
    {
        return;
    }
    keep(node, keyword, variants);
}

/// `allOf`: one schema where the parts agree.
pub(super) fn all(node: &mut Node, parts: Vec<Node>) {
    let mut merged = node.clone();
    let agreed = parts
        .iter()
        .all(|part| merge(&mut merged, part.clone()).is_ok());
    if !agreed {
        keep(node, "allOf", parts);
        return;
    }
    if merged.members.contains_key("properties") && !merged.members.contains_key("type") {
        let mut members = Map::new();
        members.insert("type".to_owned(), "object".into());
        members.extend(merged.members);
        merged.members = members;
    }
    *node = merged;
}

/// A schema of several types: one variant each, with the members that only this type has.
pub(super) fn split(node: &mut Node, types: &[&'static str]) {
    let mut take = |keyword: &str| node.members.shift_remove(keyword);
    let (properties, required, items) = (take("properties"), take("required"), take("items"));
    let variants = types
        .iter()
        .map(|name| {
            let mut variant = Node::default();
            variant.members.insert("type".to_owned(), (*name).into());
            let own = match *name {
                "object" => vec![("properties", &properties), ("required", &required)],
                "array" => vec![("items", &items)],
                _ => Vec::new(),
            };
            for (keyword, value) in own {
                if let Some(value) = value {
                    variant.members.insert(keyword.to_owned(), value.clone());
                }
            }
            variant.render()
        })
        .collect();
    node.members
        .insert("anyOf".to_owned(), Value::Array(variants));
}

fn keep(node: &mut Node, keyword: &str, variants: Vec<Node>) {
    let variants: Vec<Value> = variants.into_iter().map(Node::render).collect();
    let is_empty = |variant: &Value| variant.as_object().is_some_and(Map::is_empty);
    if !variants.iter().all(is_empty) {
        node.members.insert(keyword.to_owned(), variants.into());
    }
}

fn only_required(variants: &[Node]) -> Option<String> {
    let names = variants
        .iter()
        .map(|variant| {
            let alone = variant.words.is_empty() && variant.members.len() == 1;
            let names = variant.required();
            (alone && !names.is_empty()).then_some(names)
        })
        .collect::<Option<Vec<_>>>()?;
    if names.len() < 2 {
        return None;
    }
    words::alternatives(&names)
}
