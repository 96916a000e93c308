//! Where effective values come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::ids::AccountId;

/// Where effective values come from: which level of the file, and which file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sources {
    /// Paths that an included file supplies, and that file.
    pub(crate) included: BTreeMap<Vec<String>, PathBuf>,
    pub(crate) accounts: BTreeMap<AccountId, Vec<EffectiveKey>>,
}

/// One effective key of one account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectiveKey {
    /// Dotted path below the account, for example `network.timeoutMs`.
    pub path: String,
    /// The value after inheritance and references, secrets masked. `null`: unresolved.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where the value of an effective key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// `channels.wecom` itself.
    Top,
    /// The account's own entry.
    Account,
    /// The environment, by a reference or a variable that the program reads itself.
    Env,
}

impl Sources {
    /// The included file that supplies `path` or something below or above it, so that a
    /// write there would not reach it. `None`: the main file may be written.
    pub fn included_from(&self, path: &[&str]) -> Option<&Path> {
        self.included
            .iter()
            .find(|(included, _)| {
                included
                    .iter()
                    .zip(path)
                    .all(|(included, asked)| included == asked)
            })
            .map(|(_, file)| file.as_path())
    }

    /// Every key of an account with its value and origin, in path order. Empty for an
    /// unknown account.
    pub fn effective(&self, account: &AccountId) -> &[EffectiveKey] {
        self.accounts.get(account).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_above_or_below_an_included_path_is_found() {
        let mut sources = Sources::default();
        let path = ["channels", "wecom", "groups"].map(str::to_owned).to_vec();
        sources
            .included
            .insert(path, PathBuf::from("/etc/groups.json"));
        let found = |path: &[&str]| sources.included_from(path).is_some();
        assert!(found(&["channels", "wecom", "groups"]));
        assert!(found(&["channels", "wecom", "groups", "wrA", "allowFrom"]));
        assert!(found(&["channels", "wecom"]));
        assert!(!found(&["channels", "wecom", "botId"]));
        assert!(!found(&["bindings"]));
    }
}
