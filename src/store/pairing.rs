//! What pairing keeps: requests for an hour, approved senders until they are revoked.

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{AccountId, UserId};

/// A stranger's request for access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingRequest {
    /// The account that was written to.
    pub account: AccountId,
    /// Who wrote, as received.
    pub sender: UserId,
    /// What the owner types to approve.
    pub code: String,
    /// Milliseconds since 1970; the request's hour begins here.
    pub created_at_ms: i64,
    /// When the sender last wrote, milliseconds since 1970.
    pub last_seen_ms: i64,
    /// Whether the sender got to see the code.
    pub told: bool,
}

/// A sender whose pairing was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedSender {
    /// The account they may write to.
    pub account: AccountId,
    /// Their id, as received or as imported.
    pub sender: UserId,
    /// Milliseconds since 1970.
    pub approved_at_ms: i64,
}

/// What became of a stranger's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knocked {
    /// The sender's request, new or known.
    Request(PairingRequest),
    /// The account has as many requests as it may have.
    Full,
    /// The code that was offered belongs to another request: offer another one.
    CodeTaken,
}

/// Requests and approved senders. Senders are compared in their
/// [folded](UserId::folded) form.
#[async_trait]
pub trait PairingStore: Send + Sync + std::fmt::Debug {
    /// Notes that `request.sender` wrote. A known sender keeps the code and the creation
    /// time; `request.code` is for a new one. At most `cap` requests per account: beyond it
    /// the oldest whose sender wrote only once, before `displace_before_ms`, makes room.
    /// Requests created at or before `expired_ms` are removed first.
    async fn knock(
        &self,
        request: PairingRequest,
        cap: usize,
        displace_before_ms: i64,
        expired_ms: i64,
    ) -> Result<Knocked, StoreError>;

    /// Notes that the sender got to see this code.
    async fn pairing_told(&self, code: &str) -> Result<(), StoreError>;

    /// The requests created after `expired_ms`, oldest first; the others are removed.
    async fn pairing_requests(&self, expired_ms: i64) -> Result<Vec<PairingRequest>, StoreError>;

    /// Turns the request with this code (and, if given, of this account) into an approved
    /// sender. `None`: there is no such request.
    async fn approve_pairing(
        &self,
        code: &str,
        account: Option<&AccountId>,
        now_ms: i64,
        expired_ms: i64,
    ) -> Result<Option<ApprovedSender>, StoreError>;

    /// Removes a request and returns it. `None`: there is no such request.
    async fn reject_pairing(
        &self,
        code: &str,
        account: Option<&AccountId>,
        expired_ms: i64,
    ) -> Result<Option<PairingRequest>, StoreError>;

    /// Keeps senders as approved; those who are already stay as they are. Returns how many
    /// are new.
    async fn add_paired(&self, senders: Vec<ApprovedSender>) -> Result<usize, StoreError>;

    /// Keeps requests that were made elsewhere; a sender or a code that is there already
    /// stays. Returns how many are new.
    async fn add_pairing_requests(
        &self,
        requests: Vec<PairingRequest>,
    ) -> Result<usize, StoreError>;

    /// The approved senders, by account and id.
    async fn paired(&self) -> Result<Vec<ApprovedSender>, StoreError>;

    /// Forgets an approved sender; whether there was one.
    async fn revoke_paired(&self, account: &AccountId, sender: &UserId)
    -> Result<bool, StoreError>;
}
