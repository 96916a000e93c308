//! The shapes of other WeCom plugins, rewritten into ours.

use std::fmt;

use serde_json::{Map, Value};

use crate::config::path::ConfigPath;

use super::Import;
use super::select::CHANNEL;

/// One key that got another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// Where it stood.
    pub from: ConfigPath,
    /// Where it belongs.
    pub to: ConfigPath,
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

/// Keys that mean the same in another place, in the order in which they win.
const MOVES: [(&[&str], &[&str]); 22] = [
    (&["bot", "botId"], &["botId"]),
    (&["bot", "secret"], &["secret"]),
    (&["bot", "ws", "botId"], &["botId"]),
    (&["bot", "ws", "secret"], &["secret"]),
    (&["aibotid"], &["botId"]),
    (&["botSecret"], &["secret"]),
    (&["bot", "token"], &["token"]),
    (&["bot", "encodingAESKey"], &["encodingAESKey"]),
    (&["bot", "encodingAesKey"], &["encodingAESKey"]),
    (&["bot", "receiveId"], &["receiveId"]),
    (&["bot", "welcomeText"], &["welcomeText"]),
    (
        &["bot", "streamPlaceholderContent"],
        &["streamPlaceholderContent"],
    ),
    (&["bot", "dm", "policy"], &["dmPolicy"]),
    (&["bot", "dm", "allowFrom"], &["allowFrom"]),
    (&["dm", "policy"], &["dmPolicy"]),
    (&["dm", "allowFrom"], &["allowFrom"]),
    (&["agent", "dm", "policy"], &["agent", "dmPolicy"]),
    (&["agent", "dm", "allowFrom"], &["agent", "allowFrom"]),
    (&["agent", "encodingAesKey"], &["agent", "encodingAESKey"]),
    (&["callbackToken"], &["agent", "token"]),
    (&["callbackAesKey"], &["agent", "encodingAESKey"]),
    (&["corpSecret"], &["agent", "corpSecret"]),
];

/// Keys with a meaning of their own that nothing here has.
const UNSUPPORTED: [&str; 3] = ["commandAllowlist", "groupChat", "adminUsers"];

/// Rewrites the channel and each of its accounts.
pub(super) fn rewrite(root: &mut Value, import: &mut Import) {
    let at = ConfigPath::from_keys(["channels", CHANNEL]);
    let channel = root
        .get_mut("channels")
        .and_then(|c| c.get_mut(CHANNEL))
        .and_then(Value::as_object_mut);
    let Some(channel) = channel else {
        return;
    };
    Level::new(channel, &at, import).rewrite();
    let accounts = channel.get_mut("accounts").and_then(Value::as_object_mut);
    for (id, account) in accounts.into_iter().flatten() {
        if let Value::Object(account) = account {
            Level::new(account, &at.key("accounts").key(id), import).rewrite();
        }
    }
}

/// The channel itself, or one account.
struct Level<'a> {
    keys: &'a mut Map<String, Value>,
    at: &'a ConfigPath,
    import: &'a mut Import,
}

impl<'a> Level<'a> {
    fn new(keys: &'a mut Map<String, Value>, at: &'a ConfigPath, import: &'a mut Import) -> Self {
        Self { keys, at, import }
    }

    fn rewrite(&mut self) {
        let was_webhook = self.has(&["bot", "token"])
            || self.has(&["bot", "encodingAESKey"])
            || self.has(&["bot", "encodingAesKey"]);
        self.transport();
        self.agent_app();
        for (from, to) in MOVES {
            self.shift(from, to);
        }
        // What is left of a bare `encodingAesKey` belongs to the bot's webhook.
        self.shift(&["encodingAesKey"], &["encodingAESKey"]);
        let has_socket = self.has(&["botId"]) && self.has(&["secret"]);
        if was_webhook && !has_socket && !self.has(&["connectionMode"]) {
            self.keys
                .insert("connectionMode".to_owned(), Value::from("webhook"));
            self.log(&["bot"], &["connectionMode"]);
        }
        for name in ["bot", "dm"] {
            if self.keys.get(name).is_some_and(is_hollow) {
                self.keys.shift_remove(name);
            }
        }
        if let Some(Value::Object(agent)) = self.keys.get_mut("agent")
            && agent.get("dm").is_some_and(is_hollow)
        {
            agent.shift_remove("dm");
        }
        for name in UNSUPPORTED {
            if self.keys.shift_remove(name).is_some() {
                self.import.unsupported.push(self.at.key(name));
            }
        }
        for name in ["bot", "dm"] {
            if self.keys.contains_key(name) {
                self.import.unsupported.push(self.at.key(name));
            }
        }
    }

    /// `bot.primaryTransport` in our words.
    fn transport(&mut self) {
        let from = ["bot", "primaryTransport"];
        let mode = match find(self.keys, &from).and_then(Value::as_str) {
            Some("ws" | "websocket") => "websocket",
            Some("webhook") => "webhook",
            _ => return,
        };
        take(self.keys, &from);
        self.keys
            .entry("connectionMode")
            .or_insert_with(|| Value::from(mode));
        self.log(&from, &["connectionMode"]);
    }

    /// Keys of an agent app that stand beside those of the bot. With them a key in foreign
    /// spelling, and the token beside it, belong to the app.
    fn agent_app(&mut self) {
        let is_app = ["corpId", "corpSecret", "agentId"]
            .iter()
            .any(|key| self.has(&[key]));
        if !is_app {
            return;
        }
        let is_webhook_bot = self
            .keys
            .get("connectionMode")
            .is_some_and(|mode| mode == "webhook");
        if self.has(&["encodingAesKey"]) && !is_webhook_bot && !self.has(&["callbackToken"]) {
            self.shift(&["token"], &["agent", "token"]);
        }
        self.shift(&["corpId"], &["agent", "corpId"]);
        self.shift(&["agentId"], &["agent", "agentId"]);
        self.shift(&["encodingAesKey"], &["agent", "encodingAESKey"]);
    }

    fn has(&self, path: &[&str]) -> bool {
        find(self.keys, path).is_some()
    }

    /// Moves a key, unless another one already means the same.
    fn shift(&mut self, from: &[&str], to: &[&str]) {
        if !self.has(from) {
            return;
        }
        let Some(value) = take(self.keys, from) else {
            return;
        };
        if self.has(to) {
            self.import.conflicts.push(self.path(from));
            return;
        }
        put(self.keys, to, value);
        self.log(from, to);
    }

    fn log(&mut self, from: &[&str], to: &[&str]) {
        let rewrite = Rewrite {
            from: self.path(from),
            to: self.path(to),
        };
        self.import.rewritten.push(rewrite);
    }

    fn path(&self, keys: &[&str]) -> ConfigPath {
        keys.iter()
            .fold(self.at.clone(), |path, key| path.key(*key))
    }
}

fn find<'v>(keys: &'v Map<String, Value>, path: &[&str]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    let found = rest
        .iter()
        .try_fold(keys.get(*first)?, |value, key| value.get(*key))?;
    (!found.is_null()).then_some(found)
}

fn take(keys: &mut Map<String, Value>, path: &[&str]) -> Option<Value> {
    match path {
        [] => None,
        [last] => keys.shift_remove(*last),
        [first, rest @ ..] => take(keys.get_mut(*first)?.as_object_mut()?, rest),
    }
}

fn put(keys: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            keys.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = keys
                .entry(*first)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Whether nothing is left in an object but empty objects.
fn is_hollow(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.values().all(is_hollow))
}
