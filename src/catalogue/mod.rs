//! What is known of the methods of WeCom's own MCP servers, by category.
//!
//! The catalogue is data (`methods.json`): for every method its argument schema, an
//! invented example, how it may be repeated and when a person should be asked first. The
//! live `tools/list` of a server decides what exists; the catalogue says how to use it,
//! checks arguments before they leave, and is what the simulator serves.
//!
//! Five methods have two shapes: the *wire* one that the server takes, and the *agent*
//! one that a model uses, where an interceptor puts files in place of contents.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The whole catalogue, in the order of its file.
pub fn methods() -> &'static [Method] {
    &CATALOGUE
}

/// One method, under the category that it belongs to.
pub fn method(category: &str, name: &str) -> Option<&'static Method> {
    methods()
        .iter()
        .find(|method| method.category == category && method.name == name)
}

/// Known categories, each once, in the order of the file. WeCom adds others.
pub fn categories() -> Vec<&'static str> {
    let mut known: Vec<&'static str> = Vec::new();
    for method in methods() {
        if known.last() != Some(&method.category.as_str()) {
            known.push(&method.category);
        }
    }
    known
}

/// The retry class of a method that may not be in the catalogue: an unknown one is never
/// repeated, unless its name says that it only reads (`get_`, `list_`, `search_`,
/// `check_`, also after a topic prefix as in `contact_get_…`).
pub fn retry_class(category: &str, name: &str) -> RetryClass {
    if let Some(method) = method(category, name) {
        return method.retry;
    }
    let reads = ["get_", "list_", "search_", "check_"];
    let after_topic = name.split_once('_').map_or("", |(_, rest)| rest);
    if reads
        .iter()
        .any(|verb| name.starts_with(verb) || after_topic.starts_with(verb))
    {
        RetryClass::Safe
    } else {
        RetryClass::Never
    }
}

/// One method.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Method {
    /// Its category (`biz_type`).
    pub category: String,
    /// Its name, unique over all categories.
    #[serde(rename = "method")]
    pub name: String,
    /// A short label.
    pub title: String,
    /// What it does, for a model.
    pub description: String,
    /// MCP's hints.
    pub annotations: Annotations,
    /// How it may be repeated after a failure that leaves open whether it ran.
    pub retry: RetryClass,
    /// When a person should be asked first: `no`, `always`, or a condition in words.
    pub confirm: String,
    /// Set where the name exists on our side only: the server's method that it stands for.
    #[serde(default)]
    pub alias: Option<String>,
    /// What else happens, in words.
    #[serde(default)]
    pub side_effect: Option<String>,
    /// Business codes that this method is known to answer with.
    #[serde(default)]
    pub error_codes: Vec<i64>,
    /// Facts that a schema can't say, in words.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Arguments on the wire (JSON Schema 2020-12, self-contained).
    pub input_schema: Value,
    /// The business answer on the wire.
    pub output_schema: Value,
    /// Invented calls on the wire.
    pub examples: Vec<Example>,
    /// Arguments that must be refused, in the agent's shape where there is one.
    #[serde(default)]
    pub counter_examples: Vec<CounterExample>,
    /// The agent's shape, where it differs.
    #[serde(default)]
    pub agent: Option<AgentShape>,
}

impl Method {
    /// The argument schema that a model goes by.
    pub fn agent_input_schema(&self) -> &Value {
        self.agent
            .as_ref()
            .map_or(&self.input_schema, |agent| &agent.input_schema)
    }

    /// The answer's schema that a model goes by.
    pub fn agent_output_schema(&self) -> &Value {
        self.agent
            .as_ref()
            .map_or(&self.output_schema, |agent| &agent.output_schema)
    }

    /// Calls in the shape that a model goes by.
    pub fn agent_examples(&self) -> &[Example] {
        self.agent
            .as_ref()
            .map_or(&self.examples, |agent| &agent.examples)
    }
}

/// How a method may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryClass {
    /// Freely: it reads, or doing it twice changes nothing more.
    Safe,
    /// Only after a look whether the first one took effect.
    VerifyFirst,
    /// Not at all.
    Never,
}

/// MCP's tool annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// It only reads.
    pub read_only_hint: bool,
    /// It changes or removes something that exists.
    pub destructive_hint: bool,
    /// Repeating the same call changes nothing more.
    pub idempotent_hint: bool,
}

/// One invented call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Example {
    /// Arguments.
    pub request: Value,
    /// The business answer.
    pub response: Value,
}

/// Arguments that must be refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CounterExample {
    /// Arguments.
    pub request: Value,
    /// What is wrong with them.
    pub why: String,
}

/// The shape of a method that an interceptor changes on its way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentShape {
    /// Arguments.
    pub input_schema: Value,
    /// Answer.
    pub output_schema: Value,
    /// Invented calls.
    #[serde(default)]
    pub examples: Vec<Example>,
}

#[expect(
    clippy::expect_used,
    reason = "the file is part of the program, and a test reads it"
)]
static CATALOGUE: LazyLock<Vec<Method>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("methods.json")).expect("methods.json is a catalogue")
});

#[cfg(test)]
mod tests;
