//! The `wecom_mcp` tool: two actions, one answer's shape, whoever serves it.
//!
//! [`Tools::run`] takes what a model wrote and what surrounds the call, and always answers:
//! failures are answers too, with what to do next. [`definition()`] is how it is announced.

mod answer;
mod arguments;
mod confirm;
mod context;
mod definition;
mod list;
mod recent;
mod reply;
mod scope;

#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::{Map, Value};

pub use confirm::{Confirm, Confirmed, NobodyToAsk, Question};
pub use context::CallContext;
pub use definition::{ToolAnnotations, ToolDefinition, definition};
pub use reply::ToolReply;
pub use scope::Scope;

use crate::clock::SharedClock;
use crate::config::{LiveConfig, McpConfirm};
use crate::interceptors::{ErrorKind, Pipeline, ToolCall, ToolError, Validate, audit};
use arguments::{CallRequest, Request};
use recent::Recent;
use reply::Subject;

/// The tool. Clones are one tool.
#[derive(Debug, Clone)]
pub struct Tools {
    pipeline: Pipeline,
    config: LiveConfig,
    validate: Arc<Validate>,
    recent: Arc<Recent>,
}

impl Tools {
    /// The tool over `pipeline`. `config` says what has to be confirmed, `clock` what time
    /// it is for the checks that come before a question.
    pub fn new(pipeline: Pipeline, config: LiveConfig, clock: SharedClock) -> Self {
        Self {
            pipeline,
            config,
            validate: Arc::new(Validate::new(clock)),
            recent: Arc::default(),
        }
    }

    /// What lies behind the tool.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Uses the tool with the arguments that a model wrote. Dropping the future cancels what
    /// it does.
    pub async fn run(&self, arguments: Map<String, Value>, context: CallContext) -> ToolReply {
        let (category, method) = arguments::names(&arguments);
        let subject = Subject {
            account: context.identity.account().as_str().to_owned(),
            category,
            method,
        };
        let work = self.answer(arguments, context, &subject);
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(reply) => reply,
            Err(_) => subject.failure(&panicked(), Vec::new(), Vec::new()),
        }
    }

    async fn answer(
        &self,
        arguments: Map<String, Value>,
        context: CallContext,
        subject: &Subject,
    ) -> ToolReply {
        let stray = arguments::stray_fields(&arguments);
        let answer = match arguments::parse(arguments) {
            Ok(Request::List(request)) => {
                list::answer(&self.pipeline, &request, &context, subject).await
            }
            Ok(Request::Call(request)) => self.call(request, &context, subject).await,
            Err(error) => Err(error),
        };
        let mut reply =
            answer.unwrap_or_else(|error| subject.failure(&error, Vec::new(), Vec::new()));
        if let Some(stray) = stray.filter(|_| !context.raw) {
            reply.warn(stray);
        }
        reply
    }

    async fn call(
        &self,
        request: CallRequest,
        context: &CallContext,
        subject: &Subject,
    ) -> Result<ToolReply, ToolError> {
        let CallRequest {
            category,
            method,
            args,
        } = request;
        let identity = &context.identity;
        let admitted = match context.scope.check(&category, &method) {
            Ok(()) => self.confirm(&category, &method, &args, context).await,
            refused => refused,
        };
        if let Err(error) = admitted {
            audit::without_a_call(identity, &category, &method, error.kind.as_str());
            return Err(error);
        }
        // Only now: the time that a person thinks is not the call's.
        let mut call = ToolCall::new(identity.clone(), category, method, args);
        call.delivery = context.delivery;
        call.files = context.files.clone();
        call.progress = context.progress.clone();

        let reads = scope::reads(&call.category, &call.method);
        let raw = context.raw;
        let pipeline = self.pipeline.clone();
        let subject = subject.clone();
        let run = move |call: ToolCall| async move {
            let running = AssertUnwindSafe(answer::of_call(&pipeline, &subject, call, reads, raw));
            match running.catch_unwind().await {
                Ok(reply) => reply,
                Err(_) => subject.failure(&panicked(), Vec::new(), Vec::new()),
            }
        };
        Ok(Arc::unwrap_or_clone(
            self.recent.run(call, reads, raw, run).await,
        ))
    }

    /// Asks where the account wants it; not about a call that would be refused anyhow.
    async fn confirm(
        &self,
        category: &str,
        method: &str,
        args: &Map<String, Value>,
        context: &CallContext,
    ) -> Result<(), ToolError> {
        let config = self.config.get();
        let account = config.accounts.get(context.identity.account());
        let Some(settings) = account.map(|account| &account.mcp) else {
            return Ok(());
        };
        if settings.confirm == McpConfirm::Off {
            return Ok(());
        }
        let is_checked = !settings
            .disabled_interceptors
            .iter()
            .any(|name| name == Validate::NAME);
        if is_checked {
            let identity = &context.identity;
            let known = self.pipeline.servers().known(identity, category);
            let mut call = ToolCall::new(identity.clone(), category, method, args.clone());
            self.validate.check(&mut call, known.as_deref())?;
        }
        confirm::check(settings.confirm, category, method, args, &*context.confirm).await
    }
}

fn panicked() -> ToolError {
    ToolError::new(
        ErrorKind::Internal,
        "Something went wrong inside this program; its log has more.",
    )
    .maybe_executed()
    .next("Do not repeat a call that changes something without looking whether it took effect.")
}
