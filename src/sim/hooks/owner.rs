//! Whose callbacks these are.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::BotId;
use crate::sim::apps::AppId;

/// The bot or app that is called. As text `bot:<id>` or `app:<corp id>/<number>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum HookOwner {
    /// A bot.
    Bot(BotId),
    /// An app.
    App(AppId),
}

impl fmt::Display for HookOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bot(bot) => write!(f, "bot:{bot}"),
            Self::App(app) => write!(f, "app:{app}"),
        }
    }
}

/// A text that names neither a bot nor an app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nobody who is called: write `bot:<id>` or `app:<corp id>/<number>`")]
pub struct BadOwnerName(String);

impl TryFrom<String> for HookOwner {
    type Error = BadOwnerName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let app = name.strip_prefix("app:").map(str::parse::<AppId>);
        let bot = name.strip_prefix("bot:").filter(|id| !id.is_empty());
        match (bot, app) {
            (Some(bot), _) => Ok(Self::Bot(bot.into())),
            (None, Some(Ok(app))) => Ok(Self::App(app)),
            _ => Err(BadOwnerName(name)),
        }
    }
}

impl From<HookOwner> for String {
    fn from(owner: HookOwner) -> Self {
        owner.to_string()
    }
}

impl From<BotId> for HookOwner {
    fn from(bot: BotId) -> Self {
        Self::Bot(bot)
    }
}

impl From<AppId> for HookOwner {
    fn from(app: AppId) -> Self {
        Self::App(app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for name in ["bot:aib1", "app:ww1/1000002"] {
            let owner = HookOwner::try_from(name.to_owned()).unwrap();
            assert_eq!(owner.to_string(), name);
        }
        for name in ["", "aib1", "bot:", "app:ww1", "user:LiNa"] {
            assert!(HookOwner::try_from(name.to_owned()).is_err(), "{name}");
        }
    }
}
