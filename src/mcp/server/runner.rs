//! Where tool calls go.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::channel::AccountState;
use crate::ids::AccountId;
use crate::interceptors::ToolError;
use crate::mcp::tool::{CallContext, ToolReply};

/// Runs the tool: in this process, or by way of the daemon.
#[async_trait]
pub trait ToolRunner: Send + Sync + fmt::Debug {
    /// One use of `wecom_mcp`. Every failure is a reply. Dropping the future cancels it.
    async fn run(&self, arguments: Map<String, Value>, context: CallContext) -> ToolReply;

    /// The accounts and how they are.
    ///
    /// # Errors
    /// Whoever knows can't be reached.
    async fn accounts(&self) -> Result<Vec<AccountSummary>, ToolError>;
}

/// The reply to a call that reached nobody.
pub(super) fn failure(account: &AccountId, error: &ToolError) -> ToolReply {
    let mut structured = Map::new();
    structured.insert("ok".to_owned(), false.into());
    structured.insert("account".to_owned(), account.as_str().into());
    let error = serde_json::to_value(error).unwrap_or_default();
    structured.insert("error".to_owned(), error);
    ToolReply {
        structured,
        is_error: true,
        items: Vec::new(),
    }
}

/// An account as a client may see it: no names of people, no reasons, no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSummary {
    /// Its id.
    pub account_id: String,
    /// What it is doing.
    pub state: AccountState,
}
