//! Where an account's keys are in the file.

use serde_json::{Map, Value};

use crate::config::edit::value_at;
use crate::config::normalise_account_id;
use crate::config::path::ConfigPath;

/// The id of the one account of a file without `accounts`.
pub(super) const DEFAULT: &str = "default";

/// The keys that hold an account's credentials, below its place.
pub(super) const CREDENTIALS: [&[&str]; 7] = [
    &["botId"],
    &["secret"],
    &["token"],
    &["encodingAESKey"],
    &["agent", "corpSecret"],
    &["agent", "token"],
    &["agent", "encodingAESKey"],
];

/// The channel's section as it stands in the file, references unresolved.
#[derive(Debug)]
pub(super) struct Section<'a> {
    file: &'a Value,
    accounts: Option<&'a Map<String, Value>>,
}

/// Path of the channel's section.
pub(super) fn section_path() -> ConfigPath {
    ConfigPath::from_keys(["channels", "wecom"])
}

impl<'a> Section<'a> {
    pub(super) fn of(file: &'a Value) -> Self {
        let accounts = value_at(file, &section_path().key("accounts")).and_then(Value::as_object);
        Self {
            file,
            accounts: accounts.filter(|accounts| !accounts.is_empty()),
        }
    }

    /// Whether accounts are listed.
    pub(super) fn is_multi(&self) -> bool {
        self.accounts.is_some()
    }

    /// Keys of `accounts` as the file spells them.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a String> {
        self.accounts.into_iter().flat_map(Map::keys)
    }

    /// Normalised ids, sorted; `default` where none is listed.
    pub(super) fn ids(&self) -> Vec<String> {
        if !self.is_multi() {
            return vec![DEFAULT.to_owned()];
        }
        let mut ids: Vec<String> = self.keys().map(|key| normalise_account_id(key)).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Where the keys of an existing account are; `None` if there is no such account.
    pub(super) fn place(&self, id: &str) -> Option<ConfigPath> {
        if !self.is_multi() {
            return (id == DEFAULT).then(section_path);
        }
        let key = self.keys().find(|key| normalise_account_id(key) == id)?;
        Some(section_path().key("accounts").key(key))
    }

    /// A value as the file has it.
    pub(super) fn get(&self, path: &ConfigPath) -> Option<&'a Value> {
        value_at(self.file, path).filter(|value| !value.is_null())
    }

    /// Which of [`CREDENTIALS`] stand at a place.
    pub(super) fn credentials_at(&self, place: &ConfigPath) -> Vec<ConfigPath> {
        let paths = CREDENTIALS
            .iter()
            .map(|keys| keys.iter().fold(place.clone(), |path, key| path.key(*key)));
        paths.filter(|path| self.get(path).is_some()).collect()
    }

    /// Where `bindings` names an account by itself, with the binding's position.
    pub(super) fn bindings_of(&self, id: &str) -> Vec<usize> {
        let bindings = value_at(self.file, &ConfigPath::from_keys(["bindings"]));
        let list = bindings.and_then(Value::as_array);
        let names = |binding: &Value| {
            let account = binding.pointer("/match/accountId").and_then(Value::as_str);
            account
                .is_some_and(|account| account.trim() != "*" && normalise_account_id(account) == id)
        };
        list.into_iter()
            .flatten()
            .enumerate()
            .filter(|(_, binding)| names(binding))
            .map(|(position, _)| position)
            .collect()
    }
}
