//! Who can be called: the addresses of all accounts.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::path::Which;
use crate::channel::account::{AppCallbacks, HookCallbacks};
use crate::ids::AccountId;
use crate::wecom::callback::{CallbackCipher, CallbackQuery, OpenError};

/// For how long the keys before the present ones still open a callback: WeCom goes on with
/// the old ones until the console is saved.
const OLD_KEYS: Duration = Duration::from_mins(1);

/// The addresses of all accounts.
#[derive(Debug, Default)]
pub(in crate::channel) struct Desk {
    bots: Book<dyn HookCallbacks>,
    apps: Book<dyn AppCallbacks>,
}

/// One account that can be called.
#[derive(Debug)]
pub(in crate::channel) struct Address<C: ?Sized> {
    /// The account.
    pub(in crate::channel) account: AccountId,
    /// Its keys, ready for use.
    pub(in crate::channel) cipher: CallbackCipher,
    /// What tells accounts apart that share a token: the bot's id, or the number of the app.
    pub(in crate::channel) identity: Option<String>,
    /// How far a callback's timestamp may be off; `None` does not look.
    pub(in crate::channel) max_skew: Option<Duration>,
    /// Who works on it.
    pub(in crate::channel) calls: Arc<C>,
}

impl<C: ?Sized> Clone for Address<C> {
    fn clone(&self) -> Self {
        Self {
            account: self.account.clone(),
            cipher: self.cipher.clone(),
            identity: self.identity.clone(),
            max_skew: self.max_skew,
            calls: self.calls.clone(),
        }
    }
}

impl Desk {
    /// A webhook bot can be called from now on, or with other keys.
    pub(in crate::channel) fn put_bot(&self, address: Address<dyn HookCallbacks>) {
        self.bots.put(address);
    }

    /// An agent app can be called from now on, or with other keys.
    pub(in crate::channel) fn put_app(&self, address: Address<dyn AppCallbacks>) {
        self.apps.put(address);
    }

    /// A webhook bot can't be called any more.
    pub(in crate::channel) fn remove_bot(&self, account: &AccountId) {
        self.bots.remove(account);
    }

    /// An agent app can't be called any more.
    pub(in crate::channel) fn remove_app(&self, account: &AccountId) {
        self.apps.remove(account);
    }

    /// Who works on an agent app's callbacks.
    pub(in crate::channel) fn calls_of_app(
        &self,
        account: &AccountId,
    ) -> Option<Arc<dyn AppCallbacks>> {
        self.apps.calls_of(account)
    }

    /// Who works on a webhook bot's callbacks.
    pub(in crate::channel) fn calls_of_bot(
        &self,
        account: &AccountId,
    ) -> Option<Arc<dyn HookCallbacks>> {
        self.bots.calls_of(account)
    }

    pub(super) fn bots(&self) -> &Book<dyn HookCallbacks> {
        &self.bots
    }

    pub(super) fn apps(&self) -> &Book<dyn AppCallbacks> {
        &self.apps
    }
}

/// The addresses of one kind.
#[derive(Debug)]
pub(super) struct Book<C: ?Sized>(RwLock<BTreeMap<AccountId, Entry<C>>>);

#[derive(Debug)]
struct Entry<C: ?Sized> {
    address: Address<C>,
    /// Keys of before, and until when they are good.
    old: Option<(CallbackCipher, Instant)>,
}

