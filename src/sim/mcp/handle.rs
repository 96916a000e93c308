//! The category servers, as a test steers them.

use std::sync::Arc;
use std::time::Duration;

use super::fault::McpFault;
use super::journal::McpCall;
use super::switches::McpSwitches;
use crate::catalogue;
use crate::ids::{BotId, UserId};
use crate::sim::shared::Shared;
use crate::sim::sim::{Sim, SimError, WaitError};

impl Sim {
    /// The category servers of a bot.
    pub fn mcp(&self, bot: impl Into<BotId>) -> McpHandle {
        McpHandle {
            shared: Arc::clone(self.shared()),
            bot: bot.into(),
        }
    }

    /// The last requests to all category servers, oldest first.
    pub fn mcp_calls(&self) -> Vec<McpCall> {
        self.shared().world().gateway.calls().cloned().collect()
    }

    /// Waits for a request to a category server that `wanted` accepts; one that was made
    /// counts.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none came within `deadline`.
    pub async fn wait_mcp_call(
        &self,
        deadline: Duration,
        wanted: impl Fn(&McpCall) -> bool,
    ) -> Result<McpCall, WaitError> {
        self.wait(
            deadline,
            || {
                let world = self.shared().world();
                let found = world.gateway.calls().find(|call| wanted(call)).cloned();
                (found, world.gateway.changes())
            },
            || "a request to a category server".to_owned(),
            || format!("{:?}", self.mcp_calls().last()),
        )
        .await
    }
}

/// Steers the category servers of one bot.
#[derive(Debug, Clone)]
pub struct McpHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) bot: BotId,
}

impl McpHandle {
    /// The address of a category, open or not; a secret, as it holds the key.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot or the category.
    pub fn url(&self, category: &str) -> Result<String, SimError> {
        self.check(Some(category))?;
        Ok(self.shared.world().gateway.url(&self.bot, category))
    }

    /// Changes the behaviour of one category's server, or of every known one.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot or the category.
    pub fn switch(
        &self,
        category: Option<&str>,
        change: impl Fn(&mut McpSwitches),
    ) -> Result<(), SimError> {
        self.check(category)?;
        let mut world = self.shared.world();
        for category in places(category) {
            let mut switches = world.gateway.switches(&self.bot, category);
            change(&mut switches);
            world.gateway.set_switches(&self.bot, category, switches);
        }
        Ok(())
    }

    /// The behaviour of a category's server.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot or the category.
    pub fn switches(&self, category: &str) -> Result<McpSwitches, SimError> {
        self.check(Some(category))?;
        Ok(self.shared.world().gateway.switches(&self.bot, category))
    }

    /// Gives a category, or every one, a new key: addresses given out before are stale.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot or the category.
    pub fn rotate(&self, category: Option<&str>) -> Result<(), SimError> {
        self.check(category)?;
        let mut world = self.shared.world();
        for category in places(category) {
            world.gateway.renew(&self.bot, category);
        }
        Ok(())
    }

    /// Ends the open sessions of a category, or of every one; says how many there were.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot or the category.
    pub fn expire_sessions(&self, category: Option<&str>) -> Result<usize, SimError> {
        self.check(category)?;
        let mut world = self.shared.world();
        let ended = places(category).map(|it| world.gateway.expire_sessions(&self.bot, it));
        Ok(ended.sum())
    }

    /// Lets something go wrong.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot, [`SimError::Invalid`] when too much stands
    /// already.
    pub fn fault(&self, fault: McpFault) -> Result<(), SimError> {
        self.check(None)?;
        if self.shared.world().gateway.faults(&self.bot).add(fault) {
            Ok(())
        } else {
            let text = "too many faults stand: clear some".to_owned();
            Err(SimError::Invalid(text))
        }
    }

    /// The faults that stand.
    pub fn faults(&self) -> Vec<McpFault> {
        self.shared.world().gateway.standing_faults(&self.bot)
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.shared.world().gateway.faults(&self.bot).clear();
    }

    /// Sets whom the servers act for when a request names nobody.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot or the member.
    pub fn set_owner(&self, user: impl Into<UserId>) -> Result<(), SimError> {
        self.shared.world().set_owner(&self.bot, &user.into())
    }

    fn check(&self, category: Option<&str>) -> Result<(), SimError> {
        let unknown = |what, id: &str| {
            Err(SimError::Unknown {
                what,
                id: id.to_owned(),
            })
        };
        if !self.shared.world().has_bot(&self.bot) {
            return unknown("bot", self.bot.as_str());
        }
        match category {
            Some(category) if !catalogue::categories().contains(&category) => {
                unknown("category", category)
            }
            _ => Ok(()),
        }
    }
}

/// One category, or all known ones.
fn places(category: Option<&str>) -> impl Iterator<Item = &str> {
    let all = category.is_none().then(catalogue::categories);
    category.into_iter().chain(all.into_iter().flatten())
}
