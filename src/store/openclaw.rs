//! What has to be remembered of OpenClaw: what it sent, and whom it let in.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{AccountId, UserId};

/// What is known of a message before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutClaim {
    /// Nothing: it is claimed now, and to be sent.
    New,
    /// It was sent; its id.
    Sent(String),
    /// Somebody claimed it and did not say what became of it: it may be out.
    InDoubt,
}

/// Keeps what OpenClaw sent by its keys, and who is approved in its own list.
#[async_trait]
pub trait OpenClawStore: Send + Sync + std::fmt::Debug {
    /// Claims a message. Durable before it is sent, so that no crash sends it twice.
    async fn claim_out(&self, key: &str, now_ms: i64) -> Result<OutClaim, StoreError>;

    /// The claimed message was sent; the first id stays.
    async fn record_out(&self, key: &str, message: &str) -> Result<(), StoreError>;

    /// The claimed message certainly was not sent: it may be tried again.
    async fn release_out(&self, key: &str) -> Result<(), StoreError>;

    /// Forgets what was claimed before `before_ms`; returns how much.
    async fn prune_out(&self, before_ms: i64) -> Result<usize, StoreError>;

    /// Who is approved in OpenClaw, by account.
    async fn openclaw_paired(&self) -> Result<Vec<(AccountId, UserId)>, StoreError>;

    /// These, and nobody else, are approved in OpenClaw for an account.
    async fn set_openclaw_paired(
        &self,
        account: &AccountId,
        users: Vec<UserId>,
    ) -> Result<(), StoreError>;
}
