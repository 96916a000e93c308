//! Pairing beside a host program that has a list of its own: whom it let in is let in here,
//! for as long as it says so.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;

use super::{Introduction, Pairings};
use crate::ids::{AccountId, UserId};
use crate::store::{Store, StoreError};
use crate::texts;

/// A host program with a list of its own.
#[async_trait]
pub trait PairingHost: Send + Sync + std::fmt::Debug {
    /// The code that the host gives a stranger; `None` where the host does not serve the
    /// account, or can't be asked.
    async fn code(&self, account: &AccountId, user: &UserId) -> Option<HostCode>;
}

/// A code of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCode {
    /// The code.
    pub code: String,
    /// What the owner runs.
    pub command: String,
}

pub(super) async fn load(
    store: &dyn Store,
) -> Result<HashMap<AccountId, HashSet<UserId>>, StoreError> {
    let mut hosted: HashMap<AccountId, HashSet<UserId>> = HashMap::new();
    for (account, user) in store.openclaw_paired().await? {
        hosted.entry(account).or_default().insert(user);
    }
    Ok(hosted)
}

impl Pairings {
    /// From now on strangers are given the codes of this host, where it has some. The first
    /// host stays.
    pub fn hosted_by(&self, host: Arc<dyn PairingHost>) {
        self.host.set(host).ok();
    }

    /// Who is approved in the host's list.
    pub fn hosted(&self, account: &AccountId) -> Vec<String> {
        let hosted = self.hosted.read().unwrap_or_else(PoisonError::into_inner);
        let users = hosted.get(account).into_iter().flatten();
        users.map(ToString::to_string).collect()
    }

    /// These, and nobody else, are approved in the host's list.
    ///
    /// # Errors
    /// The store failed: who was approved still is.
    pub async fn set_hosted(
        &self,
        account: &AccountId,
        users: HashSet<UserId>,
    ) -> Result<(), StoreError> {
        let _one_at_a_time = self.changes.lock().await;
        let is_same = {
            let hosted = self.hosted.read().unwrap_or_else(PoisonError::into_inner);
            hosted.get(account).unwrap_or(&HashSet::new()) == &users
        };
        if is_same {
            return Ok(());
        }
        let kept = users.iter().cloned().collect();
        self.store.set_openclaw_paired(account, kept).await?;
        tracing::info!(%account, users = users.len(), "who is approved in OpenClaw has changed");
        let mut hosted = self.hosted.write().unwrap_or_else(PoisonError::into_inner);
        hosted.insert(account.clone(), users);
        Ok(())
    }

    pub(super) fn is_hosted(&self, account: &AccountId, sender: &UserId) -> bool {
        let hosted = self.hosted.read().unwrap_or_else(PoisonError::into_inner);
        let folded = sender.folded();
        hosted
            .get(account)
            .is_some_and(|users| users.iter().any(|user| user.folded() == folded))
    }

    /// The host's code in place of ours, where there is one: its owner approves there.
    pub(super) async fn in_words_of_host(
        &self,
        mut introduction: Introduction,
        account: &AccountId,
        sender: &UserId,
    ) -> Introduction {
        let Some(host) = self.host.get() else {
            return introduction;
        };
        if let Some(HostCode { code, command }) = host.code(account, sender).await {
            introduction.text = texts::access::pairing(sender.as_str(), &code, &command);
        }
        introduction
    }
}
