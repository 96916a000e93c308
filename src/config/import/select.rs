//! The parts of an OpenClaw configuration that this program uses.

use serde_json::{Map, Value};

use crate::config::path::ConfigPath;
use crate::config::schema::Node;

/// The channel's own id.
pub(super) const CHANNEL: &str = "wecom";

/// Ids under which other plugins run the same channel.
const ALIASES: [&str; 3] = ["qywx", "wework", "enterprise-wechat"];

/// Keys of an agent that mean something without OpenClaw.
const AGENT_KEYS: [&str; 4] = ["id", "name", "default", "workspace"];

/// Providers of secrets that work without OpenClaw.
const PROVIDERS: [&str; 2] = ["env", "file"];

/// Takes over what is ours; `None` if the channel is not mentioned.
pub(super) fn select(source: &Value, left_out: &mut Vec<ConfigPath>) -> Option<Value> {
    let channels = source.get("channels");
    let channel = std::iter::once(CHANNEL)
        .chain(ALIASES)
        .find_map(|id| channels.and_then(|c| c.get(id)))
        .filter(|channel| channel.is_object());
    let bindings = bindings(source);
    if channel.is_none() && bindings.is_empty() {
        return None;
    }
    let mut selected = Map::new();
    let mut ours = Map::new();
    if let Some(channel) = channel {
        ours.insert(CHANNEL.to_owned(), channel.clone());
    }
    let root = ConfigPath::default();
    if let Some(defaults) = channels.and_then(|c| c.get("defaults")) {
        let at = ConfigPath::from_keys(["channels", "defaults"]);
        insert(&mut ours, "defaults", known_keys(defaults, &at, left_out));
    }
    insert(&mut selected, "channels", Value::Object(ours));
    insert(&mut selected, "bindings", Value::Array(bindings));
    for section in ["session", "commands", "accessGroups", "cron"] {
        if let Some(value) = source.get(section) {
            let mut value = known_keys(value, &root.key(section), left_out);
            if section != "cron" {
                rename_channel(&mut value);
            }
            insert(&mut selected, section, value);
        }
    }
    if let Some(list) = source.pointer("/agents/list").and_then(Value::as_array) {
        let agents = list.iter().map(agent_keys).collect();
        let mut section = Map::new();
        insert(&mut section, "list", agents);
        insert(&mut selected, "agents", Value::Object(section));
    }
    if let Some(vars) = source.pointer("/env/vars") {
        let mut section = Map::new();
        insert(&mut section, "vars", vars.clone());
        insert(&mut selected, "env", Value::Object(section));
    }
    if let Some(providers) = source
        .pointer("/secrets/providers")
        .and_then(Value::as_object)
    {
        let at = ConfigPath::from_keys(["secrets", "providers"]);
        let mut section = Map::new();
        insert(
            &mut section,
            "providers",
            providers_of_ours(providers, &at, left_out),
        );
        insert(&mut selected, "secrets", Value::Object(section));
    }
    Some(Value::Object(selected))
}

/// Adds a section, unless there is nothing in it.
fn insert(map: &mut Map<String, Value>, key: &str, value: Value) {
    let is_empty = match &value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if !is_empty {
        map.insert(key.to_owned(), value);
    }
}

fn bindings(source: &Value) -> Vec<Value> {
    let all = source.get("bindings").and_then(Value::as_array);
    let ours = all.into_iter().flatten().filter_map(|binding| {
        let channel = binding.pointer("/match/channel")?.as_str()?;
        is_ours(channel).then(|| {
            let mut binding = binding.clone();
            if let Some(channel) = binding.pointer_mut("/match/channel") {
                *channel = Value::from(CHANNEL);
            }
            binding
        })
    });
    ours.collect()
}

fn is_ours(channel: &str) -> bool {
    channel == CHANNEL || ALIASES.contains(&channel)
}

/// The keys of a section that the schema knows; the others are listed in `left_out`.
fn known_keys(value: &Value, at: &ConfigPath, left_out: &mut Vec<ConfigPath>) -> Value {
    let names = at.names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    keep_known(value, Node::file().at(&names), at, left_out)
}

fn keep_known(
    value: &Value,
    node: Option<&Node>,
    at: &ConfigPath,
    left_out: &mut Vec<ConfigPath>,
) -> Value {
    let (Some(node), Value::Object(members)) = (node, value) else {
        return value.clone();
    };
    if node.members.is_empty() && node.each.is_none() {
        return value.clone();
    }
    let mut kept = Map::new();
    for (key, value) in members {
        let at = at.key(key);
        match node.child(key) {
            Some(child) => {
                kept.insert(key.clone(), keep_known(value, Some(child), &at, left_out));
            }
            None => left_out.push(at),
        }
    }
    Value::Object(kept)
}

/// Turns the aliases of the channel into its id: as keys, and before the colon of an
/// address such as `qywx:zhangsan`.
fn rename_channel(value: &mut Value) {
    match value {
        Value::Object(members) => {
            *members = std::mem::take(members)
                .into_iter()
                .map(|(key, mut value)| {
                    rename_channel(&mut value);
                    let key = if ALIASES.contains(&key.as_str()) {
                        CHANNEL.to_owned()
                    } else {
                        key
                    };
                    (key, value)
                })
                .collect();
        }
        Value::Array(items) => items.iter_mut().for_each(rename_channel),
        Value::String(text) => {
            if let Some((channel, rest)) = text.split_once(':')
                && ALIASES.contains(&channel)
            {
                *text = format!("{CHANNEL}:{rest}");
            }
        }
        _ => {}
    }
}

fn agent_keys(agent: &Value) -> Value {
    let members = agent.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| AGENT_KEYS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn providers_of_ours(
    providers: &Map<String, Value>,
    at: &ConfigPath,
    left_out: &mut Vec<ConfigPath>,
) -> Value {
    let mut kept = Map::new();
    for (name, provider) in providers {
        let source = provider.get("source").and_then(Value::as_str);
        if source.is_some_and(|source| PROVIDERS.contains(&source)) {
            kept.insert(name.clone(), provider.clone());
        } else {
            left_out.push(at.key(name));
        }
    }
    Value::Object(kept)
}
