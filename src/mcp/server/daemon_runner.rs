//! Tool calls by way of the running daemon.

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::BytesMut;
use futures_util::StreamExt;
use serde_json::{Map, Value};

use super::runner::{AccountSummary, ToolRunner, failure};
use super::wire::{Answered, CALL_PATH, CallRequest, Line, WireReply};
use crate::daemon::{self, Contact, ContactError};
use crate::interceptors::{ErrorKind, ToolError};
use crate::mcp::tool::{CallContext, Confirmed, ToolReply};
use crate::secret::Secret;

/// Longest line of an answer. A reply is at most some hundred kilobytes; files are on disk.
const MAX_LINE: usize = 32 * 1024 * 1024;

/// How often a call is made with answers to questions. One question a call is asked.
const MAX_ROUNDS: usize = 3;

/// Looks for the daemon at every call, so that a restarted one is found.
#[derive(Debug, Clone)]
pub struct DaemonRunner {
    home: PathBuf,
    /// The token of the agent's session whose calls these are; else the operator's.
    session: Option<Secret>,
}

impl DaemonRunner {
    /// The daemon of a state directory.
    pub fn new(home: PathBuf) -> Self {
        Self {
            home,
            session: None,
        }
    }

    /// The same for the session of an agent that the daemon started.
    #[must_use]
    pub fn of_session(self, token: Option<Secret>) -> Self {
        Self {
            session: token,
            ..self
        }
    }

    async fn call(
        &self,
        arguments: Map<String, Value>,
        context: &CallContext,
    ) -> Result<WireReply, ToolError> {
        let contact = self.find()?;
        let identity = &context.identity;
        let mut request = CallRequest {
            account: Some(identity.account().as_str().to_owned()),
            session: self.session.as_ref().map(|token| token.reveal().to_owned()),
            user: identity.requester().cloned(),
            roots: context.files.roots.clone(),
            workspace: context.files.workspace.clone(),
            delivery: context.delivery.into(),
            raw: context.raw,
            answered: None,
            arguments,
        };
        for _ in 0..MAX_ROUNDS {
            let reply = one_call(&contact, &request, context).await?;
            let Some(question) = reply.question.clone() else {
                return Ok(reply);
            };
            let allowed = match context.confirm.ask(question.clone().into()).await {
                Confirmed::Yes => Some(true),
                Confirmed::No => Some(false),
                Confirmed::Unavailable => None,
                // The client makes the call again.
                Confirmed::Later => return Ok(reply),
            };
            request.answered = Some(Answered { question, allowed });
        }
        Err(ToolError::new(
            ErrorKind::Internal,
            "The daemon asks the same question again and again.",
        ))
    }

    fn find(&self) -> Result<Contact, ToolError> {
        daemon::find(&self.home).map_err(|error| unreachable_daemon(&error))
    }
}

#[async_trait]
impl ToolRunner for DaemonRunner {
    async fn run(&self, arguments: Map<String, Value>, context: CallContext) -> ToolReply {
        match self.call(arguments, &context).await {
            Ok(reply) => reply.into_reply(),
            Err(error) => failure(context.identity.account(), &error),
        }
    }

    async fn accounts(&self) -> Result<Vec<AccountSummary>, ToolError> {
        self.find()?
            .get("/status")
            .await
            .map_err(|error| unreachable_daemon(&error))
    }
}

async fn one_call(
    contact: &Contact,
    request: &CallRequest,
    context: &CallContext,
) -> Result<WireReply, ToolError> {
    let mut pieces = contact
        .open(CALL_PATH, request)
        .await
        .map_err(|error| unreachable_daemon(&error))?;
    let mut waiting = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| broken_off())?;
        // Only the new piece is searched, so a long line costs its length once.
        let before = waiting.len();
        let mut end_of_line = piece
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|at| before + at);
        waiting.extend_from_slice(&piece);
        while let Some(end) = end_of_line {
            let line = waiting.split_to(end + 1);
            end_of_line = waiting.iter().position(|byte| *byte == b'\n');
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(&line).map_err(|_| broken_off())? {
                Line::Progress(step) => context.progress.tell(step.done, step.total, step.message),
                Line::Reply(reply) => return Ok(reply),
            }
        }
        if waiting.len() > MAX_LINE {
            break;
        }
    }
    Err(broken_off())
}

fn unreachable_daemon(error: &ContactError) -> ToolError {
    let next = "Tell the user to start the daemon with `wecom run`, then make the call again.";
    match error {
        ContactError::NotRunning { .. } | ContactError::Request(_) => {
            let message = "The wecom daemon does not run on this machine.";
            ToolError::new(ErrorKind::NotConnected, message)
                .retryable()
                .next(next)
        }
        ContactError::Refused { message } => ToolError::invalid_args(message.clone()),
        _ => ToolError::new(
            ErrorKind::NotConnected,
            "The wecom daemon of this state directory can't be reached.",
        )
        .next(next),
    }
}

fn broken_off() -> ToolError {
    ToolError::new(
        ErrorKind::Network,
        "The daemon went away before it had answered.",
    )
    .maybe_executed()
    .next("Find out whether the call took effect before you make it again.")
}
