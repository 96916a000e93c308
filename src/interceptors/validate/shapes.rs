//! The catalogue's schemas, compiled.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use crate::catalogue::{self, Method};

/// Both shapes of a method.
pub(super) struct Shapes {
    /// What a model sends.
    pub(super) agent: Validator,
    /// What a server takes.
    pub(super) wire: Validator,
}

/// The shapes of a method, compiled the first time that any is asked for.
pub(super) fn of(method: &'static Method) -> Option<&'static Shapes> {
    COMPILED.get(&(method.category.as_str(), method.name.as_str()))
}

static COMPILED: LazyLock<HashMap<(&'static str, &'static str), Shapes>> = LazyLock::new(|| {
    catalogue::methods()
        .iter()
        .filter_map(|method| {
            let shapes = Shapes {
                agent: compile(method.agent_input_schema())?,
                wire: compile(&method.input_schema)?,
            };
            Some(((method.category.as_str(), method.name.as_str()), shapes))
        })
        .collect()
});

/// A schema, ready to check with; `None` if it is none, or refers to anything outside of
/// itself.
pub(super) fn compile(schema: &Value) -> Option<Validator> {
    jsonschema::draft202012::new(schema).ok()
}
