//! Callbacks, as a test looks at them.

use std::sync::Arc;
use std::time::Duration;

use super::call;
use super::fault::HookFault;
use super::hook::Hook;
use super::journal::HookCall;
use super::owner::HookOwner;
use super::seed::Webhook;
use crate::ids::BotId;
use crate::sim::shared::Shared;
use crate::sim::sim::{Sim, SimError, WaitError};

impl Sim {
    /// Callbacks: what was called, and what is to go wrong.
    pub fn hooks(&self) -> HooksHandle {
        HooksHandle::new(Arc::clone(self.shared()))
    }

    /// Sets where a bot is called, or that it is not. While it is, what members do goes there
    /// and not to its socket. Apps have [`AppsHandle::set_callback`](super::super::AppsHandle::set_callback).
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot, [`SimError::Invalid`] for an address or key that
    /// cannot be.
    pub fn set_webhook(
        &self,
        bot: impl Into<BotId>,
        webhook: Option<Webhook>,
    ) -> Result<(), SimError> {
        let hook = webhook.map(|webhook| Hook::new(&webhook)).transpose()?;
        self.shared().world().set_hook(&bot.into(), hook)
    }

    /// Waits for a callback that `wanted` accepts; one that was made counts. It is looked at
    /// while it is under way too: `done` says whether it is over.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none came within `deadline`.
    pub async fn wait_hook_call(
        &self,
        deadline: Duration,
        wanted: impl Fn(&HookCall) -> bool,
    ) -> Result<HookCall, WaitError> {
        self.wait(
            deadline,
            || {
                let hooks = self.shared().hooks();
                let found = hooks.calls().iter().find(|call| wanted(call));
                (found.cloned(), hooks.changes())
            },
            || "a callback".to_owned(),
            || format!("{:?}", self.hooks().calls().last()),
        )
        .await
    }
}

/// Looks at callbacks, checks addresses, and lets things go wrong.
#[derive(Debug, Clone)]
pub struct HooksHandle {
    shared: Arc<Shared>,
}

impl HooksHandle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The last callbacks, oldest first.
    pub fn calls(&self) -> Vec<HookCall> {
        self.shared.hooks().calls().to_vec()
    }

    /// The last callbacks of a kind, oldest first.
    pub fn calls_of(&self, kind: &str) -> Vec<HookCall> {
        let hooks = self.shared.hooks();
        let calls = hooks.calls().iter().filter(|call| call.kind == kind);
        calls.cloned().collect()
    }

    /// Checks an address, as the console does when it is saved: a request with a sealed text,
    /// which must come back opened, and nothing else, within a second. `problem` of the call
    /// says what is wrong.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`], or [`SimError::Invalid`] for a bot or app that has no address.
    pub async fn check(&self, owner: impl Into<HookOwner>) -> Result<HookCall, SimError> {
        let owner = owner.into();
        let hook = self.hook(&owner)?;
        let hook =
            hook.ok_or_else(|| SimError::Invalid(format!("{owner} has no address to call")))?;
        let seq = call::check(&self.shared, &owner, &hook).await;
        let made = self.shared.hooks().call(seq).cloned();
        made.ok_or_else(|| unknown("call", &seq))
    }

    /// Lets something go wrong.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`], or [`SimError::Invalid`] where 256 faults stand already, and for
    /// what cannot happen: documents to a bot, polls of an app.
    pub fn fault(&self, owner: impl Into<HookOwner>, fault: HookFault) -> Result<(), SimError> {
        let owner = owner.into();
        self.hook(&owner)?;
        if !fault.fault.is_for(&owner) {
            let text = format!("that cannot happen to {owner}");
            return Err(SimError::Invalid(text));
        }
        if self.shared.hooks().fault(owner, fault) {
            return Ok(());
        }
        Err(SimError::Invalid("too many faults stand".to_owned()))
    }

    /// The faults that stand.
    pub fn faults(&self, owner: impl Into<HookOwner>) -> Vec<HookFault> {
        self.shared.hooks().faults(&owner.into())
    }

    /// Ends all faults of a bot or app.
    pub fn clear_faults(&self, owner: impl Into<HookOwner>) {
        self.shared.hooks().clear_faults(&owner.into());
    }

    /// Where somebody is called, who must exist.
    fn hook(&self, owner: &HookOwner) -> Result<Option<Arc<Hook>>, SimError> {
        let world = self.shared.world();
        match owner {
            HookOwner::Bot(bot) if !world.has_bot(bot) => Err(unknown("bot", bot)),
            HookOwner::Bot(bot) => Ok(world.hook_of(bot).cloned()),
            HookOwner::App(app) => world.app_hook(app),
        }
    }
}

fn unknown(what: &'static str, id: &impl ToString) -> SimError {
    SimError::Unknown {
        what,
        id: id.to_string(),
    }
}
