//! Pairing: how a stranger gets access, with the owner's consent.
//!
//! A stranger who writes gets a code; the owner approves it on the command line. Requests
//! last an hour; approved senders stay until they are revoked.

mod change;
mod code;
mod files;
mod hosted;
mod introduction;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;

use crate::clock::SharedClock;
use crate::config::normalise_account_id;
use crate::ids::{AccountId, UserId};
use crate::store::{ApprovedSender, Knocked, PairingRequest, Store, StoreError};

pub use change::{ApprovedRecord, Change, Changed, Listing};
pub use code::looks_like_code;
pub use files::{FileError, PairingFile, RequestRecord, exported, iso_time, read_file};
pub use hosted::{HostCode, PairingHost};
use introduction::Desk;
pub use introduction::Introduction;

/// How long a code is good for, in milliseconds.
pub const REQUEST_LIFE_MS: i64 = 3_600_000;

/// Requests that an account may have at a time: codes are for the owner to read out of a list.
pub const MAX_PENDING: usize = 3;

/// A request whose sender wrote only once may be displaced after so long, in milliseconds, so
/// that a flood does not lock everybody out for an hour.
pub const DISPLACE_AFTER_MS: i64 = 600_000;

/// Codes tried before giving up; with three pending of 32^8 the first is free.
const MAX_TRIES: usize = 500;

/// Tells a person that access was granted.
#[async_trait]
pub trait ApprovalNotice: Send + Sync {
    /// Sends the short notice ([`crate::texts::access::PAIRING_APPROVED`]); the error is shown
    /// to the operator as a warning.
    async fn tell(&self, account: &AccountId, user: &UserId) -> Result<(), String>;
}

/// Why a change of pairings was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairingError {
    /// Unknown, expired, or of another account: which one is nobody's business.
    #[error(
        "no pending pairing request for this code: see `wecom pairing list`; codes last an hour"
    )]
    NoSuchRequest,
    /// The sender was not approved.
    #[error("`{sender}` is not an approved sender of the account `{account}`")]
    NotApproved {
        /// The account.
        account: AccountId,
        /// The sender.
        sender: UserId,
    },
    /// Nothing was changed.
    #[error("the pairing was not saved")]
    Store(#[from] StoreError),
}

/// The requests and approved senders of all accounts.
///
/// Who is approved is answered from memory; every change goes through here, to the store
/// first.
#[derive(Debug)]
pub struct Pairings {
    store: Arc<dyn Store>,
    clock: SharedClock,
    /// Folded ids of approved senders. What the store has, once no change is under way.
    approved: RwLock<HashMap<AccountId, HashSet<String>>>,
    /// One change of `approved` at a time, so that memory changes in the store's order. Taken
    /// by operators' commands only, never for a message.
    changes: tokio::sync::Mutex<()>,
    desk: Arc<Desk>,
    /// Ids of senders who are approved in a host's own list.
    hosted: RwLock<HashMap<AccountId, HashSet<UserId>>>,
    host: OnceLock<Arc<dyn PairingHost>>,
}

