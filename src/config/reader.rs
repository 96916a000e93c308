//! Values checked and brought into form along the schema, all problems collected.
//!
//! What has the wrong type is left out after it was reported, so that the rest can be
//! understood; what is clearly meant (a number where a text belongs, `"true"`) is taken
//! with a warning.

mod leaf;
mod supplied;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::environment::Environment;
use super::findings::Finding;
use super::include::Included;
use super::place::Place;
use super::schema::{FieldKind, Node, Reading};
use super::secret_ref::Secrets;
use super::unknown;
use super::variables::Variables;

/// Reads values along the schema.
pub(crate) struct Reader<'r> {
    pub(crate) variables: &'r Variables<'r>,
    pub(crate) secrets: Secrets<'r>,
    pub(crate) env: &'r Environment,
    pub(crate) included: &'r Included,
    /// Directory of the main file.
    pub(crate) directory: &'r Path,
    pub(crate) findings: Vec<Finding>,
    /// Places whose value comes from the environment.
    pub(crate) from_environment: BTreeSet<Place>,
    /// Places of secrets that stand in the file as they are.
    pub(crate) literal_secrets: Vec<Place>,
}

/// Whether `null` is kept, so that an account can remove what it would inherit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Null {
    Kept,
    Dropped,
}

impl Reader<'_> {
    /// Reads the value at `place`. `None`: nothing usable stands there.
    pub(crate) fn read(
        &mut self,
        value: &Value,
        node: &Node,
        place: &Place,
        null: Null,
    ) -> Option<Value> {
        if value.is_null() {
            self.null(place);
            return (null == Null::Kept).then_some(Value::Null);
        }
        if node.field.reference {
            return self.supplied(value, node, place);
        }
        match node.reading {
            Reading::Duration | Reading::DurationOrFalse => {
                return self.duration(value, node.reading, place);
            }
            Reading::McpServer => {
                let server = self.unwrap_server(value, place)?;
                return Some(Value::Object(self.object(&server, node, place, null)));
            }
            Reading::Plain | Reading::Path | Reading::NumberText | Reading::ProxyAddress => {}
        }
        match &node.field.kind {
            FieldKind::Any => Some(value.clone()),
            FieldKind::Text => self.text(value, node, place).map(Value::from),
            FieldKind::TextList => self.text_list(value, node, place),
            FieldKind::Bool => self.boolean(value, place),
            FieldKind::Int => self.number(value, node, place, true),
            FieldKind::Number => self.number(value, node, place, false),
            FieldKind::Enum(words) => self.word(value, words, place),
            FieldKind::Object | FieldKind::Map => match value {
                Value::Object(members) => {
                    Some(Value::Object(self.object(members, node, place, null)))
                }
                other => self.wrong_type(other, "an object", place),
            },
            FieldKind::Array => match value {
                Value::Array(elements) => self.array(elements, node, place),
                other => self.wrong_type(other, "a list", place),
            },
        }
    }

    /// Reads the members of an object or a map.
    pub(crate) fn object(
        &mut self,
        members: &Map<String, Value>,
        node: &Node,
        place: &Place,
        null: Null,
    ) -> Map<String, Value> {
        let mut read = Map::new();
        for (key, value) in members {
            let here = place.key(key);
            let Some(child) = node.child(key) else {
                self.findings.extend(unknown::finding(node, place, key));
                continue;
            };
            if child.top_only && here.below(&Place::of("channels.wecom.accounts")).is_some() {
                let top = format!(
                    "channels.wecom.{}.{key}",
                    place.last_key().unwrap_or_default()
                );
                self.findings.push(Finding::warning(
                    "unknown_key",
                    here.clone(),
                    format!("`{key}` works at the top level only and is ignored here"),
                    format!("write it at `{top}`"),
                ));
                continue;
            }
            if let Some(value) = self.read(value, child, &here, null) {
                read.insert(key.clone(), value);
            }
        }
        read
    }

    fn array(&mut self, elements: &[Value], node: &Node, place: &Place) -> Option<Value> {
        let each = node.each.as_deref()?;
        Some(Value::Array(
            elements
                .iter()
                .enumerate()
                .filter_map(|(index, element)| {
                    self.read(element, each, &place.index(index), Null::Dropped)
                })
                .collect(),
        ))
    }

    fn null(&mut self, place: &Place) {
        self.findings.push(Finding::warning(
            "null_value",
            place.clone(),
            format!("`{}` is null, which counts as absent", place.name()),
            format!("remove `{place}`"),
        ));
    }

    /// Reports a value of the wrong type. Always `None`.
    fn wrong_type<T>(&mut self, value: &Value, wanted: &str, place: &Place) -> Option<T> {
        self.findings.push(Finding::error(
            "type_mismatch",
            place.clone(),
            format!("`{}` must be {wanted}, not {}", place.name(), shape(value)),
            format!("change `{place}` to {wanted}"),
        ));
        None
    }

    /// Puts variables into a text. `None`: one of them is missing, which is reported.
    fn expand(&mut self, text: &str, place: &Place) -> Option<String> {
        let expanded = self.variables.expand(text);
        if !expanded.missing.is_empty() {
            self.unresolved_variables(&expanded.missing, place);
            return None;
        }
        if expanded.used {
            self.from_environment.insert(place.clone());
        }
        Some(expanded.text)
    }

    fn unresolved_variables(&mut self, names: &[String], place: &Place) {
        let names = names.join(", ");
        self.findings.push(Finding::error(
            "secret_unresolved",
            place.clone(),
            format!("the variable {names} is missing or empty"),
            format!("set {names} in the environment or in .env of the state directory, or change `{place}`"),
        ));
    }
}

/// The shape of a value, never the value.
pub(crate) fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
