//! The names that skills may use.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use clap::CommandFactory;
use serde_json::Value;
use wecom::catalogue;

/// Words that methods' names begin with.
const VERBS: [&str; 22] = [
    "get",
    "list",
    "search",
    "check",
    "create",
    "update",
    "delete",
    "change",
    "cancel",
    "set",
    "add",
    "del",
    "send",
    "edit",
    "upload",
    "sheet",
    "smartsheet",
    "smartpage",
    "read",
    "remove",
    "export",
    "query",
];

/// Names of methods, of members of their arguments and answers, and their fixed values.
static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut known = BTreeSet::new();
    for method in catalogue::methods() {
        known.insert(method.name.clone());
        for schema in [
            &method.input_schema,
            &method.output_schema,
            method.agent_input_schema(),
            method.agent_output_schema(),
        ] {
            names(schema, &mut known);
        }
    }
    known
});

/// Members of the requests to a smart sheet's webhook, which is no method.
const WEBHOOK: [&str; 2] = ["add_records", "update_records"];

/// Whether a name in backticks looks like a method's and is none.
pub(crate) fn is_unknown_method(name: &str) -> bool {
    let is_snake = name.contains('_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let verb = name.split('_').next().unwrap_or_default();
    is_snake && VERBS.contains(&verb) && !KNOWN.contains(name) && !WEBHOOK.contains(&name)
}

/// Commands of rooms that are being built.
const ARRIVING: [&str; 1] = ["mcp"];

/// Whether the program has that command: `words` begin with its subcommands.
pub(crate) fn has_command(words: &[&str]) -> bool {
    if words.first().is_some_and(|first| ARRIVING.contains(first)) {
        return true;
    }
    let mut command = wecom::cli::Cli::command();
    for word in words {
        if !command.has_subcommands() || word.starts_with('-') {
            return true;
        }
        match command.find_subcommand(word) {
            Some(found) => command = found.clone(),
            None => return false,
        }
    }
    true
}

fn names(schema: &Value, known: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("properties" | "$defs", Value::Object(properties)) => {
                        known.extend(properties.keys().cloned());
                    }
                    ("enum", Value::Array(values)) => {
                        known.extend(values.iter().filter_map(Value::as_str).map(String::from));
                    }
                    ("const", Value::String(value)) => {
                        known.insert(value.clone());
                    }
                    _ => {}
                }
                names(value, known);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, known)),
        _ => {}
    }
}
