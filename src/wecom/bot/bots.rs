//! The bots of all accounts, for rooms that need to ask WeCom something over them.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::{Ack, Command, SendError};
use crate::ids::AccountId;

/// How long a command waits for a socket that is reconnecting.
pub(crate) const RECONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// The bots that have a long connection, by account.
#[async_trait]
pub trait Bots: Send + Sync + fmt::Debug {
    /// Sends a command over the bot of `account`. A connection that is coming back is
    /// waited for, 5 s at most; one that is parked is not.
    async fn send(&self, account: &AccountId, command: Command) -> Result<Ack, BotError>;

    /// Accounts about which what WeCom said earlier may no longer hold: the socket was
    /// subscribed again, its credentials changed, it is gone, or permissions of the bot
    /// changed. Whoever lags behind takes all of them for changed.
    fn changes(&self) -> broadcast::Receiver<AccountId>;
}

/// Why a command over the bot of an account brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BotError {
    /// The account has no long connection, or does not run.
    #[error("the account has no bot with a long connection")]
    NoBot,
    /// It has one, and the command failed there.
    #[error(transparent)]
    Send(#[from] SendError),
}
