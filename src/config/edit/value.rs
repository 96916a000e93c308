//! From what was typed to what is stored: the schema decides what a word or number means.

use jsonc_parser::ast::Value as Node;
use serde_json::Value;

use crate::config::path::ConfigPath;
use crate::config::schema::{FieldKind, Node as Known, Reading, is_mask};

use super::meaning;
use super::source::Source;

/// What an argument means at its path.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The value to store; `None` asks to take the key out.
    pub value: Option<Value>,
    /// What was changed about it, for the person who typed it.
    pub note: Option<&'static str>,
}

/// A text that is no value for its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// Not JSON5, where JSON5 was asked for.
    #[error("not JSON5 (line {line}, column {column}: {message})")]
    NotJson {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A list key got something that only looks like a list.
    #[error(
        "`{path}` is a list, and this is not a list; quote the items: [\"a\",\"b\"], or write a,b"
    )]
    NotAList {
        /// The key.
        path: ConfigPath,
    },
    /// An object key got something else.
    #[error("`{path}` is an object; write it as {{\"key\": \"value\"}}, or set one of its keys")]
    NotAnObject {
        /// The key.
        path: ConfigPath,
    },
    /// `Infinity`, `NaN`, or too large to be held.
    #[error("`{path}` must be finite")]
    NotFinite {
        /// The key.
        path: ConfigPath,
    },
    /// What is printed in a secret's place came back as its value.
    #[error(
        "`{path}`: this is the mask that stands for a secret, not the secret; leave the key out to \
         keep its value"
    )]
    Mask {
        /// The key.
        path: ConfigPath,
    },
}

/// Reads the argument of `config set`: JSON5, or else the raw text. With `strict` only
/// JSON5 is taken.
pub fn from_argument(path: &ConfigPath, argument: &str, strict: bool) -> Result<Typed, ValueError> {
    let known = known(path);
    let is_secret = known.is_some_and(|k| k.field.secret);
    let without_blanks = argument.trim();
    let (argument, note) = if is_secret && without_blanks != argument {
        (
            without_blanks,
            Some("blanks around the value were left out"),
        )
    } else {
        (argument, None)
    };
    let source = Source::parse(argument);
    let root = match &source {
        Ok(source) => source.root.as_ref(),
        Err(error) if strict => {
            return Err(ValueError::NotJson {
                line: error.line_display(),
                column: error.column_display(),
                message: error.kind().to_string(),
            });
        }
        Err(_) => None,
    };
    if strict && root.is_none() {
        return Err(ValueError::NotJson {
            line: 1,
            column: 1,
            message: "nothing is there".to_owned(),
        });
    }
    let value = meant(path, known, root, argument)?;
    if let Some(value) = &value {
        refuse_masks(path, value)?;
    }
    Ok(Typed { value, note })
}

/// Reads a JSON5 text that belongs at `path`, with every key below it by its own type.
pub fn from_json5(path: &ConfigPath, text: &str) -> Result<Value, ValueError> {
    let source = Source::parse(text).map_err(|error| ValueError::NotJson {
        line: error.line_display(),
        column: error.column_display(),
        message: error.kind().to_string(),
    })?;
    let Some(root) = &source.root else {
        return Err(ValueError::NotJson {
            line: 1,
            column: 1,
            message: "nothing is there".to_owned(),
        });
    };
    from_node(path, root)
}

/// The same for a part of a larger text.
pub(crate) fn from_node(path: &ConfigPath, node: &Node<'_>) -> Result<Value, ValueError> {
    let value = by_schema(path, known(path), node)?;
    refuse_masks(path, &value)?;
    Ok(value)
}

/// Refuses a value that holds a mask anywhere.
pub(crate) fn refuse_masks(path: &ConfigPath, value: &Value) -> Result<(), ValueError> {
    match value {
        Value::String(text) if is_mask(text) => Err(ValueError::Mask { path: path.clone() }),
        Value::Object(members) => members
            .iter()
            .try_for_each(|(key, value)| refuse_masks(&path.key(key), value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| refuse_masks(&path.index(index), value)),
        _ => Ok(()),
    }
}

fn known(path: &ConfigPath) -> Option<&'static Known> {
    let names = path.names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Known::file().at(&names)
}