impl Pairings {
    /// Reads who is approved.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn load(store: Arc<dyn Store>, clock: SharedClock) -> Result<Self, StoreError> {
        let mut approved: HashMap<AccountId, HashSet<String>> = HashMap::new();
        for ApprovedSender {
            account, sender, ..
        } in store.paired().await?
        {
            let senders = approved.entry(account).or_default();
            senders.insert(sender.folded().into_owned());
        }
        let hosted = hosted::load(&*store).await?;
        Ok(Self {
            store,
            clock,
            approved: RwLock::new(approved),
            changes: tokio::sync::Mutex::default(),
            desk: Arc::default(),
            hosted: RwLock::new(hosted),
            host: OnceLock::new(),
        })
    }

    /// Whether this sender's pairing with the account was approved.
    pub fn is_approved(&self, account: &AccountId, sender: &UserId) -> bool {
        self.approved
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(account)
            .is_some_and(|senders| senders.contains(sender.folded().as_ref()))
            || self.is_hosted(account, sender)
    }

    /// A stranger wrote. `Some`: they are to be told, once; [`Introduction::delivered`] says
    /// that it reached them, without it their next message is answered again. `multi_account`
    /// is [`Config::multi_account`](crate::config::Config::multi_account).
    ///
    /// # Errors
    /// The store failed; the stranger hears nothing.
    pub async fn knock(
        &self,
        account: &AccountId,
        sender: &UserId,
        multi_account: bool,
    ) -> Result<Option<Introduction>, StoreError> {
        let now_ms = self.clock.now_ms();
        for _ in 0..MAX_TRIES {
            let request = PairingRequest {
                account: account.clone(),
                sender: sender.clone(),
                code: code::generate(),
                created_at_ms: now_ms,
                last_seen_ms: now_ms,
                told: false,
            };
            let displace_before_ms = now_ms.saturating_sub(DISPLACE_AFTER_MS);
            let knocked = self
                .store
                .knock(request, MAX_PENDING, displace_before_ms, expired(now_ms))
                .await?;
            match knocked {
                Knocked::CodeTaken => {}
                Knocked::Full => return Ok(None),
                Knocked::Request(request) if request.told => return Ok(None),
                Knocked::Request(request) => {
                    let store = self.store.clone();
                    let told = Desk::introduce(&self.desk, store, request, multi_account);
                    return Ok(match told {
                        Some(told) => Some(self.in_words_of_host(told, account, sender).await),
                        None => None,
                    });
                }
            }
        }
        tracing::error!(%account, "no free pairing code was found");
        Ok(None)
    }

    /// The requests that wait, oldest first.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn pending(&self) -> Result<Vec<PairingRequest>, StoreError> {
        let expired_ms = expired(self.clock.now_ms());
        self.store.pairing_requests(expired_ms).await
    }

    /// The approved senders, by account.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn approved(&self) -> Result<Vec<ApprovedSender>, StoreError> {
        self.store.paired().await
    }

    /// Approves the request with this code (any case); of this account, where one is named.
    ///
    /// # Errors
    /// [`PairingError::NoSuchRequest`], or the store failed.
    pub async fn approve(
        &self,
        code: &str,
        account: Option<&AccountId>,
    ) -> Result<ApprovedSender, PairingError> {
        let now_ms = self.clock.now_ms();
        let _one_at_a_time = self.changes.lock().await;
        let approved = self
            .store
            .approve_pairing(&code::normalise(code), account, now_ms, expired(now_ms))
            .await?
            .ok_or(PairingError::NoSuchRequest)?;
        self.remember(std::slice::from_ref(&approved));
        Ok(approved)
    }

    /// Removes the request with this code.
    ///
    /// # Errors
    /// [`PairingError::NoSuchRequest`], or the store failed.
    pub async fn reject(
        &self,
        code: &str,
        account: Option<&AccountId>,
    ) -> Result<PairingRequest, PairingError> {
        let expired_ms = expired(self.clock.now_ms());
        self.store
            .reject_pairing(&code::normalise(code), account, expired_ms)
            .await?
            .ok_or(PairingError::NoSuchRequest)
    }

    /// Takes an approved sender's access away.
    ///
    /// # Errors
    /// [`PairingError::NotApproved`], or the store failed.
    pub async fn revoke(&self, account: &AccountId, sender: &UserId) -> Result<(), PairingError> {
        let _one_at_a_time = self.changes.lock().await;
        if !self.store.revoke_paired(account, sender).await? {
            return Err(PairingError::NotApproved {
                account: account.clone(),
                sender: sender.clone(),
            });
        }
        let mut approved = self
            .approved
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(senders) = approved.get_mut(account) {
            senders.remove(sender.folded().as_ref());
        }
        Ok(())
    }

    /// Takes over what a file of another program says; returns how many requests and how many
    /// approved senders are new. Outdated requests are left out, and so is what is beyond the
    /// number an account may have.
    ///
    /// # Errors
    /// The store failed.
    pub async fn import(&self, file: PairingFile) -> Result<(usize, usize), PairingError> {
        match file {
            PairingFile::Requests(records) => {
                let expired_ms = expired(self.clock.now_ms());
                let mut pending: HashMap<AccountId, usize> = HashMap::new();
                for request in self.pending().await? {
                    *pending.entry(request.account).or_default() += 1;
                }
                let mut requests = Vec::new();
                for request in records.into_iter().map(PairingRequest::from) {
                    let count = pending.entry(request.account.clone()).or_default();
                    if request.created_at_ms > expired_ms && *count < MAX_PENDING {
                        *count += 1;
                        requests.push(request);
                    }
                }
                Ok((self.store.add_pairing_requests(requests).await?, 0))
            }
            PairingFile::Approved { account, senders } => {
                let account = AccountId::new(normalise_account_id(&account));
                let approved_at_ms = self.clock.now_ms();
                let senders: Vec<ApprovedSender> = senders
                    .iter()
                    .map(|entry| crate::channel::policy::plain_sender(entry))
                    .filter(|sender| !sender.is_empty() && *sender != "*")
                    .map(|sender| ApprovedSender {
                        account: account.clone(),
                        sender: UserId::new(sender),
                        approved_at_ms,
                    })
                    .collect();
                let _one_at_a_time = self.changes.lock().await;
                let added = self.store.add_paired(senders.clone()).await?;
                self.remember(&senders);
                Ok((0, added))
            }
        }
    }

    fn remember(&self, senders: &[ApprovedSender]) {
        let mut approved = self
            .approved
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for ApprovedSender {
            account, sender, ..
        } in senders
        {
            let folded = sender.folded().into_owned();
            approved.entry(account.clone()).or_default().insert(folded);
        }
    }
}

/// Requests created then or before are over.
fn expired(now_ms: i64) -> i64 {
    now_ms.saturating_sub(REQUEST_LIFE_MS)
}

#[cfg(test)]
mod tests;
