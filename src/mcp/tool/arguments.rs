//! What the tool was asked for, from what a model wrote.

use serde_json::{Map, Value};

use crate::interceptors::{ToolError, Violation};

mod method_args;

#[cfg(test)]
mod tests;

/// Longest name of a category or a method, in bytes: they end up in log lines and keys of
/// caches.
const MAX_NAME_BYTES: usize = 128;

/// Fields of the tool.
const FIELDS: [&str; 6] = [
    "action",
    "category",
    "method",
    "args",
    "detail",
    "raw_schema",
];

/// One use of the tool.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    /// The methods of a category.
    List(ListRequest),
    /// One method.
    Call(CallRequest),
}

/// What of a category's methods is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListRequest {
    pub(super) category: String,
    pub(super) filter: Option<Filter>,
    pub(super) detail: Option<Detail>,
    /// Schemas as the server sent them.
    pub(super) raw_schema: bool,
}

/// Which methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    /// The one of that name.
    Name(String),
    /// Those whose names begin so.
    Prefix(String),
}

/// How much of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// With schemas.
    Full,
    /// Names and the first line of the description.
    Names,
}

/// A method and its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallRequest {
    pub(super) category: String,
    pub(super) method: String,
    pub(super) args: Map<String, Value>,
}

impl Filter {
    pub(super) fn admits(&self, name: &str) -> bool {
        match self {
            Self::Name(wanted) => name == wanted,
            Self::Prefix(prefix) => name.starts_with(prefix),
        }
    }
}

/// Reads the tool's arguments.
///
/// # Errors
/// `invalid_args` with the one thing that is wrong first.
pub(super) fn parse(mut arguments: Map<String, Value>) -> Result<Request, ToolError> {
    let action = text(&arguments, "action")?;
    let category = name(&arguments, "category")?.ok_or_else(|| {
        wrong(
            "/category",
            "required",
            "name a category, such as `contact`",
        )
    })?;
    match action.as_deref() {
        Some("list") => Ok(Request::List(ListRequest {
            category,
            filter: name(&arguments, "method")?.map(|name| match name.strip_suffix('*') {
                Some(prefix) => Filter::Prefix(prefix.to_owned()),
                None => Filter::Name(name),
            }),
            detail: detail(&arguments)?,
            raw_schema: flag(&arguments, "raw_schema")?,
        })),
        Some("call") => Ok(Request::Call(CallRequest {
            category,
            method: name(&arguments, "method")?.ok_or_else(|| {
                wrong(
                    "/method",
                    "required",
                    "`call` needs the name of a method; `list` shows them",
                )
            })?,
            args: method_args::parse(arguments.remove("args"))?,
        })),
        Some(_) => Err(wrong("/action", "enum", "write `list` or `call`")),
        None => Err(wrong("/action", "required", "write `list` or `call`")),
    }
}

/// Category and method as far as they can be read, for the head of an answer.
pub(super) fn names(arguments: &Map<String, Value>) -> (Option<String>, Option<String>) {
    let read = |field| name(arguments, field).ok().flatten();
    (read("category"), read("method"))
}

/// A remark about fields that the tool does not have: they change nothing.
pub(super) fn stray_fields(arguments: &Map<String, Value>) -> Option<String> {
    let stray: Vec<String> = arguments
        .keys()
        .filter(|name| !FIELDS.contains(&name.as_str()))
        .take(5)
        .map(|name| format!("`{}`", excerpt(name)))
        .collect();
    (!stray.is_empty()).then(|| {
        format!(
            "{} is not a field of this tool and was ignored; arguments of the method belong into \
             `args`.",
            stray.join(", ")
        )
    })
}

fn detail(arguments: &Map<String, Value>) -> Result<Option<Detail>, ToolError> {
    match text(arguments, "detail")?.as_deref() {
        None => Ok(None),
        Some("full") => Ok(Some(Detail::Full)),
        Some("names") => Ok(Some(Detail::Names)),
        Some(_) => Err(wrong("/detail", "enum", "write `full` or `names`")),
    }
}

fn flag(arguments: &Map<String, Value>, field: &str) -> Result<bool, ToolError> {
    match arguments.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text.trim() == "true" => Ok(true),
        Some(Value::String(text)) if ["", "false"].contains(&text.trim()) => Ok(false),
        Some(_) => Err(wrong(
            &format!("/{field}"),
            "type",
            "write `true` or `false`",
        )),
    }
}

/// A name: trimmed, bounded, on one line.
fn name(arguments: &Map<String, Value>, field: &str) -> Result<Option<String>, ToolError> {
    let Some(name) = text(arguments, field)? else {
        return Ok(None);
    };
    let path = format!("/{field}");
    if name.len() > MAX_NAME_BYTES {
        let hint = format!("at most {MAX_NAME_BYTES} bytes, not {}", name.len());
        return Err(wrong(&path, "maxLength", hint));
    }
    if name.chars().any(char::is_control) {
        return Err(wrong(&path, "pattern", "no control characters"));
    }
    Ok(Some(name))
}

/// A trimmed text; nothing where there is none or only blanks.
fn text(arguments: &Map<String, Value>, field: &str) -> Result<Option<String>, ToolError> {
    match arguments.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let text = text.trim();
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        Some(other) => Err(wrong(
            &format!("/{field}"),
            "type",
            format!("a string, not {}", kind(other)),
        )),
    }
}

fn wrong(path: &str, rule: &'static str, hint: impl Into<String>) -> ToolError {
    let hint = hint.into();
    let field = path.trim_start_matches('/');
    let mut error = ToolError::invalid_args(format!("`{field}` is not usable: {hint}."))
        .next("Put it right as `violations` says, then call again.");
    error.violations.push(Violation {
        path: path.to_owned(),
        rule,
        hint,
    });
    error
}

/// A JSON type in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
