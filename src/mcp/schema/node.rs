//! One schema on its way into the subset.

use serde_json::{Map, Value};

use super::{combine, reference, shorten, words};

/// Deepest nesting of the result.
const MAX_DEPTH: usize = 32;

/// Most schemas, those behind references counted wherever they are used.
const MAX_NODES: usize = 2_000;

/// Types that a schema can name.
const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];

/// A cleaned schema that can still be merged with others: `required` may name members that
/// it lacks, and what is to be said in words stands apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Node {
    pub(super) members: Map<String, Value>,
    pub(super) words: Vec<String>,
}

impl Node {
    /// As it is in the result.
    pub(super) fn render(mut self) -> Value {
        let required = self.required_members();
        if required.is_empty() {
            self.members.shift_remove("required");
        } else {
            self.members.insert("required".to_owned(), required.into());
        }
        if !self.words.is_empty() {
            let words = format!("({})", self.words.join(", "));
            let description = match self.members.get("description").and_then(Value::as_str) {
                Some(text) if !text.is_empty() => format!("{text} {words}"),
                _ => words,
            };
            self.members
                .insert("description".to_owned(), description.into());
        }
        Value::Object(self.members)
    }

    /// Names of `required`, whether there are such members or not.
    pub(super) fn required(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        if let Some(Value::Array(listed)) = self.members.get("required") {
            for name in listed.iter().filter_map(Value::as_str) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }

    /// Whether it says nothing but that there may be no value.
    pub(super) fn is_null(&self) -> bool {
        self.words.is_empty()
            && self.members.len() == 1
            && self.members.get("nullable") == Some(&Value::Bool(true))
    }

    pub(super) fn set_nullable(&mut self) {
        self.members.insert("nullable".to_owned(), true.into());
    }

    fn required_members(&self) -> Vec<String> {
        let properties = self.members.get("properties").and_then(Value::as_object);
        let mut names = self.required();
        names.retain(|name| properties.is_some_and(|known| known.contains_key(name)));
        names
    }
}

/// Works through a schema, keeping count.
pub(super) struct Cleaner<'v> {
    document: &'v Value,
    /// References that are being followed.
    open: Vec<&'v str>,
    nodes: usize,
}

impl<'v> Cleaner<'v> {
    pub(super) fn of(document: &'v Value) -> Self {
        Self {
            document,
            open: Vec::new(),
            nodes: 0,
        }
    }

    /// The document itself. What is no schema says nothing.
    pub(super) fn root(mut self) -> Value {
        self.rendered(self.document, 0)
    }

    fn rendered(&mut self, schema: &'v Value, depth: usize) -> Value {
        match self.node(schema, depth) {
            Some(node) => node.render(),
            None => shorten::note(),
        }
    }

