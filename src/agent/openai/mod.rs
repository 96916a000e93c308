//! Models behind an OpenAI-compatible endpoint: DeepSeek, Qwen, GLM, Hunyuan, Kimi, vLLM,
//! Ollama and others.
//!
//! ```text
//! turn ──► memory: earlier turns ──► endpoint ──► answer ──► reply ──► events
//!   ▲      prompt: who, where        retries      pieces     thoughts
//!   │                                                        hidden
//!   └──────────────────── toolwork ◄──── calls ◄───────────────┘
//! ```
//!
//! The client is our own, on `reqwest` and `eventsource-stream`. The client libraries that
//! exist (`async-openai` foremost, also with types of one's own) were looked at and do not
//! fit: they lose the headers of an error, so that no `Retry-After` can be kept, and its
//! status where the body is not OpenAI's; they read bodies without a bound; and they hand
//! pieces over by a task and a channel without a bound, which a model that never stops would
//! fill.

mod answer;
mod chunk;
mod endpoint;
mod failure;
mod memory;
mod message;
mod past;
mod prompt;
mod reply;
mod reset;
mod think;
mod tokens;
mod toolwork;
mod turn;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Agent, AgentEvent, AgentServices, TurnRequest};
use crate::config::OpenAiBackend;
use crate::session::SessionKey;
use crate::task;
use endpoint::Endpoint;
use memory::Memory;
use turn::Turn;

/// Events that wait to be seen: the turn reads them at once, this is for a burst.
const WAITING: usize = 16;

/// Answers by way of a model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct OpenAiAgent {
    backend: Arc<Backend>,
    /// The turns: they end by themselves once nobody listens.
    tracker: TaskTracker,
}

/// What the turns of a back end share.
#[derive(Debug)]
struct Backend {
    settings: Arc<OpenAiBackend>,
    services: AgentServices,
    endpoint: Endpoint,
    memory: Memory,
}

impl OpenAiAgent {
    /// With these settings. Nothing is connected yet.
    pub fn new(settings: OpenAiBackend, services: AgentServices) -> Self {
        let settings = Arc::new(settings);
        Self {
            backend: Arc::new(Backend {
                endpoint: Endpoint::new(settings.clone()),
                memory: Memory::new(services.clone(), settings.history_tokens),
                settings,
                services,
            }),
            tracker: TaskTracker::new(),
        }
    }
}

impl Agent for OpenAiAgent {
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let (events, mut seen) = mpsc::channel(WAITING);
        let cancel = cancel.child_token();
        let turn = Turn {
            backend: self.backend.clone(),
            request: turn,
            events,
            cancel: cancel.clone(),
        };
        // A task: once the turn is stopped, what was said is still to be kept.
        task::spawn(&self.tracker, "openai turn", turn.run());
        let unwanted = cancel.clone().drop_guard();
        stream::poll_fn(move |context| {
            let _held = &unwanted;
            seen.poll_recv(context)
        })
        .take_until(cancel.cancelled_owned())
        .boxed()
    }

    fn forget<'a>(&'a self, session: &'a SessionKey) -> BoxFuture<'a, ()> {
        Box::pin(self.backend.memory.forget(session))
    }
}

#[cfg(test)]
mod tests;
