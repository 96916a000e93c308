//! What the catalogue's schema says of the arguments.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::members::{self, Stray};
use super::{MAX_VIOLATIONS, shapes};
use crate::catalogue::Method;
use crate::interceptors::{RemoteTool, ToolCall, Violation};

/// Most characters of a value that a hint repeats.
const MAX_QUOTED: usize = 40;

/// Adds what is wrong by the schema of the agent's shape. Arguments that nobody knows are
/// only warned of: the servers ignore them. `dropped` are required ones that this server
/// does not have.
pub(super) fn of(
    method: &'static Method,
    live: Option<&RemoteTool>,
    dropped: &[String],
    call: &ToolCall,
    violations: &mut Vec<Violation>,
) {
    let Some(shapes) = shapes::of(method) else {
        return;
    };
    let schema = method.agent_input_schema();
    let args = Value::Object(call.args.clone());
    let listed = members::live_properties(live);
    for error in shapes.agent.iter_errors(&args) {
        let path = error.instance_path().as_str().to_owned();
        match error.kind() {
            ValidationErrorKind::Required { property } if path.is_empty() => {
                let is_dropped = dropped.iter().any(|name| *property == name.as_str());
                if !is_dropped {
                    violations.push(required(method, schema, &args, &path, property));
                }
            }
            ValidationErrorKind::Required { property } => {
                violations.push(required(method, schema, &args, &path, property));
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = members::names_at(schema, &path);
                for written in unexpected {
                    if path.is_empty() && listed.is_some_and(|names| names.contains_key(written)) {
                        continue;
                    }
                    match members::stray(&method.name, written, &known) {
                        Stray::Refused(reason) => violations.push(Violation {
                            path: members::pointer(&path, written),
                            rule: "additionalProperties",
                            hint: reason.to_owned(),
                        }),
                        meant => call.notes.warn(warning(&path, written, meant)),
                    }
                }
            }
            _ => violations.push(violation(&error)),
        }
    }
}

/// What is wrong by `validator`, unknown members aside; those that `ignored` names may be
/// missing at the top.
pub(super) fn plain(validator: &Validator, args: &Value, ignored: &[&str]) -> Vec<Violation> {
    validator
        .iter_errors(args)
        .filter_map(|error| match error.kind() {
            ValidationErrorKind::AdditionalProperties { .. } => None,
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                (!ignored.contains(&name)).then(|| Violation {
                    path: members::pointer(error.instance_path().as_str(), name),
                    rule: "required",
                    hint: "is missing".to_owned(),
                })
            }
            _ => Some(violation(&error)),
        })
        .take(MAX_VIOLATIONS)
        .collect()
}

fn required(
    method: &Method,
    schema: &Value,
    args: &Value,
    path: &str,
    property: &Value,
) -> Violation {
    let name = property.as_str().unwrap_or_default();
    let known = members::names_at(schema, path);
    let written = args.pointer(path).and_then(Value::as_object);
    let misspelt = written.into_iter().flatten().find(|(written, _)| {
        !known.contains(&written.as_str())
            && members::stray(&method.name, written, &known) == Stray::Means(name)
    });
    Violation {
        path: members::pointer(path, name),
        rule: "required",
        hint: match misspelt {
            Some((written, value)) => members::correction(written, name, Some(value)),
            None => "is missing".to_owned(),
        },
    }
}

fn warning(path: &str, written: &str, meant: Stray<'_>) -> String {
    let place = members::pointer(path, &excerpt(written));
    match meant {
        Stray::Means(name) => format!(
            "{place} is not an argument of this method and probably has no effect; `{name}` may \
             be meant."
        ),
        _ => format!("{place} is not an argument of this method and probably has no effect."),
    }
}

fn violation(error: &ValidationError<'_>) -> Violation {
    use ValidationErrorKind as Kind;
    let instance = error.instance();
    let (rule, hint) = match error.kind() {
        Kind::Type { kind } => (
            "type",
            format!("must be {}, not {}", types(kind), found(instance)),
        ),
        Kind::Enum { options } => (
            "enum",
            format!("must be one of {options}, not {}", quoted(instance)),
        ),
        Kind::Constant { expected_value } => (
            "const",
            format!("must be {expected_value}, not {}", quoted(instance)),
        ),
        Kind::Pattern { pattern } => ("pattern", form(pattern, instance)),
        Kind::MinLength { limit: 1 } => ("minLength", "must not be empty".to_owned()),
        Kind::MinLength { limit } => ("minLength", format!("at least {limit} characters")),
        Kind::MaxLength { limit } => ("maxLength", format!("at most {limit} characters")),
        Kind::Minimum { limit } => (
            "minimum",
            format!("at least {limit}, not {}", quoted(instance)),
        ),
        Kind::Maximum { limit } => (
            "maximum",
            format!("at most {limit}, not {}", quoted(instance)),
        ),
        Kind::MinItems { limit } => ("minItems", format!("at least {limit} entries")),
        Kind::MaxItems { limit } => {
            let hint = format!(
                "at most {limit} entries in one call, not {}",
                length(instance)
            );
            ("maxItems", format!("{hint}; make several calls"))
        }
        Kind::UniqueItems => ("uniqueItems", "every entry only once".to_owned()),
        Kind::MinProperties { limit } => (
            "minProperties",
            format!("at least {limit} members: say what to change"),
        ),
        Kind::MaxProperties { limit } => ("maxProperties", format!("at most {limit} members")),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            ("anyOf", alternatives(context))
        }
        // Whatever a newer schema may say: the name of the rule at least.
        _ => (
            "schema",
            format!("breaks the rule `{}`", error.kind().keyword()),
        ),
    };
    Violation {
        path: error.instance_path().as_str().to_owned(),
        rule,
        hint,
    }
}

/// `docid or url is missing`, or what the forms have in common.
fn alternatives(context: &[Vec<ValidationError<'static>>]) -> String {
    let missing: Option<Vec<&str>> = context
        .iter()
        .map(|errors| match errors.as_slice() {
            [only] => match only.kind() {
                ValidationErrorKind::Required { property } => property.as_str(),
                _ => None,
            },
            _ => None,
        })
        .collect();
    match missing {
        Some(names) if !names.is_empty() => format!("{} is missing", names.join(" or ")),
        _ => "has none of the forms that are allowed here; see `expected`".to_owned(),
    }
}

fn form(pattern: &str, instance: &Value) -> String {
    let form = match pattern {
        p if p.contains("doc\\.weixin") => {
            "a full link that begins with https://doc.weixin.qq.com/"
        }
        p if p.starts_with("^[0-9]{4}") && p.contains(")?$") => {
            "YYYY-MM-DD or YYYY-MM-DD HH:mm:ss, China time"
        }
        p if p.starts_with("^[0-9]{4}") && p.matches("[0-5][0-9]").count() == 1 => {
            "YYYY-MM-DD HH:mm, China time, without seconds"
        }
        p if p.starts_with("^[0-9]{4}") => "YYYY-MM-DD HH:mm:ss, China time",
        "^=" => "a formula, which begins with =",
        other => return format!("must match {other}, unlike {}", quoted(instance)),
    };
    format!("must be {form}; not {}", quoted(instance))
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => {
            let names: Vec<String> = several.iter().map(|one| one.to_string()).collect();
            names.join(" or ")
        }
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn quoted(value: &Value) -> String {
    excerpt(&value.to_string())
}

fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_QUOTED).collect();
    if text.chars().nth(MAX_QUOTED).is_some() {
        short.push('…');
    }
    short
}
