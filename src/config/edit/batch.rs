//! Lists of operations as JSON5, for scripts.

use jsonc_parser::ast::{Object, Value as Node};
use serde_json::Value;

use crate::config::path::{ConfigPath, PathError};

use super::operation::{Change, Operation};
use super::source::Source;
use super::value::{self, ValueError};

/// Why a list of operations was not understood. Nothing of it is done then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// Not JSON5.
    #[error("the batch is not JSON5 (line {line}, column {column}: {message})")]
    NotJson {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Not a list of objects.
    #[error("the batch must be a list: [{{\"path\": \"…\", \"value\": …}}, …]")]
    NotAList,
    /// An operation without a path, or with two ways to say what is wanted.
    #[error(
        "operation {number} of the batch needs a \"path\" and one of \"value\", \"ref\", \"unset\": true"
    )]
    Shape {
        /// Which one, counted from 1.
        number: usize,
    },
    /// An operation with a key that none has.
    #[error(
        "operation {number} of the batch has the unknown key `{key}` (known: path, value, ref, unset, merge)"
    )]
    UnknownKey {
        /// Which one, counted from 1.
        number: usize,
        /// The key.
        key: String,
    },
    /// A path that is none.
    #[error("operation {number} of the batch")]
    Path {
        /// Which one, counted from 1.
        number: usize,
        /// Where and why.
        source: PathError,
    },
    /// A value that does not fit its key.
    #[error("operation {number} of the batch")]
    Value {
        /// Which one, counted from 1.
        number: usize,
        /// Why.
        source: ValueError,
    },
}

/// Reads `[{ path, value }, { path, ref }, { path, unset: true }, …]`; `merge: true` joins
/// the value with what is there.
pub fn read_batch(text: &str) -> Result<Vec<Operation>, BatchError> {
    let source = Source::parse(text).map_err(|error| BatchError::NotJson {
        line: error.line_display(),
        column: error.column_display(),
        message: error.kind().to_string(),
    })?;
    let Some(Node::Array(list)) = &source.root else {
        return Err(BatchError::NotAList);
    };
    list.elements
        .iter()
        .enumerate()
        .map(|(index, element)| match element {
            Node::Object(object) => operation(object, index + 1),
            _ => Err(BatchError::NotAList),
        })
        .collect()
}

fn operation(object: &Object<'_>, number: usize) -> Result<Operation, BatchError> {
    for property in &object.properties {
        let key = property.name.as_str();
        if !["path", "value", "ref", "unset", "merge"].contains(&key) {
            return Err(BatchError::UnknownKey {
                number,
                key: key.to_owned(),
            });
        }
    }
    let get = |key: &str| object.get(key).map(|property| &property.value);
    let is_on = |key: &str| matches!(get(key), Some(Node::BooleanLit(b)) if b.value);
    let Some(Node::StringLit(path)) = get("path") else {
        return Err(BatchError::Shape { number });
    };
    let path: ConfigPath = path
        .value
        .parse()
        .map_err(|source| BatchError::Path { number, source })?;
    let change = match (get("value"), get("ref"), get("unset")) {
        (Some(node), None, None) | (None, Some(node @ Node::Object(_)), None) => {
            let value = value::from_node(&path, node)
                .map_err(|source| BatchError::Value { number, source })?;
            if is_on("merge") {
                Change::Merge(value)
            } else {
                Change::Set(value)
            }
        }
        (None, None, Some(_)) if is_on("unset") => Change::Unset,
        _ => return Err(BatchError::Shape { number }),
    };
    Ok(Operation::new(path, change))
}

/// How many references a value holds: `${NAME}` in texts, and objects that name a source.
pub fn references_in(value: &Value) -> usize {
    match value {
        Value::String(text) => text
            .match_indices("${")
            .filter(|(at, _)| !text.get(..*at).is_some_and(|before| before.ends_with('$')))
            .count(),
        Value::Array(items) => items.iter().map(references_in).sum(),
        Value::Object(members) if is_reference(members) => 1,
        Value::Object(members) => members.values().map(references_in).sum(),
        _ => 0,
    }
}

fn is_reference(members: &serde_json::Map<String, Value>) -> bool {
    let has = |key: &str| members.get(key).is_some_and(Value::is_string);
    (has("source") && has("id")) || (members.len() == 1 && (has("env") || has("file")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_operation() {
        let text = "[ // setup\n { path: 'channels.wecom.token', value: 0123456 }, ]".replace("0123456", "12e2")
            .replace(", ]", ", { path: 'channels.wecom.secret', ref: { source: 'env', provider: 'default', id: 'S' } }, \
              { path: 'channels.wecom.allowFrom', value: [1], merge: true }, { path: 'bindings[0]', unset: true } ]");
        let operation = |path: &str, change| Operation::new(path.parse().unwrap(), change);
        assert_eq!(
            read_batch(&text).unwrap(),
            [
                operation("channels.wecom.token", Change::Set(json!("12e2"))),
                operation(
                    "channels.wecom.secret",
                    Change::Set(json!({ "source": "env", "provider": "default", "id": "S" }))
                ),
                operation("channels.wecom.allowFrom", Change::Merge(json!(["1"]))),
                operation("bindings[0]", Change::Unset),
            ]
        );
    }

    #[test]
    fn what_is_wrong_names_the_operation() {
        for (text, message) in [
            (
                "{}",
                "the batch must be a list: [{\"path\": \"…\", \"value\": …}, …]",
            ),
            (
                "[1]",
                "the batch must be a list: [{\"path\": \"…\", \"value\": …}, …]",
            ),
            (
                "[",
                "the batch is not JSON5 (line 1, column 1: Unterminated array)",
            ),
            (
                "[{ path: 'a', value: 1 }, { path: 'a' }]",
                "operation 2 of the batch needs a \"path\" and one of \"value\", \"ref\", \"unset\": true",
            ),
            (
                "[{ path: 'a', value: 1, unset: true }]",
                "operation 1 of the batch needs a \"path\" and one of \"value\", \"ref\", \"unset\": true",
            ),
            (
                "[{ path: 'a', valeu: 1 }]",
                "operation 1 of the batch has the unknown key `valeu` (known: path, value, ref, unset, merge)",
            ),
            (
                "[{ path: 'a..b', value: 1 }]",
                "operation 1 of the batch: bad path at character 3: a key is missing; write keys as \
                 `channels.wecom.botId`",
            ),
        ] {
            let error = anyhow::Error::from(read_batch(text).unwrap_err());
            assert_eq!(format!("{error:#}"), message, "{text}");
        }
        let masked = read_batch("[{ path: 'channels.wecom.secret', value: '__REDACTED__' }]");
        assert!(matches!(masked, Err(BatchError::Value { number: 1, .. })));
    }

    #[test]
    fn references_are_counted_where_they_stand() {
        let value = json!({
            "a": "${A}${B}", "b": "$${C}", "c": { "source": "env", "id": "${X}" },
            "d": [{ "env": "E" }, { "file": "/f" }], "e": { "env": "E", "x": 1 }
        });
        assert_eq!(references_in(&value), 5);
    }
}
