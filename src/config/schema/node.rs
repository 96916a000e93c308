//! The schema as a tree that values are walked along.

use std::sync::OnceLock;

use schemars::Schema;
use serde_json::{Map, Value};

use super::field::{Field, FieldKind, ReloadClass};

/// One key of the schema with what may stand below it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) field: Field,
    /// How a text or number is read, beyond its kind.
    pub(crate) reading: Reading,
    /// Known keys of an object, in the order of the schema.
    pub(crate) members: Vec<(String, Node)>,
    /// What stands under each key of a map, or in each element of a list.
    pub(crate) each: Option<Box<Node>>,
    /// Whether unknown keys belong to the host program.
    pub(crate) shared: bool,
    /// Whether the key works at the top of the channel only.
    pub(crate) top_only: bool,
}

/// How a value is read, beyond its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As it stands.
    Plain,
    /// As a path: `~` and relative paths are expanded.
    Path,
    /// As text that is a number by nature, so that a number is nothing to warn about.
    NumberText,
    /// As milliseconds or a text such as `1h30m`.
    Duration,
    /// The same, or `false`.
    DurationOrFalse,
    /// As an MCP server: an address or a pasted snippet may stand for the object.
    McpServer,
    /// As the address of a proxy: secret only when it holds user info.
    ProxyAddress,
}

impl Node {
    /// The whole file.
    pub(crate) fn file() -> &'static Self {
        static FILE: OnceLock<Node> = OnceLock::new();
        FILE.get_or_init(|| Self::from_schema(&super::generate(true), ReloadClass::Live))
    }

    /// One account.
    pub(crate) fn account() -> Option<&'static Self> {
        Self::file().at(&["channels", "wecom", "accounts", "*"])
    }

    /// The node at a path of known keys, chosen keys and positions.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.child(key))
    }

    /// What may stand under `key`.
    pub(crate) fn child(&self, key: &str) -> Option<&Self> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
            .or(match self.field.kind {
                FieldKind::Map => self.each.as_deref(),
                FieldKind::Array | FieldKind::TextList if is_index(key) => self.each.as_deref(),
                _ => None,
            })
    }

    fn from_schema(schema: &Value, inherited: ReloadClass) -> Self {
        let reload = schema
            .get("x-reload")
            .and_then(|class| serde_json::from_value(class.clone()).ok())
            .unwrap_or(inherited);
        // Adding a member starts something; a key inside a member has its own class.
        let inherited = match reload {
            ReloadClass::Lifecycle => inherited,
            class => class,
        };
        let members: Vec<(String, Self)> = schema
            .get("properties")
            .and_then(Value::as_object)
            .filter(|_| schema.get("x-kind").is_none())
            .map(|properties| {
                properties
                    .iter()
                    .map(|(name, schema)| (name.clone(), Self::from_schema(schema, inherited)))
                    .collect()
            })
            .unwrap_or_default();
        let kind = kind_of(schema, !members.is_empty());
        let secrecy = schema.get("x-secret");
        let mut each = match kind {
            FieldKind::Map => schema.get("additionalProperties"),
            FieldKind::Array | FieldKind::TextList => schema.get("items"),
            _ => None,
        }
        .map(|schema| Box::new(Self::from_schema(schema, inherited)));
        if let (Some(each), Some(_)) = (&mut each, secrecy) {
            each.field.secret = true;
        }
        if let (Some(each), FieldKind::TextList) = (&mut each, &kind) {
            each.field.kind = FieldKind::Text;
        }
        Self {
            field: Field {
                secret: secrecy.is_some(),
                reference: is_true(schema, "x-reference"),
                reload,
                description: text(schema, "description"),
                default: schema.get("default").cloned(),
                minimum: schema.get("minimum").and_then(Value::as_f64),
                maximum: schema.get("maximum").and_then(Value::as_f64),
                max_chars: schema.get("maxLength").and_then(Value::as_u64),
                max_bytes: schema.get("x-max-bytes").and_then(Value::as_u64),
                kind,
            },
            reading: reading_of(schema),
            members,
            each,
            shared: is_true(schema, "x-shared"),
            top_only: is_true(schema, "x-top-only"),
        }
    }
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn text(schema: &Value, key: &str) -> Option<String> {
    schema.get(key)?.as_str().map(str::to_owned)
}

fn reading_of(schema: &Value) -> Reading {
    if is_true(schema, "x-path") {
        return Reading::Path;
    }
    if is_true(schema, "x-number") {
        return Reading::NumberText;
    }
    if text(schema, "x-secret").as_deref() == Some("user-info") {
        return Reading::ProxyAddress;
    }
    match (
        text(schema, "x-kind").as_deref(),
        text(schema, "x-form").as_deref(),
    ) {
        (Some("duration"), _) => Reading::Duration,
        (Some("duration-or-false"), _) => Reading::DurationOrFalse,
        (_, Some("mcp-server")) => Reading::McpServer,
        _ => Reading::Plain,
    }
}

fn kind_of(schema: &Value, has_members: bool) -> FieldKind {
    match text(schema, "x-kind").as_deref() {
        Some("text") => return FieldKind::Text,
        Some("text-list") => return FieldKind::TextList,
        Some(_) => return FieldKind::Any,
        None if has_members => return FieldKind::Object,
        None => {}
    }
    let words = words_of(schema);
    if !words.is_empty() {
        return FieldKind::Enum(words);
    }
    match text(schema, "type").as_deref() {
        Some("string") => FieldKind::Text,
        Some("boolean") => FieldKind::Bool,
        Some("integer") => FieldKind::Int,
        Some("number") => FieldKind::Number,
        Some("array") => FieldKind::Array,
        Some("object") => FieldKind::Map,
        _ => FieldKind::Any,
    }
}

/// The words of an enumeration, which has two forms depending on whether they are described.
fn words_of(schema: &Value) -> Vec<String> {
    let plain = schema.get("enum").and_then(Value::as_array);
    let described = schema.get("oneOf").and_then(Value::as_array);
    plain
        .into_iter()
        .flatten()
        .chain(described.into_iter().flatten().flat_map(|word| {
            match word.get("enum").and_then(Value::as_array) {
                Some(words) => words.iter().collect::<Vec<_>>(),
                None => word.get("const").into_iter().collect(),
            }
        }))
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}

/// Takes `null` out of a schema: an optional key is absent, not null.
pub(super) fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default") == Some(&Value::Null) {
        object.shift_remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&Value::from("null")));
        if let [only] = choices.as_slice() {
            let only = only.as_object().cloned().unwrap_or_default();
            object.shift_remove("anyOf");
            merge_into(object, only);
        }
    }
}

/// Adds what `object` does not say itself.
fn merge_into(object: &mut Map<String, Value>, other: Map<String, Value>) {
    for (key, value) in other {
        object.entry(key).or_insert(value);
    }
}
