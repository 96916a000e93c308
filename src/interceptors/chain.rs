//! The list that a call passes, and what lies behind it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{Answer, ToolCall, ToolError};
use crate::config::LiveConfig;
use crate::identity::Identity;
use crate::ids::AccountId;

/// Wraps a call.
///
/// One that has nothing to do with a call just runs `next`. None of them logs arguments or
/// results. Once the rest has succeeded, a failure of the own work must say
/// [`ToolError::maybe_executed`].
#[async_trait]
pub trait Interceptor: Send + Sync + fmt::Debug {
    /// Its name, as in `mcp.interceptors.<name>` and in logs.
    fn name(&self) -> &'static str;

    /// Whether an operator may switch it off.
    fn can_be_switched_off(&self) -> bool {
        true
    }

    /// Works on the call, and on the answer of `next`.
    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError>;
}

/// The client of WeCom's own servers.
#[async_trait]
pub trait CategoryServers: Send + Sync + fmt::Debug {
    /// Runs a method. An answer with a business error is an answer.
    async fn call(&self, call: &ToolCall) -> Result<Answer, ToolError>;

    /// The methods of a category, at most an hour old.
    async fn list(&self, identity: &Identity, category: &str) -> Result<Arc<ToolList>, ToolError>;

    /// The methods of a category, if they are known without asking.
    fn known(&self, identity: &Identity, category: &str) -> Option<Arc<ToolList>>;

    /// Forgets the category's address that answers of `generation` came from, and asks for
    /// it again. At most once in ten seconds; several callers share one question.
    async fn renew(&self, account: &AccountId, category: &str, generation: u64) -> Renewal;
}

/// What asking for an address again brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Another one: a call that was refused for its key is worth repeating.
    Changed,
    /// The same, or none, or it was asked for just now.
    Unchanged,
}

/// The methods of a category as its server lists them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolList {
    /// In the server's order.
    pub tools: Vec<RemoteTool>,
    /// There were more than we take.
    pub cut: bool,
}

/// One method as its server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteTool {
    /// Name.
    pub name: String,
    /// What it does, without control characters, at most 4 KiB.
    pub description: String,
    /// Argument schema, untouched.
    pub input_schema: Option<Value>,
}

impl ToolList {
    /// The method of that name.
    pub fn get(&self, name: &str) -> Option<&RemoteTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

/// The interceptors in their order, and the servers behind them.
#[derive(Debug, Clone)]
pub struct Pipeline {
    interceptors: Arc<[Arc<dyn Interceptor>]>,
    servers: Arc<dyn CategoryServers>,
    config: LiveConfig,
}

impl Pipeline {
    /// `interceptors`, outermost first, round `servers`. `config` says which are switched
    /// off for an account.
    pub fn new(
        interceptors: Vec<Arc<dyn Interceptor>>,
        servers: Arc<dyn CategoryServers>,
        config: LiveConfig,
    ) -> Self {
        Self {
            interceptors: interceptors.into(),
            servers,
            config,
        }
    }

    /// Runs a call through all of it.
    pub async fn call(&self, call: ToolCall) -> Result<Answer, ToolError> {
        let next = Next {
            rest: &self.interceptors,
            pipeline: self,
        };
        next.run(call).await
    }

    /// Names of the interceptors, outermost first.
    pub fn names(&self) -> Vec<&'static str> {
        self.interceptors.iter().map(|one| one.name()).collect()
    }

    /// What lies behind them.
    pub fn servers(&self) -> &Arc<dyn CategoryServers> {
        &self.servers
    }

    fn is_off(&self, interceptor: &dyn Interceptor, account: &AccountId) -> bool {
        interceptor.can_be_switched_off()
            && self
                .config
                .get()
                .accounts
                .get(account)
                .is_some_and(|account| {
                    account
                        .mcp
                        .disabled_interceptors
                        .iter()
                        .any(|name| name == interceptor.name())
                })
    }
}

/// The rest of the list, as one interceptor sees it.
#[derive(Debug, Clone, Copy)]
pub struct Next<'a> {
    rest: &'a [Arc<dyn Interceptor>],
    pipeline: &'a Pipeline,
}

impl Next<'_> {
    /// Runs the rest. It may be run again.
    pub async fn run(&self, call: ToolCall) -> Result<Answer, ToolError> {
        match self.rest.split_first() {
            None => self.pipeline.servers.call(&call).await,
            Some((first, rest)) => {
                let next = Next {
                    rest,
                    pipeline: self.pipeline,
                };
                if self.pipeline.is_off(&**first, call.identity().account()) {
                    return Box::pin(next.run(call)).await;
                }
                first.call(call, next).await
            }
        }
    }

    /// Runs a call that an interceptor makes by itself ([`ToolCall::nested`]): through the
    /// innermost interceptor only, which keeps addresses fresh.
    pub async fn run_nested(&self, call: ToolCall) -> Result<Answer, ToolError> {
        let innermost = self.pipeline.interceptors.len().saturating_sub(1);
        let next = Next {
            rest: self.pipeline.interceptors.get(innermost..).unwrap_or(&[]),
            pipeline: self.pipeline,
        };
        next.run(call).await
    }

    /// The servers, for what is no call.
    pub fn servers(&self) -> &dyn CategoryServers {
        &*self.pipeline.servers
    }
}

#[cfg(test)]
mod tests;