    /// The schema, or `None` where a bound is reached.
    pub(super) fn node(&mut self, schema: &'v Value, depth: usize) -> Option<Node> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return None;
        }
        let Value::Object(schema) = schema else {
            return Some(Node::default());
        };
        let types = Types::of(schema);
        // Members of a schema with several types move into one of its variants.
        let inner = depth + if types.is_several() { 2 } else { 1 };
        let mut node = Node {
            members: Map::new(),
            words: words::of(schema),
        };
        if types.nullable {
            node.set_nullable();
        }
        for (keyword, value) in schema {
            self.keyword(keyword, value, schema, &types, &mut node, inner);
        }
        if types.is_several() {
            self.nodes += types.names.len();
            combine::split(&mut node, &types.names);
        }
        if let Some(Value::String(target)) = schema.get("$ref") {
            self.follow(target, node, depth)
        } else {
            Some(node)
        }
    }

    fn keyword(
        &mut self,
        keyword: &str,
        value: &'v Value,
        schema: &'v Map<String, Value>,
        types: &Types,
        node: &mut Node,
        depth: usize,
    ) {
        let kept = match (keyword, value) {
            ("title" | "description", Value::String(_))
            | ("default", _)
            | ("required", Value::Array(_)) => Some(value.clone()),
            ("nullable", Value::Bool(true)) => Some(true.into()),
            ("type", _) => types.single().map(Value::from),
            ("const", value) => {
                values(node, types, std::slice::from_ref(value));
                None
            }
            ("enum", Value::Array(listed)) if !schema.contains_key("const") => {
                values(node, types, listed);
                None
            }
            ("properties", Value::Object(properties)) => Some(
                properties
                    .iter()
                    .filter(|(_, value)| **value != Value::Bool(false))
                    .map(|(name, value)| (name.clone(), self.rendered(value, depth)))
                    .collect(),
            ),
            ("items", Value::Array(tuple)) => self.tuple(tuple, depth),
            ("items", Value::Object(_) | Value::Bool(true)) => Some(self.rendered(value, depth)),
            ("anyOf" | "oneOf" | "allOf", Value::Array(variants)) => {
                let variants = self.variants(variants, depth);
                if keyword == "allOf" {
                    combine::all(node, variants);
                } else {
                    combine::either(node, keyword, variants);
                }
                None
            }
            _ => None,
        };
        if let Some(kept) = kept {
            node.members.insert(keyword.to_owned(), kept);
        }
    }

    /// Items that differ by their place, which the subset can't say: any of them.
    fn tuple(&mut self, tuple: &'v [Value], depth: usize) -> Option<Value> {
        match tuple {
            [] => None,
            [only] => Some(self.rendered(only, depth)),
            several => {
                self.nodes += 1;
                let variants = several
                    .iter()
                    .map(|item| self.rendered(item, depth + 1))
                    .collect();
                let mut items = Map::new();
                items.insert("anyOf".to_owned(), Value::Array(variants));
                Some(Value::Object(items))
            }
        }
    }

    fn variants(&mut self, variants: &'v [Value], depth: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for variant in variants {
            if matches!(variant, Value::Object(_) | Value::Bool(true)) {
                nodes.push(self.node(variant, depth).unwrap_or_else(shortened));
            }
        }
        nodes
    }

    /// What a reference means, with what stands beside it. One that leads nowhere, back to
    /// itself or out of the document means anything.
    fn follow(&mut self, target: &'v str, beside: Node, depth: usize) -> Option<Node> {
        let found = reference::resolve(self.document, target);
        let Some(found) = found.filter(|_| !self.open.contains(&target)) else {
            return Some(beside);
        };
        self.open.push(target);
        let meant = self.node(found, depth + 1);
        self.open.pop();
        let mut meant = meant?;
        let mut whole = beside.clone();
        if combine::merge(&mut whole, meant.clone()).is_ok() {
            return Some(whole);
        }
        for name in ["title", "description", "default"] {
            if let Some(value) = beside.members.get(name) {
                meant.members.insert(name.to_owned(), value.clone());
            }
        }
        Some(meant)
    }
}

/// `enum`, which the subset has for texts only.
fn values(node: &mut Node, types: &Types, listed: &[Value]) {
    let (nulls, values): (Vec<&Value>, Vec<&Value>) = listed.iter().partition(|v| v.is_null());
    if !nulls.is_empty() && types.names.is_empty() {
        node.set_nullable();
    }
    let is_text = match types.names.as_slice() {
        [] => values.iter().all(|value| value.is_string()),
        [only] => *only == "string",
        _ => false,
    };
    if !is_text {
        let values: Vec<Value> = values.into_iter().cloned().collect();
        node.words.extend(words::one_of(&values));
        return;
    }
    let mut texts: Vec<String> = Vec::new();
    for value in values {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        // An empty text is no value that the vendor takes in a list.
        if text.is_empty() {
            node.words.push("or empty".to_owned());
        } else if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if !texts.is_empty() {
        node.members.insert("enum".to_owned(), texts.into());
    }
}

fn shortened() -> Node {
    Node {
        members: shorten::note().as_object().cloned().unwrap_or_default(),
        words: Vec::new(),
    }
}

/// What `type` says.
struct Types {
    names: Vec<&'static str>,
    nullable: bool,
}

impl Types {
    fn of(schema: &Map<String, Value>) -> Self {
        let listed = match schema.get("type") {
            Some(Value::Array(listed)) => listed.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let mut names: Vec<&'static str> = Vec::new();
        for known in listed
            .iter()
            .filter_map(|name| TYPES.iter().find(|known| name == *known))
        {
            if !names.contains(known) {
                names.push(known);
            }
        }
        // Where variants are listed as well they say more than a list of types.
        if names.len() > 1 && schema.get("anyOf").is_some_and(Value::is_array) {
            names.clear();
        }
        Self {
            names,
            nullable: listed.iter().any(|name| name == "null"),
        }
    }

    fn single(&self) -> Option<&'static str> {
        match self.names.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn is_several(&self) -> bool {
        self.names.len() > 1
    }
}
