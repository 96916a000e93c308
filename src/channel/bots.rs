//! The bots that run, for rooms that are not the channel.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::{broadcast, watch};

use super::outbound::doors::{BotLine, BotLines};
use crate::ids::AccountId;
use crate::wecom::bot::{Ack, BotError, Bots, Command, ConnectionState, RECONNECT_PATIENCE};

/// Changes that wait for whoever listens; one that lags behind asks for everything anew, so
/// a longer queue would gain nothing.
const CHANGES: usize = 64;

/// The bots that run. It is asked while accounts are being replaced, which can take as
/// long as their turns, so it has a lock of its own.
#[derive(Debug)]
pub(super) struct Registry {
    lines: RwLock<BTreeMap<AccountId, BotLine>>,
    changes: broadcast::Sender<AccountId>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            lines: RwLock::default(),
            changes: broadcast::Sender::new(CHANGES),
        }
    }
}

impl Registry {
    /// A bot runs from now on.
    pub(super) fn add(&self, account: &AccountId, line: BotLine) {
        self.lines
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(account.clone(), line);
        self.changed(account);
    }

    /// A bot no longer runs.
    pub(super) fn remove(&self, account: &AccountId) {
        self.lines
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(account);
        self.changed(account);
    }

    /// Something that WeCom said about this bot may no longer hold.
    pub(super) fn changed(&self, account: &AccountId) {
        // An error says that nobody listens.
        self.changes.send(account.clone()).ok();
    }

    /// Reports every time that the connection is subscribed, until it is closed.
    pub(super) async fn follow(
        &self,
        account: &AccountId,
        mut state: watch::Receiver<ConnectionState>,
    ) {
        loop {
            // Cancel safe by not being cancelled: the connection's end ends it.
            let is_live = match &*state.borrow_and_update() {
                ConnectionState::Closed => return,
                state => state.is_live(),
            };
            if is_live {
                self.changed(account);
            }
            if state.changed().await.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl Bots for Registry {
    async fn send(&self, account: &AccountId, command: Command) -> Result<Ack, BotError> {
        let line = self.line(account).ok_or(BotError::NoBot)?;
        Ok(line
            .client
            .send_when_live(command, RECONNECT_PATIENCE)
            .await?)
    }

    fn changes(&self) -> broadcast::Receiver<AccountId> {
        self.changes.subscribe()
    }
}

impl BotLines for Registry {
    fn line(&self, account: &AccountId) -> Option<BotLine> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        lines.get(account).cloned()
    }
}