/// What `argument` means for its key. `node` is its JSON5 reading, if it has one.
fn meant(
    path: &ConfigPath,
    known: Option<&Known>,
    node: Option<&Node<'_>>,
    argument: &str,
) -> Result<Option<Value>, ValueError> {
    let raw = || Value::from(argument);
    let kind = known.map_or(&FieldKind::Any, |k| &k.field.kind);
    let value = match (kind, node) {
        (FieldKind::Text | FieldKind::Enum(_), Some(Node::NullKeyword(_))) => return Ok(None),
        (FieldKind::Text, Some(node @ Node::NumberLit(_))) if is_number(known) => {
            by_schema(path, known, node)?
        }
        (FieldKind::Text | FieldKind::Enum(_), Some(node)) => match node {
            Node::StringLit(_) | Node::Object(_) => by_schema(path, known, node)?,
            _ => raw(),
        },
        (FieldKind::Text | FieldKind::Enum(_), None) => raw(),
        (FieldKind::TextList, None) => comma_separated(path, argument)?,
        (
            FieldKind::Object | FieldKind::Map,
            Some(node @ (Node::Object(_) | Node::NullKeyword(_))),
        )
        | (FieldKind::Array, Some(node @ (Node::Array(_) | Node::NullKeyword(_)))) => {
            by_schema(path, known, node)?
        }
        (FieldKind::Object | FieldKind::Map, _) => {
            return Err(ValueError::NotAnObject { path: path.clone() });
        }
        (FieldKind::Array, _) => return Err(ValueError::NotAList { path: path.clone() }),
        (_, Some(node)) => by_schema(path, known, node)?,
        (_, None) if is_not_finite(argument) => {
            return Err(ValueError::NotFinite { path: path.clone() });
        }
        (_, None) => raw(),
    };
    Ok(Some(value))
}

/// The value of a node, where texts stay texts and words of the right form become numbers,
/// switches and lists.
fn by_schema(
    path: &ConfigPath,
    known: Option<&Known>,
    node: &Node<'_>,
) -> Result<Value, ValueError> {
    let kind = known.map_or(&FieldKind::Any, |k| &k.field.kind);
    Ok(match (kind, node) {
        (FieldKind::Text | FieldKind::Enum(_), Node::NumberLit(n)) if !is_number(known) => {
            Value::from(n.value)
        }
        (FieldKind::Text | FieldKind::Enum(_), Node::BooleanLit(b)) => {
            Value::from(b.value.to_string())
        }
        (FieldKind::Bool, Node::StringLit(text)) => match text.value.as_ref() {
            "true" => Value::from(true),
            "false" => Value::from(false),
            other => Value::from(other),
        },
        (FieldKind::Int | FieldKind::Number, Node::StringLit(text)) => {
            decimal(&text.value).unwrap_or_else(|| Value::from(text.value.as_ref()))
        }
        (FieldKind::TextList, Node::StringLit(text)) => {
            Value::from(vec![Value::from(text.value.as_ref())])
        }
        (FieldKind::TextList, Node::NumberLit(number)) => {
            Value::from(vec![Value::from(number.value)])
        }
        (_, Node::Object(object)) => {
            let member = |p: &jsonc_parser::ast::ObjectProp<'_>| {
                let name = p.name.as_str();
                let child = known.and_then(|k| k.child(name));
                let value = by_schema(&path.key(name), child, &p.value)?;
                Ok((name.to_owned(), value))
            };
            let members = object.properties.iter().map(member);
            Value::Object(members.collect::<Result<_, ValueError>>()?)
        }
        (_, Node::Array(array)) => {
            let items = array.elements.iter().enumerate().map(|(index, element)| {
                let child = known.and_then(|k| k.child("0"));
                by_schema(&path.index(index), child, element)
            });
            Value::Array(items.collect::<Result<_, ValueError>>()?)
        }
        (_, Node::NumberLit(number)) if meaning::number(number.value).is_none() => {
            return Err(ValueError::NotFinite { path: path.clone() });
        }
        (_, node) => meaning::value(node),
    })
}

/// Whether a text key is a number by nature, such as the agent app's id.
fn is_number(known: Option<&Known>) -> bool {
    known.is_some_and(|k| k.reading == Reading::NumberText)
}

/// A decimal number in quotes; leading zeros and other notations stay text.
fn decimal(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0') || digits.starts_with("0."))
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_decimal
        .then(|| meaning::number(text))
        .flatten()
        .map(Value::Number)
}

