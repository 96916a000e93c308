//! Every token that is valid, in one place.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::credential::Credential;
use super::delegation::{self, Delegated, DelegationError, DelegationRequest};
use super::table::SessionCredentials;
use super::token::{self, TokenDigest};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::identity;
use crate::ids::{AccountId, UserId};
use crate::secret::Secret;
use crate::store::{Store, StoreError, StoredToken};

/// Longest name of a minted token, in bytes.
const MAX_NAME: usize = 64;

/// Finds the credential of a token, and makes and revokes tokens.
#[derive(Debug)]
pub struct Credentials {
    config: LiveConfig,
    store: Arc<dyn Store>,
    clock: SharedClock,
    sessions: SessionCredentials,
    /// What the store holds. Every change goes through here, so the two agree.
    minted: RwLock<HashMap<TokenDigest, StoredToken>>,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MintRequest {
    /// Its name, unique: 1 to 64 letters, digits, `-`, `_` or `.`.
    pub id: String,
    /// The account it acts through.
    pub account: AccountId,
    /// The member it acts for.
    pub user: Option<UserId>,
    /// Whether only reading methods are open to it.
    pub read_only: bool,
    /// Categories it may use; empty is all.
    pub categories: Vec<String>,
    /// Seconds it is valid for; `None` lasts until it is revoked.
    pub ttl_s: Option<u64>,
}

/// A token just made.
#[derive(Debug, Clone)]
pub struct Minted {
    /// The token; it can't be shown again.
    pub token: Secret,
    /// What is kept of it.
    pub stored: StoredToken,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddTokenError {
    /// There is one of that name.
    #[error("there is a token or client `{0}` already: revoke it first, or choose another name")]
    Taken(String),
    /// The name has other characters, or too many.
    #[error("the name must be 1 to {MAX_NAME} letters, digits, `-`, `_` or `.`")]
    Name,
    /// The member's id can't be put in a header.
    #[error("the member's id must be 1 to 64 visible ASCII characters")]
    User,
    /// There is no such account.
    #[error(transparent)]
    Account(#[from] crate::config::UnknownAccount),
    /// The state can't be written.
    #[error("the token could not be kept")]
    Store(#[from] StoreError),
}

impl Credentials {
    /// Reads the minted tokens from `store`, where they are looked up once only: whoever
    /// changes them goes through this.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn load(
        config: LiveConfig,
        store: Arc<dyn Store>,
        clock: SharedClock,
        sessions: SessionCredentials,
    ) -> Result<Self, StoreError> {
        let minted = store
            .tokens()
            .await?
            .into_iter()
            .map(|stored| (TokenDigest(stored.digest), stored))
            .collect();
        Ok(Self {
            config,
            store,
            clock,
            sessions,
            minted: RwLock::new(minted),
        })
    }

    /// The credential of a token as a client sent it. All refusals look the same: `None`.
    pub fn find(&self, token: &str) -> Option<Arc<Credential>> {
        let digest = TokenDigest::of(token);
        self.of_session(&digest)
            .or_else(|| self.of_client(&digest))
            .or_else(|| self.of_minted(&digest))
    }

    /// The credential of anybody, for a server without authentication.
    pub fn anonymous(&self) -> Arc<Credential> {
        let account = self.config.get().default_account.clone();
        Arc::new(Credential::anonymous(account))
    }

    /// Makes a token for a member that `host` speaks for.
    ///
    /// # Errors
    /// The host may not, or the request does not say what it must.
    pub fn delegate(
        &self,
        host: &Credential,
        request: &DelegationRequest,
    ) -> Result<Delegated, DelegationError> {
        delegation::delegate(self, host, request)
    }

    /// Makes a token for a client and keeps its digest.
    ///
    /// # Errors
    /// The request does not say what it must, or nothing can be kept.
    pub async fn mint(&self, request: MintRequest) -> Result<Minted, AddTokenError> {
        let MintRequest {
            id,
            account,
            user,
            read_only,
            categories,
            ttl_s,
        } = request;
        if !is_name(&id) {
            return Err(AddTokenError::Name);
        }
        if user
            .as_ref()
            .is_some_and(|user| !identity::fits_header(user))
        {
            return Err(AddTokenError::User);
        }
        let config = self.config.get();
        let account = config.account(account.as_str())?.id.clone();
        if config
            .mcp_server
            .clients
            .iter()
            .any(|client| client.id == id)
        {
            return Err(AddTokenError::Taken(id));
        }
        let token = token::generate();
        let digest = TokenDigest::of(token.reveal());
        let now_ms = self.clock.now_ms();
        let life_ms =
            |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        let stored = StoredToken {
            id,
            digest: digest.bytes(),
            account,
            user,
            read_only,
            categories,
            created_at_ms: now_ms,
            expires_at_ms: ttl_s.map(|seconds| now_ms.saturating_add(life_ms(seconds))),
        };
        if !self.store.add_token(stored.clone()).await? {
            return Err(AddTokenError::Taken(stored.id));
        }
        self.write().insert(digest, stored.clone());
        Ok(Minted { token, stored })
    }

    /// Forgets a minted token; whether there was one. Requests that run go on.
    ///
    /// # Errors
    /// The state can't be written: the token is still valid.
    pub async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        let revoked = self.store.revoke_token(id).await?;
        self.write().retain(|_, stored| stored.id != id);
        Ok(revoked)
    }

    /// The minted tokens by name, expired ones too.
    pub fn minted(&self) -> Vec<StoredToken> {
        let mut all: Vec<StoredToken> = self
            .minted
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The tokens that live in memory.
    pub fn sessions(&self) -> &SessionCredentials {
        &self.sessions
    }

    pub(super) fn config(&self) -> &LiveConfig {
        &self.config
    }

    fn of_session(&self, digest: &TokenDigest) -> Option<Arc<Credential>> {
        let (credential, host) = self.sessions.find(digest)?;
        let Some(host) = host else {
            return Some(credential);
        };
        // With its host a delegated token loses its ground.
        let config = self.config.get();
        let account = credential.identity().account();
        let stands = config.mcp_server.clients.iter().any(|client| {
            client.id == host
                && client.delegate
                && (client.accounts.is_empty() || client.accounts.contains(account))
        });
        stands.then_some(credential)
    }

    fn of_client(&self, digest: &TokenDigest) -> Option<Arc<Credential>> {
        let config = self.config.get();
        let client = config
            .mcp_server
            .clients
            .iter()
            .find(|client| TokenDigest::of(client.token.reveal()) == *digest)?;
        Some(Arc::new(Credential::of_client(
            client,
            &config.default_account,
        )))
    }

    fn of_minted(&self, digest: &TokenDigest) -> Option<Arc<Credential>> {
        let minted = self.minted.read().unwrap_or_else(PoisonError::into_inner);
        let stored = minted.get(digest)?;
        let is_over = stored
            .expires_at_ms
            .is_some_and(|expires| expires <= self.clock.now_ms());
        (!is_over).then(|| Arc::new(Credential::of_stored(stored)))
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<TokenDigest, StoredToken>> {
        self.minted.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_name(id: &str) -> bool {
    (1..=MAX_NAME).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests;