impl<C: ?Sized> Default for Book<C> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<C: ?Sized> Book<C> {
    fn put(&self, address: Address<C>) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = entries.remove(&address.account);
        let old = before.and_then(|before| {
            if before.address.cipher.is_same(&address.cipher) {
                before.old
            } else {
                Some((before.address.cipher, Instant::now() + OLD_KEYS))
            }
        });
        entries.insert(address.account.clone(), Entry { address, old });
    }

    fn remove(&self, account: &AccountId) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        entries.remove(account);
    }

    fn calls_of(&self, account: &AccountId) -> Option<Arc<C>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(entries.get(account)?.address.calls.clone())
    }

    /// Everybody whom a path may mean, once for each of their keys. `default_account` is
    /// meant by `default` where no account has that name.
    pub(super) fn candidates(&self, which: &Which, default_account: &AccountId) -> Vec<Address<C>> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let chosen: Vec<&Entry<C>> = match which {
            Which::All => entries.values().collect(),
            Which::Named(account) => {
                let fallback = || {
                    (account.as_str() == "default")
                        .then(|| entries.get(default_account))
                        .flatten()
                };
                entries.get(account).or_else(fallback).into_iter().collect()
            }
        };
        let mut candidates = Vec::with_capacity(chosen.len());
        for entry in chosen {
            candidates.push(entry.address.clone());
            if let Some((cipher, until)) = &entry.old
                && *until > now
            {
                candidates.push(Address {
                    cipher: cipher.clone(),
                    ..entry.address.clone()
                });
            }
        }
        candidates
    }
}

/// A callback that one account opened.
#[derive(Debug)]
pub(super) struct Opened<C: ?Sized> {
    pub(super) address: Address<C>,
    pub(super) message: String,
}

/// Why no account opened a callback, or too many did.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error("no account's token fits the signature")]
    NotFound,
    #[error("{0}")]
    Sealed(OpenError),
    #[error("several accounts have this token and key: {}", joined(.0))]
    Conflict(Vec<AccountId>),
    #[error("its timestamp is {skew_secs} s off: is the clock of this machine right?")]
    Stale { skew_secs: i64 },
}

fn joined(accounts: &[AccountId]) -> String {
    let ids: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    ids.join(", ")
}

/// Finds the account that a sealed text is for. All candidates are tried, so that the time it
/// takes tells nobody which exist. `fresh`: the second that it is now, where old callbacks are
/// to be refused. `identity` reads who is meant out of a message, for accounts that share
/// token and key.
pub(super) fn open<C: ?Sized>(
    candidates: Vec<Address<C>>,
    query: &CallbackQuery,
    sealed: &str,
    fresh: Option<i64>,
    identity: impl Fn(&str) -> Option<String>,
) -> Result<Opened<C>, NotOpened> {
    let mut signed: Vec<Address<C>> = Vec::with_capacity(1);
    for candidate in candidates {
        // Not `filter`: the comparison of each is made, whatever the others say.
        let fits = candidate.cipher.verify(query, sealed);
        let is_new = signed
            .iter()
            .all(|other| other.account != candidate.account);
        if fits && is_new {
            signed.push(candidate);
        }
    }
    let Some(first) = signed.first() else {
        return Err(NotOpened::NotFound);
    };
    if let (Some(now), Some(max)) = (fresh, first.max_skew) {
        let skew_secs = now.saturating_sub(query.sent_at());
        if skew_secs.unsigned_abs() > max.as_secs() {
            return Err(NotOpened::Stale { skew_secs });
        }
    }
    let mut failure = OpenError::EmptyCiphertext;
    let mut opened = Vec::with_capacity(1);
    for address in signed {
        match address.cipher.open(sealed) {
            Ok(message) => opened.push(Opened { address, message }),
            Err(error) => failure = error,
        }
    }
    if opened.len() > 1 {
        let meant = opened.first().and_then(|first| identity(&first.message));
        let is_meant = |opened: &Opened<C>| meant.is_some() && opened.address.identity == meant;
        if opened.iter().filter(|opened| is_meant(opened)).count() == 1 {
            opened.retain(is_meant);
        }
    }
    match opened.len() {
        0 => Err(NotOpened::Sealed(failure)),
        1 => opened.pop().ok_or(NotOpened::NotFound),
        _ => {
            let accounts = opened.into_iter().map(|opened| opened.address.account);
            Err(NotOpened::Conflict(accounts.collect()))
        }
    }
}
