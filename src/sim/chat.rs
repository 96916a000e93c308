//! Names of the simulated conversations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::apps::AppId;
use crate::ids::{BotId, ChatId, UserId};

/// One simulated conversation of one bot or app.
///
/// Its text form is its name in the control API: `direct:<bot>:<user>`,
/// `group:<bot>:<group>` or `app:<corp id>/<number>:<user>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SimChat {
    /// A member and the bot.
    Direct {
        /// The bot.
        bot: BotId,
        /// The member.
        user: UserId,
    },
    /// A group that the bot is in.
    Group {
        /// The bot.
        bot: BotId,
        /// The group.
        group: ChatId,
    },
    /// A member and a self-built app.
    App {
        /// The app.
        app: AppId,
        /// The member.
        user: UserId,
    },
}

/// A text that names no chat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no chat: write `direct:<bot>:<user>`, `group:<bot>:<group>` or `app:<corp id>/<number>:<user>`"
)]
pub struct BadChatName(String);

impl SimChat {
    /// The direct chat of `user` with `bot`.
    pub fn direct(bot: impl Into<BotId>, user: impl Into<UserId>) -> Self {
        Self::Direct {
            bot: bot.into(),
            user: user.into(),
        }
    }

    /// The chat of `bot` in `group`.
    pub fn group(bot: impl Into<BotId>, group: impl Into<ChatId>) -> Self {
        Self::Group {
            bot: bot.into(),
            group: group.into(),
        }
    }

    /// The chat of `user` with an app.
    pub fn app(app: AppId, user: impl Into<UserId>) -> Self {
        Self::App {
            app,
            user: user.into(),
        }
    }

    /// The bot of the conversation.
    pub fn bot(&self) -> Option<&BotId> {
        match self {
            Self::Direct { bot, .. } | Self::Group { bot, .. } => Some(bot),
            Self::App { .. } => None,
        }
    }

    /// The app of the conversation.
    pub fn app_id(&self) -> Option<&AppId> {
        match self {
            Self::App { app, .. } => Some(app),
            Self::Direct { .. } | Self::Group { .. } => None,
        }
    }

    /// The member, in a direct chat or one with an app.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Direct { user, .. } | Self::App { user, .. } => Some(user),
            Self::Group { .. } => None,
        }
    }

    /// The group, in a group chat.
    pub fn group_id(&self) -> Option<&ChatId> {
        match self {
            Self::Direct { .. } | Self::App { .. } => None,
            Self::Group { group, .. } => Some(group),
        }
    }
}

impl fmt::Display for SimChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { bot, user } => write!(f, "direct:{bot}:{user}"),
            Self::Group { bot, group } => write!(f, "group:{bot}:{group}"),
            Self::App { app, user } => write!(f, "app:{app}:{user}"),
        }
    }
}

impl FromStr for SimChat {
    type Err = BadChatName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let bad = || BadChatName(name.to_owned());
        let (kind, rest) = name.split_once(':').ok_or_else(bad)?;
        let (bot, id) = rest.split_once(':').ok_or_else(bad)?;
        if bot.is_empty() || id.is_empty() {
            return Err(bad());
        }
        match kind {
            "direct" => Ok(Self::direct(bot, id)),
            "group" => Ok(Self::group(bot, id)),
            "app" => Ok(Self::app(bot.parse().map_err(|_| bad())?, id)),
            _ => Err(bad()),
        }
    }
}

impl From<SimChat> for String {
    fn from(chat: SimChat) -> Self {
        chat.to_string()
    }
}

impl TryFrom<String> for SimChat {
    type Error = BadChatName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for name in [
            "direct:aib:LiSi",
            "group:aib:wrAbC",
            "direct:aib:a:b",
            "app:ww1/7:LiSi",
        ] {
            assert_eq!(name.parse::<SimChat>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in [
            "",
            "direct",
            "direct:aib",
            "direct::lisi",
            "direct:aib:",
            "x:a:b",
            "app:ww1:LiSi",
        ] {
            assert!(name.parse::<SimChat>().is_err(), "{name}");
        }
    }
}
