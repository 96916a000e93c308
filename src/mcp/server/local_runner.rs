//! Tool calls in this process, which holds the bots' connections.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::runner::{AccountSummary, ToolRunner};
use crate::channel::Runtime;
use crate::interceptors::ToolError;
use crate::mcp::tool::{CallContext, ToolReply, Tools};

/// The tool, and the accounts that it acts through.
#[derive(Debug, Clone)]
pub struct LocalRunner {
    tools: Tools,
    runtime: Arc<Runtime>,
}

impl LocalRunner {
    /// `tools` over the accounts of `runtime`.
    pub fn new(tools: Tools, runtime: Arc<Runtime>) -> Self {
        Self { tools, runtime }
    }
}

#[async_trait]
impl ToolRunner for LocalRunner {
    async fn run(&self, arguments: Map<String, Value>, context: CallContext) -> ToolReply {
        self.tools.run(arguments, context).await
    }

    async fn accounts(&self) -> Result<Vec<AccountSummary>, ToolError> {
        let accounts = self.runtime.status().await;
        Ok(accounts
            .into_iter()
            .map(|account| AccountSummary {
                account_id: account.account_id,
                state: account.state,
            })
            .collect())
    }
}
