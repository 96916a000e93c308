//! What the tool answers.

use serde_json::{Map, Value};

use crate::interceptors::{Content, ToolError};

/// The tool's answer: one structured object, the same as text, and perhaps links.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolReply {
    /// `structuredContent`: `ok`, and `data`, `content`, `tools` or `error`.
    pub structured: Map<String, Value>,
    /// `isError`.
    pub is_error: bool,
    /// Further items (links to files) for behind the text item.
    pub items: Vec<Content>,
}

impl ToolReply {
    /// The text item: the structured answer pretty printed with two blanks. Hosts that show
    /// both drop a text that is letter for letter this one.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.structured).unwrap_or_default()
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, warning: String) {
        let warnings = self
            .structured
            .entry("warnings")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(warnings) = warnings {
            warnings.push(warning.into());
        }
    }
}

/// The subject of an answer: what is known of the call when it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    pub(super) account: String,
    pub(super) category: Option<String>,
    pub(super) method: Option<String>,
}

impl Subject {
    /// A success with `members` behind the subject.
    pub(super) fn success(
        &self,
        members: impl IntoIterator<Item = (&'static str, Value)>,
        notes: Vec<String>,
        warnings: Vec<String>,
    ) -> ToolReply {
        self.reply(true, members, notes, warnings)
    }

    /// A failure.
    pub(super) fn failure(
        &self,
        error: &ToolError,
        notes: Vec<String>,
        warnings: Vec<String>,
    ) -> ToolReply {
        let error = serde_json::to_value(error).unwrap_or_default();
        self.reply(false, [("error", error)], notes, warnings)
    }

    fn reply(
        &self,
        ok: bool,
        members: impl IntoIterator<Item = (&'static str, Value)>,
        notes: Vec<String>,
        warnings: Vec<String>,
    ) -> ToolReply {
        let mut structured = Map::new();
        structured.insert("ok".to_owned(), ok.into());
        structured.insert("account".to_owned(), self.account.as_str().into());
        for (name, value) in [("category", &self.category), ("method", &self.method)] {
            if let Some(value) = value {
                structured.insert(name.to_owned(), value.as_str().into());
            }
        }
        for (name, value) in members {
            structured.insert(name.to_owned(), value);
        }
        for (name, texts) in [("warnings", warnings), ("notes", notes)] {
            if !texts.is_empty() {
                structured.insert(name.to_owned(), texts.into());
            }
        }
        ToolReply {
            structured,
            is_error: !ok,
            items: Vec::new(),
        }
    }
}
