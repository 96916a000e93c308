//! What is about to leave, against the server's own schema.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::{expected, findings, shapes};
use crate::catalogue;
use crate::interceptors::{RemoteTool, ToolError};

/// Arguments that are written while the request is sent, from a file, and never stand among
/// the others.
const STREAMED: [&str; 2] = ["base64_content", "file_base64_content"];

/// Compiled schemas of servers that are kept: as many as two companies' servers have
/// methods. When they are more, all are compiled anew.
const MAX_COMPILED: usize = 256;

/// Checks final arguments against the schema that the server lists, or against the
/// catalogue's idea of it. Arguments that the schema lacks pass: the servers ignore them.
///
/// # Errors
/// `invalid_args`; nothing may be sent.
pub fn check_wire(
    category: &str,
    method: &str,
    args: &Map<String, Value>,
    live: Option<&RemoteTool>,
) -> Result<(), ToolError> {
    let args = Value::Object(args.clone());
    let live = live.and_then(|live| live.input_schema.as_ref());
    let (schema, violations) = if let Some((schema, validator)) =
        live.and_then(|schema| Some((schema, compiled(schema)?)))
    {
        (schema, findings::plain(&validator, &args, &STREAMED))
    } else {
        let known = catalogue::method(category, method);
        let Some((known, shapes)) = known.and_then(|known| Some((known, shapes::of(known)?)))
        else {
            return Ok(());
        };
        let violations = findings::plain(&shapes.wire, &args, &STREAMED);
        (&known.input_schema, violations)
    };
    if violations.is_empty() {
        return Ok(());
    }
    let mut error = ToolError::invalid_args(format!(
        "{method} was not called: its arguments do not fit the server's schema."
    ))
    .reason("server_schema")
    .next("Put the arguments right as `violations` and `expected` say, then call again.");
    error.expected = Some(expected::short_form(schema));
    error.violations = violations;
    Err(error)
}

/// Compiled schemas by their text.
static COMPILED: LazyLock<Mutex<HashMap<String, Option<Arc<Validator>>>>> =
    LazyLock::new(Mutex::default);

/// The schema, compiled once; `None` for one that can't be checked with.
fn compiled(schema: &Value) -> Option<Arc<Validator>> {
    let text = schema.to_string();
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = compiled.get(&text) {
        return known.clone();
    }
    if compiled.len() >= MAX_COMPILED {
        compiled.clear();
    }
    let validator = shapes::compile(schema).map(Arc::new);
    compiled.insert(text, validator.clone());
    validator
}
