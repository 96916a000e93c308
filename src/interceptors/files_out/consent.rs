//! Asking a person before files leave.

use async_trait::async_trait;

use super::Leaving;
use crate::identity::Identity;

/// Asks the requester whether files may leave, where the operator wants that
/// (`mcp.confirmFiles`).
#[async_trait]
pub trait FileConsent: Send + Sync + std::fmt::Debug {
    /// Asks, and waits for the answer; who asks sees to it that the wait ends.
    async fn ask(&self, identity: &Identity, files: &[Leaving]) -> Consent;
}

/// What a person says to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// They may leave.
    Given,
    /// They may not.
    Refused,
    /// There is nobody who could be asked.
    NobodyToAsk,
}

/// For surroundings without a chat to ask in: nothing that needs consent leaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyToAsk;

#[async_trait]
impl FileConsent for NobodyToAsk {
    async fn ask(&self, _: &Identity, _: &[Leaving]) -> Consent {
        Consent::NobodyToAsk
    }
}
