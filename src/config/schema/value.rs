//! Value types that keys of several sections share.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A text that may come from a reference. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Supplied {
    /// The text, trimmed.
    Known(String),
    /// A reference that did not resolve: present, but not available.
    Unresolved,
}

impl Supplied {
    /// The text, unless it is blank or unresolved.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Known(text) if !text.is_empty() => Some(text),
            Self::Known(_) | Self::Unresolved => None,
        }
    }

    /// Whether somebody meant to set it: not blank, resolved or not.
    pub(crate) fn is_present(&self) -> bool {
        !matches!(self, Self::Known(text) if text.is_empty())
    }
}

impl std::fmt::Debug for Supplied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "***",
            Self::Unresolved => "unresolved",
        })
    }
}

impl<'de> Deserialize<'de> for Supplied {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::String(text) => Self::Known(text),
            // The reader leaves an object only where a reference did not resolve.
            _ => Self::Unresolved,
        })
    }
}

impl JsonSchema for Supplied {
    fn schema_name() -> Cow<'static, str> {
        "TextOrReference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, ${NAME} for a variable, or a reference to a variable, a file or a program",
            "x-kind": "text",
            "x-reference": true,
            "anyOf": [
                { "type": ["string", "integer"] },
                {
                    "type": "object",
                    "properties": {
                        "source": { "enum": ["env", "file", "exec"] },
                        "provider": { "type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$" },
                        "id": { "type": "string" }
                    },
                    "required": ["source", "id"]
                },
                {
                    "type": "object",
                    "properties": { "env": { "type": "string" } },
                    "required": ["env"]
                },
                {
                    "type": "object",
                    "properties": { "file": { "type": "string" } },
                    "required": ["file"]
                }
            ]
        })
    }
}

/// A list of texts. Numbers become their decimal form, a single text a list of one. The
/// reader leaves a blank where an entry is unusable, so that positions stay those of the
/// file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TextList(Vec<String>);

impl TextList {
    /// The entries with their positions in the file.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0
            .iter()
            .map(String::as_str)
            .enumerate()
            .filter(|(_, entry)| !entry.is_empty())
    }

    /// The entries alone.
    pub(crate) fn list(&self) -> Vec<String> {
        self.entries().map(|(_, entry)| entry.to_owned()).collect()
    }
}

impl JsonSchema for TextList {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "TextList".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": { "type": ["string", "integer"] },
            "x-kind": "text-list"
        })
    }
}

/// Milliseconds, or a text such as `1h30m`; the reader hands on milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Millis(pub(crate) u64);

impl JsonSchema for Millis {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Millis".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "x-kind": "duration" })
    }
}

/// A time to keep something, or `false` to keep it for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Retention {
    /// `false`: for good. `true` is refused by the reader.
    Forever(bool),
    /// This long.
    For(Millis),
}

impl JsonSchema for Retention {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Retention".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": ["integer", "string"] }, { "const": false }],
            "x-kind": "duration-or-false"
        })
    }
}

/// A key that belongs to the host program: kept, never read.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Foreign(pub(crate) Value);

impl JsonSchema for Foreign {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Foreign".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kind": "any" })
    }
}
