//! Which session of an agent's program goes on with which conversation.

use async_trait::async_trait;

use super::StoreError;
use crate::session::SessionKey;

/// Sessions that are remembered; beyond it the one that rested longest is forgotten, and
/// its conversation begins anew.
pub(super) const MAX_ACP_SESSIONS: u32 = 10_000;

/// The sessions of agents' programs.
#[async_trait]
pub trait AcpSessionStore: Send + Sync + std::fmt::Debug {
    /// The program's id of a conversation. `program` tells programs apart: the sessions of
    /// one are unknown to another.
    async fn acp_session(
        &self,
        session: &SessionKey,
        program: &str,
    ) -> Result<Option<String>, StoreError>;

    /// Remembers the program's id of a conversation, in place of an earlier one.
    async fn keep_acp_session(
        &self,
        session: &SessionKey,
        program: &str,
        id: &str,
        now_ms: i64,
    ) -> Result<(), StoreError>;

    /// Forgets a conversation's id, whichever program it is of.
    async fn forget_acp_session(&self, session: &SessionKey) -> Result<(), StoreError>;
}
