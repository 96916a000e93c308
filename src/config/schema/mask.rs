//! Masking secrets, by where they stand.

use serde_json::Value;

use super::node::{Node, Reading};

/// What stands where a secret is.
pub const MASK: &str = "__REDACTED__";

/// The host program's mask, which must not be written back either.
const HOST_MASK: &str = "__OPENCLAW_REDACTED__";

/// Whether a text is a mask instead of a value.
pub fn is_mask(text: &str) -> bool {
    matches!(text.trim(), MASK | HOST_MASK)
}

/// The whole file with its secrets masked, whatever type they have. References
/// (`${NAME}`, `{ "env": … }`) stay: they tell where a secret is, not what it is.
pub fn mask(file: &Value) -> Value {
    masked(file, Some(Node::file()))
}

/// What would stand at `path`, masked.
pub fn mask_at(path: &[&str], value: &Value) -> Value {
    masked(value, Node::file().at(path))
}

/// A part of the file, masked by the node that it belongs to.
pub(crate) fn masked(value: &Value, node: Option<&Node>) -> Value {
    if let Some(node) = node
        && node.field.secret
        && node.members.is_empty()
        && !matches!(value, Value::Object(_) | Value::Null if node.each.is_some())
    {
        return mask_leaf(value, node.reading == Reading::ProxyAddress);
    }
    let server = node.filter(|node| node.reading == Reading::McpServer);
    if server.is_some() && !value.is_object() {
        return mask_leaf(value, false);
    }
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| {
                    // A pasted snippet holds the server one level deeper, under any name.
                    if let (Some(server), "mcpServers") = (server, key.as_str()) {
                        return (key.clone(), masked_servers(value, server));
                    }
                    let child = node.and_then(|node| node.child(key));
                    let shown = if child.is_none() && names_a_secret(key) {
                        mask_leaf(value, false)
                    } else {
                        masked(value, child)
                    };
                    (key.clone(), shown)
                })
                .collect(),
        ),
        Value::Array(elements) => {
            let each = node.and_then(|node| node.child("0"));
            Value::Array(
                elements
                    .iter()
                    .map(|element| masked(element, each))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

fn masked_servers(value: &Value, server: &Node) -> Value {
    match value {
        Value::Object(servers) => Value::Object(
            servers
                .iter()
                .map(|(name, value)| (name.clone(), masked(value, Some(server))))
                .collect(),
        ),
        other => mask_leaf(other, false),
    }
}

fn mask_leaf(value: &Value, plain_address: bool) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() || is_reference_text(text) => value.clone(),
        Value::String(text) if plain_address && !text.contains('@') => value.clone(),
        Value::Object(members) if is_reference_object(members) => value.clone(),
        _ => Value::from(MASK),
    }
}

/// Whether the whole text is `${NAME}` or `$NAME`.
pub(crate) fn is_reference_text(text: &str) -> bool {
    let name = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix('$'));
    name.is_some_and(is_variable_name)
}

/// `[A-Z_][A-Z0-9_]*`: the names that `${NAME}` takes.
pub(crate) fn is_variable_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_uppercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether an object is a reference, and not a secret in the shape of one.
fn is_reference_object(members: &serde_json::Map<String, Value>) -> bool {
    let known = ["source", "provider", "id", "env", "file"];
    let names = |key: &str| {
        members
            .get(key)
            .is_none_or(|name| name.as_str().is_some_and(is_variable_name))
    };
    !members.is_empty() && members.keys().all(|key| known.contains(&key.as_str())) && names("env")
}

/// Whether a key that is not in the schema sounds like a secret: other channels, foreign
/// shapes, typing errors.
fn names_a_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "secret",
        "token",
        "password",
        "passwd",
        "apikey",
        "api_key",
        "aeskey",
        "privatekey",
        "private_key",
        "credential",
        "authorization",
    ]
    .iter()
    .any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_by_place_whatever_their_type() {
        let file = json!({
            "channels": {
                "wecom": {
                    "botId": "aib", "secret": 12345, "token": "t", "encodingAESKey": ["x"],
                    "agent": { "corpSecret": "s", "agentId": 1, "token": true },
                    "network": { "egressProxyUrl": "http://u:p@proxy" },
                    "mcp": {
                        "servers": {
                            "doc": { "url": "https://h/?apikey=1", "headers": { "X": "1" } },
                            "todo": "https://h/?apikey=2",
                            "msg": { "mcpServers": { "any": { "url": "https://h/?apikey=3" } } }
                        },
                        "clients": [{ "id": "c", "token": "t" }]
                    },
                    "bot": { "secret": "foreign" }, "botSecret": "foreign",
                    "accounts": { "Main": { "secret": "s", "name": "n" } }
                },
                "telegram": { "botToken": "t" }
            },
            "env": { "vars": { "A": "value" } },
            "gateway": { "auth": { "password": "p" } }
        });
        assert_eq!(
            mask(&file),
            json!({
                "channels": {
                    "wecom": {
                        "botId": "aib", "secret": MASK, "token": MASK, "encodingAESKey": MASK,
                        "agent": { "corpSecret": MASK, "agentId": 1, "token": MASK },
                        "network": { "egressProxyUrl": MASK },
                        "mcp": {
                            "servers": {
                                "doc": { "url": MASK, "headers": { "X": MASK } },
                                "todo": MASK,
                                "msg": { "mcpServers": { "any": { "url": MASK } } }
                            },
                            "clients": [{ "id": "c", "token": MASK }]
                        },
                        "bot": { "secret": MASK }, "botSecret": MASK,
                        "accounts": { "Main": { "secret": MASK, "name": "n" } }
                    },
                    "telegram": { "botToken": MASK }
                },
                "env": { "vars": { "A": MASK } },
                "gateway": { "auth": { "password": MASK } }
            })
        );
    }

    #[test]
    fn references_and_plain_proxies_stay_visible() {
        let file = json!({ "channels": { "wecom": {
            "secret": "${WECOM_SECRET}", "token": { "env": "T" }, "encodingAESKey": "x${A}",
            "network": { "egressProxyUrl": "http://proxy.example:3128" },
            "agent": { "corpSecret": { "env": "not-a-name" }, "token": { "x": 1 } }
        } } });
        assert_eq!(
            mask(&file),
            json!({ "channels": { "wecom": {
                "secret": "${WECOM_SECRET}", "token": { "env": "T" }, "encodingAESKey": MASK,
                "network": { "egressProxyUrl": "http://proxy.example:3128" },
                "agent": { "corpSecret": MASK, "token": MASK }
            } } })
        );
    }
}
