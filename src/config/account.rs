//! Account ids, and what an account inherits.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// The account that exists where none is listed.
pub(super) const DEFAULT_ACCOUNT: &str = "default";

/// The agent that exists where none is listed.
pub(super) const DEFAULT_AGENT: &str = "main";

/// Longest id, in characters.
const MAX_ID: usize = 64;

/// Names that JavaScript objects have by themselves.
const RESERVED: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// Normalises an account id: trimmed, lower case, everything but letters, digits, `_` and
/// `-` as one `-`, at most 64 characters. What leaves nothing is `default`.
pub fn normalise_account_id(id: &str) -> String {
    let normalised = normalise(id);
    if normalised.is_empty() || RESERVED.contains(&normalised.as_str()) {
        DEFAULT_ACCOUNT.to_owned()
    } else {
        normalised
    }
}

/// Normalises an agent id by the same rule; what leaves nothing is `main`.
pub fn normalise_agent_id(id: &str) -> String {
    let normalised = normalise(id);
    if normalised.is_empty() {
        DEFAULT_AGENT.to_owned()
    } else {
        normalised
    }
}

fn normalise(id: &str) -> String {
    let lower = id.trim().to_lowercase();
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let plain = lower.len() <= MAX_ID
        && lower.chars().all(valid)
        && lower.starts_with(|c: char| c.is_ascii_alphanumeric());
    if plain {
        return lower;
    }
    let mut id = String::with_capacity(lower.len());
    for c in lower.chars() {
        if valid(c) {
            id.push(c);
        } else if !id.ends_with('-') || id.is_empty() {
            id.push('-');
        }
    }
    id.trim_matches('-').chars().take(MAX_ID).collect()
}

/// Objects whose keys are inherited one by one.
const UNITED: [&str; 9] = [
    "network",
    "media",
    "tls",
    "websocket",
    "webhook",
    "dynamicAgents",
    "routing",
    "markdown",
    "healthMonitor",
];

/// Keys that make an account's `agent` an app of its own.
const AGENT_CREDENTIALS: [&str; 5] = ["corpId", "corpSecret", "agentId", "token", "encodingAESKey"];

/// Lays an account over the top level. A `null` takes away what would be inherited; the
/// result has none.
pub(crate) fn merge(top: &Map<String, Value>, account: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = top.clone();
    for (key, value) in account {
        let value = match (key.as_str(), merged.get(key), value) {
            ("groups", Some(Value::Object(inherited)), Value::Object(own)) => {
                Value::Object(unite_groups(inherited, own))
            }
            ("mcp", Some(Value::Object(inherited)), Value::Object(own)) => {
                Value::Object(unite_mcp(inherited, own))
            }
            ("agent", Some(Value::Object(inherited)), Value::Object(own))
                if !AGENT_CREDENTIALS.iter().any(|key| own.contains_key(*key)) =>
            {
                Value::Object(unite(inherited, own))
            }
            (key, Some(Value::Object(inherited)), Value::Object(own)) if UNITED.contains(&key) => {
                Value::Object(unite(inherited, own))
            }
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    without_nulls(merged)
}

fn unite(inherited: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut united = inherited.clone();
    united.extend(own.clone());
    united
}

/// Groups that differ in case only are one; the account's spelling and rules win.
fn unite_groups(inherited: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let spelt: HashSet<String> = own.keys().map(|key| key.to_ascii_lowercase()).collect();
    let mut united: Map<String, Value> = inherited
        .iter()
        .filter(|(key, _)| !spelt.contains(&key.to_ascii_lowercase()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    united.extend(own.clone());
    united
}

fn unite_mcp(inherited: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut united = unite(inherited, own);
    if let (Some(Value::Object(inherited)), Some(Value::Object(own))) =
        (inherited.get("servers"), own.get("servers"))
    {
        united.insert("servers".to_owned(), Value::Object(unite(inherited, own)));
    }
    united
}

fn without_nulls(members: Map<String, Value>) -> Map<String, Value> {
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| match value {
            Value::Object(members) => (key, Value::Object(without_nulls(members))),
            other => (key, other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn account_ids() {
        let long = "A".repeat(80);
        let cut = "a".repeat(64);
        for (id, normalised) in [
            ("Main", "main"),
            (" Ops ", "ops"),
            ("客服", "default"),
            ("a b c", "a-b-c"),
            ("-x-", "x"),
            ("", "default"),
            ("  ", "default"),
            ("售后-2组", "2"),
            ("a.b@c", "a-b-c"),
            ("_x", "_x"),
            (long.as_str(), cut.as_str()),
            ("__proto__", "default"),
            ("Constructor", "default"),
            ("A_B-1", "a_b-1"),
            ("a--b", "a--b"),
        ] {
            assert_eq!(normalise_account_id(id), normalised, "{id}");
        }
        assert_eq!(normalise_agent_id(" "), "main");
        assert_eq!(normalise_agent_id("Desk 1"), "desk-1");
    }

    #[test]
    fn inheritance() {
        for (top, account, merged) in [
            (
                json!({ "dmPolicy": "open" }),
                json!({ "dmPolicy": "allowlist", "allowFrom": ["a"] }),
                json!({ "dmPolicy": "allowlist", "allowFrom": ["a"] }),
            ),
            (
                json!({ "allowFrom": ["a", "b"] }),
                json!({ "allowFrom": ["c"] }),
                json!({ "allowFrom": ["c"] }),
            ),
            (
                json!({ "allowFrom": ["a"] }),
                json!({ "allowFrom": [] }),
                json!({ "allowFrom": [] }),
            ),
            (
                json!({ "groups": { "g1": { "allowFrom": ["a"] }, "g2": {} } }),
                json!({ "groups": { "G1": { "allowFrom": ["b"] } } }),
                json!({ "groups": { "g2": {}, "G1": { "allowFrom": ["b"] } } }),
            ),
            (
                json!({ "network": { "egressProxyUrl": "P" } }),
                json!({ "network": { "timeoutMs": 5000 } }),
                json!({ "network": { "egressProxyUrl": "P", "timeoutMs": 5000 } }),
            ),
            (
                json!({ "agent": { "corpId": "c", "corpSecret": "s" } }),
                json!({ "agent": { "dmPolicy": "disabled" } }),
                json!({ "agent": { "corpId": "c", "corpSecret": "s", "dmPolicy": "disabled" } }),
            ),
            (
                json!({ "agent": { "corpId": "c", "corpSecret": "s", "welcomeText": "w" } }),
                json!({ "agent": { "corpId": "d" } }),
                json!({ "agent": { "corpId": "d" } }),
            ),
            (
                json!({ "botId": "X", "secret": "S" }),
                json!({}),
                json!({ "botId": "X", "secret": "S" }),
            ),
            (
                json!({ "botId": "X", "secret": "S", "network": { "retries": 1, "timeoutMs": 1 } }),
                json!({ "botId": null, "network": { "retries": null } }),
                json!({ "secret": "S", "network": { "timeoutMs": 1 } }),
            ),
            (
                json!({ "mcp": { "localFiles": "off", "servers": { "doc": 1, "todo": 2 } } }),
                json!({ "mcp": { "servers": { "doc": 3 } } }),
                json!({ "mcp": { "localFiles": "off", "servers": { "doc": 3, "todo": 2 } } }),
            ),
        ] {
            let found = merge(top.as_object().unwrap(), account.as_object().unwrap());
            assert_eq!(Value::Object(found), merged, "{top} + {account}");
        }
    }
}
