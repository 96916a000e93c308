//! The keys of OpenClaw's configuration that the set-up writes, and how they are taken out
//! again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::host::key;
use super::official;
use super::plugin::ID;
use crate::config::edit::{Document, EditError};
use crate::config::path::ConfigPath;
use crate::secret::Secret;

/// What OpenClaw is to know.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// The plugin's folder.
    pub(super) folder: String,
    /// Where the daemon listens.
    pub(super) socket: String,
    /// What the plugin proves itself with, over TCP.
    pub(super) token: Option<Secret>,
    /// Switch the other plugin for the channel off.
    pub(super) replace_official: bool,
}

/// What was there before, so that it can be put back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Before {
    /// The folder that was added to `plugins.load.paths`.
    pub(super) folder: String,
    /// `plugins.entries.wecom`, where there was one.
    pub(super) entry: Option<Value>,
    /// `enabled` of the other plugin, if it was switched off: `null` for none.
    pub(super) official: Option<Value>,
    /// Whether the id was added to `plugins.allow`.
    pub(super) allowed: bool,
    /// Objects and lists that were made on the way, the innermost first.
    pub(super) made: Vec<Vec<String>>,
}

/// Places that may have to be made, the innermost first.
const CONTAINERS: [&[&str]; 5] = [
    &["plugins", "load", "paths"],
    &["plugins", "load"],
    &["plugins", "entries", official::ID],
    &["plugins", "entries"],
    &["plugins"],
];

impl Keys {
    /// The members of the configuration by themselves.
    pub(super) fn members(&self) -> Value {
        let mut entries = Map::new();
        entries.insert(ID.to_owned(), self.entry());
        if self.replace_official {
            entries.insert(official::ID.to_owned(), json!({"enabled": false}));
        }
        json!({"plugins": {"load": {"paths": [self.folder]}, "entries": entries}})
    }

    fn entry(&self) -> Value {
        let mut config = json!({"socket": self.socket});
        if let (Some(token), Some(members)) = (&self.token, config.as_object_mut()) {
            members.insert("token".to_owned(), json!(token.reveal()));
        }
        json!({"enabled": true, "config": config})
    }

    /// Writes them into `document` and says what was there.
    ///
    /// # Errors
    /// Something in the way is no object or no list.
    pub(super) fn write(&self, document: &mut Document) -> Result<Before, EditError> {
        let mut before = Before {
            folder: self.folder.clone(),
            entry: document.get(&entry_path(ID)),
            ..Before::default()
        };
        let absent = CONTAINERS.iter().filter(|keys| {
            document
                .get(&ConfigPath::from_keys(keys.iter().copied()))
                .is_none()
        });
        before.made = absent
            .map(|keys| keys.iter().map(ToString::to_string).collect())
            .collect();
        document.merge(&key(["plugins", "load", "paths"]), &json!([self.folder]))?;
        document.merge(&entry_path(ID), &self.entry())?;
        let allow = key(["plugins", "allow"]);
        if let Some(Value::Array(allowed)) = document.get(&allow)
            && !allowed.iter().any(|id| id == ID)
        {
            before.allowed = true;
            document.merge(&allow, &json!([ID]))?;
        }
        if self.replace_official {
            let switch = entry_path(official::ID).key("enabled");
            before.official = Some(document.get(&switch).unwrap_or_default());
            document.set(&switch, &json!(false))?;
        }
        Ok(before)
    }
}

/// Takes our keys out of `document` and puts back what was in their place.
///
/// # Errors
/// Something in the way is no object or no list.
pub(super) fn take_out(document: &mut Document, before: &Before) -> Result<(), EditError> {
    remove_entry(document, &key(["plugins", "load", "paths"]), &before.folder)?;
    if before.allowed {
        remove_entry(document, &key(["plugins", "allow"]), ID)?;
    }
    put_back(document, &entry_path(ID), before.entry.as_ref())?;
    if let Some(enabled) = &before.official {
        let switch = entry_path(official::ID).key("enabled");
        put_back(
            document,
            &switch,
            Some(enabled).filter(|value| !value.is_null()),
        )?;
    }
    for keys in &before.made {
        let path = ConfigPath::from_keys(keys.clone());
        if document.get(&path).is_some_and(|value| is_empty(&value)) {
            document.unset(&path)?;
        }
    }
    Ok(())
}

fn entry_path(id: &str) -> ConfigPath {
    key(["plugins", "entries", id])
}

fn put_back(
    document: &mut Document,
    path: &ConfigPath,
    value: Option<&Value>,
) -> Result<(), EditError> {
    match value {
        Some(value) => document.set(path, value),
        None if document.get(path).is_some() => document.unset(path),
        None => Ok(()),
    }
}

/// Takes a text out of a list, wherever it is.
fn remove_entry(document: &mut Document, list: &ConfigPath, text: &str) -> Result<(), EditError> {
    let Some(Value::Array(entries)) = document.get(list) else {
        return Ok(());
    };
    match entries.iter().position(|entry| entry == text) {
        Some(index) => document.unset(&list.index(index)),
        None => Ok(()),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys {
            folder: "/home/o/.wecom/openclaw/wecom".to_owned(),
            socket: "/home/o/.wecom/run/openclaw.sock".to_owned(),
            token: None,
            replace_official: true,
        }
    }

    /// Written and taken out; returns the text between.
    fn round_trip(text: &str) -> (String, String) {
        let mut document = Document::parse(text).unwrap();
        let before = keys().write(&mut document).unwrap();
        let between = document.text();
        take_out(&mut document, &before).unwrap();
        (between, document.text())
    }

    #[test]
    fn what_is_written_can_be_taken_out_again() {
        for text in [
            "{}\n",
            "{\n  // mine\n  channels: { wecom: { botId: 'b' } },\n}\n",
            "{\n  plugins: {\n    allow: ['a'], // why\n    load: { paths: ['/x'] },\n  },\n}\n",
            "{\n  plugins: { entries: { wecom: { enabled: false, config: {} } } },\n}\n",
            "{\n  plugins: { entries: { 'wecom-openclaw-plugin': { enabled: true } } },\n}\n",
        ] {
            let (between, after) = round_trip(text);
            let meaning = |text: &str| Document::parse(text).unwrap().value();
            assert_eq!(meaning(&after), meaning(text), "{between}");
            let comments = |text: &str| Document::parse(text).unwrap().comments();
            assert_eq!(comments(&after), comments(text), "{after}");
        }
    }

    #[test]
    fn everything_that_openclaw_needs_is_written() {
        let (between, _) = round_trip("{plugins: {allow: ['x']}, channels: {wecom: {botId: 'b'}}}");
        let expected = json!({
            "plugins": {
                "allow": ["x", "wecom"],
                "load": {"paths": ["/home/o/.wecom/openclaw/wecom"]},
                "entries": {
                    "wecom": {
                        "enabled": true,
                        "config": {"socket": "/home/o/.wecom/run/openclaw.sock"},
                    },
                    "wecom-openclaw-plugin": {"enabled": false},
                },
            },
            "channels": {"wecom": {"botId": "b"}},
        });
        assert_eq!(Document::parse(&between).unwrap().value(), expected);
    }
}