/// `a,b` as a list. A full-width comma counts too: no id holds one.
fn comma_separated(path: &ConfigPath, text: &str) -> Result<Value, ValueError> {
    if text.trim_start().starts_with(['[', '{']) {
        return Err(ValueError::NotAList { path: path.clone() });
    }
    if is_not_finite(text) {
        return Err(ValueError::NotFinite { path: path.clone() });
    }
    let items = text.split([',', '，']).map(str::trim);
    Ok(items.filter(|item| !item.is_empty()).collect())
}

fn is_not_finite(text: &str) -> bool {
    let text = text.trim();
    matches!(
        text.strip_prefix(['+', '-']).unwrap_or(text),
        "Infinity" | "NaN"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed(path: &str, argument: &str) -> Result<Option<Value>, ValueError> {
        let path: ConfigPath = path.parse().unwrap();
        from_argument(&path, argument, false).map(|typed| typed.value)
    }

    const NAME: &str = "channels.wecom.name";
    const SECRET: &str = "channels.wecom.secret";
    const ELSEWHERE: &str = "plugins.entries.x";
    const LIST: &str = "channels.wecom.allowFrom";
    const OBJECT: &str = "channels.wecom.network";

    #[test]
    fn the_same_text_under_a_text_key_and_elsewhere() {
        for (argument, under_text, elsewhere) in [
            ("abc", Some(json!("abc")), json!("abc")),
            ("true", Some(json!("true")), json!(true)),
            ("null", None, json!(null)),
            ("1000002", Some(json!("1000002")), json!(1_000_002)),
            ("007", Some(json!("007")), json!("007")),
            ("0x10", Some(json!("0x10")), json!(16)),
            ("+5", Some(json!("+5")), json!(5)),
            ("1e3", Some(json!("1e3")), json!(1000)),
            ("'q'", Some(json!("q")), json!("q")),
            ("\"q\"", Some(json!("q")), json!("q")),
            (" x ", Some(json!(" x ")), json!(" x ")),
            ("", Some(json!("")), json!("")),
            ("[a, \"b\"]", Some(json!("[a, \"b\"]")), json!("[a, \"b\"]")),
            (
                "[\"a\",\"b\"]",
                Some(json!("[\"a\",\"b\"]")),
                json!(["a", "b"]),
            ),
            ("{bad", Some(json!("{bad")), json!("{bad")),
            ("${X}", Some(json!("${X}")), json!("${X}")),
            ("$${X}", Some(json!("$${X}")), json!("$${X}")),
            (
                "12345678901234567890123",
                Some(json!("12345678901234567890123")),
                json!(12_345_678_901_234_567_890_123_f64),
            ),
            (
                "https://x.example/?a=1",
                Some(json!("https://x.example/?a=1")),
                json!("https://x.example/?a=1"),
            ),
        ] {
            assert_eq!(typed(NAME, argument), Ok(under_text), "{argument}");
            assert_eq!(
                typed(ELSEWHERE, argument),
                Ok(Some(elsewhere)),
                "{argument}"
            );
        }
    }

    #[test]
    fn numbers_without_an_end_are_text_or_an_error() {
        for argument in ["Infinity", "NaN", "-Infinity", "+NaN", " NaN "] {
            assert_eq!(
                typed(NAME, argument),
                Ok(Some(json!(argument))),
                "{argument}"
            );
            for path in [ELSEWHERE, LIST, "channels.wecom.turnTimeoutMs"] {
                let error = ValueError::NotFinite {
                    path: path.parse().unwrap(),
                };
                assert_eq!(typed(path, argument), Err(error), "{path} {argument}");
            }
        }
        assert_eq!(typed(NAME, "1e999"), Ok(Some(json!("1e999"))));
        assert!(typed(ELSEWHERE, "[1e999]").is_err());
    }

    #[test]
    fn lists_take_json_or_commas() {
        for (argument, value) in [
            ("[\"a\",\"b\"]", json!(["a", "b"])),
            ("a,b", json!(["a", "b"])),
            (" 张三 ， lisi ,,", json!(["张三", "lisi"])),
            ("1001", json!(["1001"])),
            (
                "[1001, 9007199254740993]",
                json!(["1001", "9007199254740993"]),
            ),
            ("'a,b'", json!(["a,b"])),
            ("", json!([])),
            ("${X}", json!(["${X}"])),
        ] {
            assert_eq!(typed(LIST, argument), Ok(Some(value)), "{argument}");
        }
        let error = typed(LIST, "[a, \"b\"]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`channels.wecom.allowFrom` is a list, and this is not a list; quote the items: \
             [\"a\",\"b\"], or write a,b"
        );
        assert_eq!(
            typed("channels.wecom.allowFrom[0]", "1001"),
            Ok(Some(json!("1001")))
        );
        assert_eq!(
            typed("channels.wecom.groups['wr.A'].allowFrom", "1001"),
            Ok(Some(json!(["1001"])))
        );
    }

    #[test]
    fn switches_and_numbers_take_their_text_forms() {
        for (path, argument, value) in [
            ("channels.wecom.enabled", "true", json!(true)),
            ("channels.wecom.enabled", "'false'", json!(false)),
            ("channels.wecom.enabled", "yes", json!("yes")),
            ("channels.wecom.textChunkLimit", "2000", json!(2000)),
            ("channels.wecom.textChunkLimit", "'2000'", json!(2000)),
            ("channels.wecom.textChunkLimit", "\"0x10\"", json!("0x10")),
            ("channels.wecom.textChunkLimit", "'007'", json!("007")),
            (
                "channels.wecom.textChunkLimit",
                "${LIMIT}",
                json!("${LIMIT}"),
            ),
            ("channels.wecom.agent.agentId", "1000002", json!(1_000_002)),
            (
                "channels.wecom.agent.agentId",
                "'1000002'",
                json!("1000002"),
            ),
            ("channels.wecom.dmPolicy", "open", json!("open")),
            ("channels.wecom.token", "12345", json!("12345")),
            (
                "channels.wecom.accounts.hq.agent.token",
                "0012",
                json!("0012"),
            ),
        ] {
            assert_eq!(typed(path, argument), Ok(Some(value)), "{path} {argument}");
        }
    }

    #[test]
    fn every_key_inside_an_object_has_its_own_type() {
        let value = typed(
            "channels.wecom",
            "{ token: 12345, botId: 1e3, allowFrom: 7, enabled: 'true', agent: { agentId: 3 }, x: '1', \
             accounts: { hq: { secret: true, groups: { 'wr.A': { allowFrom: [9] } } } } }",
        );
        assert_eq!(
            value,
            Ok(Some(json!({
                "token": "12345", "botId": "1e3", "allowFrom": ["7"], "enabled": true,
                "agent": { "agentId": 3 }, "x": "1",
                "accounts": { "hq": { "secret": "true", "groups": { "wr.A": { "allowFrom": ["9"] } } } }
            })))
        );
        for argument in ["{bad", "5", "abc", ""] {
            let error = ValueError::NotAnObject {
                path: OBJECT.parse().unwrap(),
            };
            assert_eq!(typed(OBJECT, argument), Err(error), "{argument}");
        }
        assert_eq!(typed(OBJECT, "null"), Ok(Some(json!(null))));
        assert!(matches!(
            typed("bindings", "abc"),
            Err(ValueError::NotAList { .. })
        ));
    }

    #[test]
    fn blanks_around_a_secret_are_a_pasting_accident() {
        let path: ConfigPath = SECRET.parse().unwrap();
        let typed = from_argument(&path, " x\t", false).unwrap();
        assert_eq!(typed.value, Some(json!("x")));
        assert_eq!(typed.note, Some("blanks around the value were left out"));
        let reference = from_argument(&path, "{ env: 'S' }", false).unwrap();
        assert_eq!(
            reference,
            Typed {
                value: Some(json!({ "env": "S" })),
                note: None
            }
        );
    }

    #[test]
    fn a_mask_is_no_value() {
        for (path, argument, at) in [
            (SECRET, "__REDACTED__", SECRET),
            (SECRET, " __OPENCLAW_REDACTED__ ", SECRET),
            (NAME, "'__REDACTED__'", NAME),
            ("channels.wecom", "{ secret: '__REDACTED__' }", SECRET),
            (LIST, "['__REDACTED__']", "channels.wecom.allowFrom[0]"),
        ] {
            let error = ValueError::Mask {
                path: at.parse().unwrap(),
            };
            assert_eq!(typed(path, argument), Err(error), "{argument}");
        }
    }

    #[test]
    fn strict_takes_json5_only() {
        let strict = |path: &str, argument| from_argument(&path.parse().unwrap(), argument, true);
        assert_eq!(strict(NAME, "'q'").unwrap().value, Some(json!("q")));
        assert_eq!(strict(NAME, "12").unwrap().value, Some(json!("12")));
        for argument in ["abc", "", "{bad", "NaN"] {
            assert!(
                matches!(strict(ELSEWHERE, argument), Err(ValueError::NotJson { .. })),
                "{argument}"
            );
        }
    }
}
