//! Texts that may come from a reference.

use serde_json::{Map, Value, json};

use super::{Reader, shape};
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::{Node, is_mask, is_reference_text};

impl Reader<'_> {
    /// Reads a text or a reference. A reference that does not resolve stays an object,
    /// which marks the key as present but not available.
    pub(super) fn supplied(&mut self, value: &Value, node: &Node, place: &Place) -> Option<Value> {
        let text = match value {
            Value::Number(number) => self.text_of_number(number, node, place),
            Value::String(text) => match self.supplied_text(text, node, place) {
                Some(text) => text,
                None => return Some(unresolved()),
            },
            Value::Object(reference) => match self.resolve(reference, place) {
                Some(text) => text,
                None => return Some(unresolved()),
            },
            other => {
                return self.wrong_type(other, "a text or a reference to a secret", place);
            }
        };
        if is_mask(&text) {
            self.findings.push(Finding::error(
                "secret_masked",
                place.clone(),
                "holds the mask that is shown instead of a secret, not the secret",
                format!("set `{place}` to the secret, or to a reference"),
            ));
            return Some(unresolved());
        }
        Some(Value::from(self.trimmed(&text, place)))
    }

    fn supplied_text(&mut self, text: &str, node: &Node, place: &Place) -> Option<String> {
        // `$NAME` alone is a short form too, where references are known.
        let whole = text.trim();
        let short = if is_reference_text(whole) && !whole.starts_with("${") {
            whole.strip_prefix('$').map(|name| format!("${{{name}}}"))
        } else {
            None
        };
        if node.field.secret && !text.trim().is_empty() && !is_reference_text(whole) {
            self.literal_secrets.push(place.clone());
        }
        self.expand(short.as_deref().unwrap_or(text), place)
    }

    fn resolve(&mut self, reference: &Map<String, Value>, place: &Place) -> Option<String> {
        let base = self.included.directory(place, self.directory);
        match self.secrets.resolve(reference, base) {
            Ok(resolved) => {
                if let Some(file) = resolved.open_file {
                    self.findings.push(Finding::warning(
                        "secret_literal_world_readable",
                        place.clone(),
                        format!("others may read or write {}", file.display()),
                        format!("chmod 600 {}", file.display()),
                    ));
                }
                self.from_environment.insert(place.clone());
                Some(resolved.text)
            }
            Err(error) => {
                self.findings.push(Finding::error(
                    "secret_unresolved",
                    place.clone(),
                    error.to_string(),
                    format!("{} (`{place}`)", error.fix()),
                ));
                None
            }
        }
    }

    fn trimmed(&mut self, text: &str, place: &Place) -> String {
        let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if trimmed.len() != text.len() && !trimmed.is_empty() {
            self.findings.push(Finding::warning(
                "secret_trimmed",
                place.clone(),
                "blanks or line breaks around the value were removed",
                format!("remove them at `{place}`"),
            ));
        }
        trimmed.to_owned()
    }

    /// An MCP server may be given by its address alone, or by the snippet that WeCom's
    /// console shows (`{"mcpServers":{"<name>":{"type":…,"url":…}}}`).
    pub(super) fn unwrap_server(
        &mut self,
        value: &Value,
        place: &Place,
    ) -> Option<Map<String, Value>> {
        match value {
            Value::String(_) => {
                let mut server = Map::new();
                server.insert("url".to_owned(), value.clone());
                Some(server)
            }
            Value::Object(members) => match members.get("mcpServers") {
                None => Some(members.clone()),
                Some(Value::Object(servers)) if servers.len() == 1 => {
                    servers.values().next().and_then(Value::as_object).cloned()
                }
                Some(other) => {
                    self.findings.push(Finding::error(
                        "type_mismatch",
                        place.key("mcpServers"),
                        format!("must hold exactly one server, not {}", shape(other)),
                        format!("write `{place}` as {{ url: \"…\" }}"),
                    ));
                    None
                }
            },
            other => self.wrong_type(other, "an address or an object with `url`", place),
        }
    }
}

/// What stands for a reference that did not resolve.
fn unresolved() -> Value {
    json!({})
}
