//! Names of apps.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A self-built app. Its text form is `<corp id>/<number>`, `ww1234/1000002` for example:
/// every company counts its apps from the same number on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AppId {
    /// The company.
    pub corp_id: String,
    /// The app's number in it.
    pub agent_id: u64,
}

/// A text that names no app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no app: write `<corp id>/<number>`")]
pub struct BadAppName(String);

impl AppId {
    /// The app of a company with this number.
    pub fn new(corp_id: impl Into<String>, agent_id: u64) -> Self {
        Self {
            corp_id: corp_id.into(),
            agent_id,
        }
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.corp_id, self.agent_id)
    }
}

impl FromStr for AppId {
    type Err = BadAppName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let bad = || BadAppName(name.to_owned());
        let (corp_id, number) = name.rsplit_once('/').ok_or_else(bad)?;
        if corp_id.is_empty() || corp_id.contains(':') {
            return Err(bad());
        }
        let agent_id = number.parse().map_err(|_| bad())?;
        Ok(Self::new(corp_id, agent_id))
    }
}

impl From<AppId> for String {
    fn from(id: AppId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for AppId {
    type Error = BadAppName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        let id: AppId = "ww1/1000002".parse().unwrap();
        assert_eq!(id, AppId::new("ww1", 1_000_002));
        assert_eq!(id.to_string(), "ww1/1000002");
        for name in ["", "ww1", "/1", "ww1/", "ww1/x", "w:w/1"] {
            assert!(name.parse::<AppId>().is_err(), "{name}");
        }
    }
}
