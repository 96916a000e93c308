//! Why nothing was tried.

use crate::channel::outbound::target::TargetError;
use crate::config::UnknownAccount;
use crate::ids::AccountId;
use crate::store::StoreError;

/// Why nothing was tried, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Neither text nor media.
    #[error("there is nothing to send: give a text or media")]
    Nothing,
    /// The target can't be read.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// There is no such account.
    #[error(transparent)]
    Account(#[from] UnknownAccount),
    /// The account is switched off.
    #[error("account `{0}` is disabled: set `enabled` of it, or name another account")]
    Disabled(AccountId),
    /// A number that is a member's id could also be a department's.
    #[error(
        "`{item}` is the id of a member who writes to this account, and could also be a department: write user:{item} or party:{item}"
    )]
    Ambiguous {
        /// As written.
        item: String,
    },
    /// The chat's id is known in several spellings only.
    #[error(
        "several chats are called `{id}` but for the letters' case: write the id as WeCom does"
    )]
    AmbiguousChat {
        /// As written.
        id: String,
    },
    /// Only an agent app serves the target.
    #[error(
        "{what} can be reached by an agent app (自建应用) only, and account `{account}` has none that sends: set {missing}; WeCom also wants this machine's address on the app's list of trusted IPs"
    )]
    NeedsAgent {
        /// The account.
        account: AccountId,
        /// What kind of target it is.
        what: &'static str,
        /// The keys to set.
        missing: String,
    },
    /// The bot can't serve the target, and only the bot is allowed.
    #[error("the bot reaches one member or one chat at a time: {what} needs the agent app")]
    NotByBot {
        /// What kind of target it is.
        what: &'static str,
    },
    /// Nothing configured serves the target.
    #[error(
        "account `{account}` has no way to {what}: it needs a bot with a long connection ({bot_keys}) or an agent app ({app_keys})"
    )]
    NoRoute {
        /// The account.
        account: AccountId,
        /// What kind of target it is.
        what: &'static str,
        /// Keys of the bot.
        bot_keys: String,
        /// Keys of the agent app.
        app_keys: String,
    },
    /// It can't be looked up who writes to the account.
    #[error("the state can't be read")]
    Store(#[from] StoreError),
}

impl SendError {
    /// The word for it in results that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing_to_send",
            Self::Target(error) => error.code(),
            Self::Account(_) => "unknown_account",
            Self::Disabled(_) => "account_disabled",
            Self::Ambiguous { .. } | Self::AmbiguousChat { .. } => "ambiguous_target",
            Self::NeedsAgent { .. } => "needs_agent",
            Self::NotByBot { .. } => "not_by_bot",
            Self::NoRoute { .. } => "no_route",
            Self::Store(_) => "state_unavailable",
        }
    }
}
