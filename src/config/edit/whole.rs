//! The file together with what it includes, as it was written: references stay references.

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::{Environment, LoadError, document, include};

/// The configuration at `path` with its includes; an empty object if there is no file.
pub fn read_value(path: &Path, environment: &Environment) -> Result<Value, LoadError> {
    match document::read(path)? {
        Some(file) => value_of(path, &file.text, environment),
        None => Ok(Value::Object(Map::new())),
    }
}

/// The same for a text that would stand at `path`.
pub(super) fn value_of(
    path: &Path,
    text: &str,
    environment: &Environment,
) -> Result<Value, LoadError> {
    let root = document::parse(path, text)?;
    Ok(Value::Object(
        include::expand(path, root, environment)?.root,
    ))
}
