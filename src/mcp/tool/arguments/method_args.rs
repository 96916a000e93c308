//! The arguments of a method: an object, or a string that holds one.

use std::io;

use serde_json::{Map, Value};

use super::{kind, wrong};
use crate::interceptors::ToolError;

/// Deepest nesting, the object itself being the first level.
const MAX_DEPTH: usize = 64;

/// Most bytes, serialised.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Most bytes of the string form. Escapes of a string in a string can make it larger than
/// what it holds, six times in the worst case.
const MAX_STRING_BYTES: usize = 6 * MAX_BYTES;

/// Characters shown on each side of a syntax error.
const CONTEXT: usize = 40;

const PATH: &str = "/args";

/// # Errors
/// It is no object, holds none, or is too deep or too large.
pub(super) fn parse(args: Option<Value>) -> Result<Map<String, Value>, ToolError> {
    let object = match args {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(object)) => object,
        Some(Value::String(text)) => from_text(&text)?,
        Some(other) => return Err(no_object(kind(&other))),
    };
    within_bounds(&object)?;
    Ok(object)
}

fn from_text(text: &str) -> Result<Map<String, Value>, ToolError> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    if text.len() > MAX_STRING_BYTES {
        return Err(too_large(text.len()));
    }
    // Models encode twice now and then: one more level, not more.
    match decode(text)? {
        Value::Object(object) => Ok(object),
        Value::String(inner) => match decode(&inner) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(other) => Err(no_object(&format!(
                "a string in a string that holds {}",
                kind(&other)
            ))),
            Err(_) => Err(no_object("a string that holds a string")),
        },
        other => Err(no_object(&format!("a string that holds {}", kind(&other)))),
    }
}

fn decode(text: &str) -> Result<Value, ToolError> {
    serde_json::from_str(text).map_err(|error| {
        if error.to_string().starts_with("recursion limit") {
            return too_deep();
        }
        let (line, column) = (error.line(), error.column());
        let full = error.to_string();
        let what = full.split(" at line ").next().unwrap_or_default();
        let place = format!("not valid JSON at line {line}, column {column}: {what}");
        let near = around(text, line, column);
        let mut error = wrong(PATH, "invalid_json", format!("{place}; near `{near}`"));
        // The excerpt stays where no log looks.
        error.message = format!("`args` is {place}.");
        error
    })
}

/// At most [`CONTEXT`] characters before a place and as many from there on, on its line.
/// `column` counts bytes from 1, as the parser does.
fn around(text: &str, line: usize, column: usize) -> String {
    let line = text
        .split('\n')
        .nth(line.saturating_sub(1))
        .unwrap_or_default();
    let mut at = column.saturating_sub(1).min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    let (before, after) = line.split_at(at);
    let skipped = before.chars().count().saturating_sub(CONTEXT);
    before
        .chars()
        .skip(skipped)
        .chain(after.chars().take(CONTEXT))
        .filter(|c| !c.is_control())
        .collect()
}

fn no_object(found: &str) -> ToolError {
    wrong(PATH, "type", format!("must be a JSON object, not {found}"))
}

fn within_bounds(object: &Map<String, Value>) -> Result<(), ToolError> {
    if object.values().any(|value| is_deeper(value, MAX_DEPTH - 1)) {
        return Err(too_deep());
    }
    let mut size = Size(0);
    // It can only fail for its size, which is known by then.
    let _ = serde_json::to_writer(&mut size, object);
    if size.0 > MAX_BYTES {
        return Err(too_large(size.0));
    }
    Ok(())
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let goes_on = |inner: &Value| is_deeper(inner, levels - 1);
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(goes_on),
        Value::Object(members) => levels == 0 || members.values().any(goes_on),
        _ => false,
    }
}

fn too_deep() -> ToolError {
    wrong(
        PATH,
        "too_deep",
        format!("at most {MAX_DEPTH} levels of nesting"),
    )
}

fn too_large(bytes: usize) -> ToolError {
    wrong(
        PATH,
        "too_large",
        format!("at most {MAX_BYTES} bytes of JSON, not {bytes}; pass long contents as files"),
    )
}

/// Counts what is written.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
