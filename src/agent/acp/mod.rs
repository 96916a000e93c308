//! Agents that are programs of their own and speak the Agent Client Protocol: Claude Code,
//! Gemini CLI, Codex, goose and others.
//!
//! One program serves all sessions of a back end. It starts with the first turn, and again
//! with the next turn after it crashed; it ends after an idle time and with the back end.
//!
//! ```text
//! turn ──► starter ──► link ──► seat ──► prompt
//!          program,    connection  session   updates come back by the
//!          pauses                            session's inbox
//! ```
//!
//! The program gets our tools by MCP, with a credential that acts for whoever's turn runs.

mod content;
mod failure;
mod inbox;
mod lines;
mod link;
mod opening;
mod permission;
mod process;
mod prompt;
mod seats;
mod starter;
mod turn;
mod updates;

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Agent, AgentEvent, AgentServices, TurnRequest};
use crate::config::AcpBackend;
use crate::session::SessionKey;
use crate::task;
use starter::Starter;
use turn::Turn;

/// Events that wait to be seen: the turn reads them at once, this is for a burst.
const WAITING: usize = 16;

/// Answers by way of a program that speaks the Agent Client Protocol.
#[derive(Debug)]
pub struct AcpAgent {
    backend: Arc<Backend>,
    /// The program ends with this.
    _stop: DropGuard,
}

/// What the turns of a back end share.
#[derive(Debug)]
struct Backend {
    settings: Arc<AcpBackend>,
    services: AgentServices,
    starter: Starter,
    /// What tells this program from others, without its secrets.
    program: String,
}

impl AcpAgent {
    /// With these settings. Nothing is started yet.
    pub fn new(settings: AcpBackend, services: AgentServices) -> Self {
        let settings = Arc::new(settings);
        let starter = Starter::new(settings.clone());
        Self {
            _stop: starter.stop().clone().drop_guard(),
            backend: Arc::new(Backend {
                program: digest(&settings),
                settings,
                services,
                starter,
            }),
        }
    }
}

impl Agent for AcpAgent {
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let (events, mut seen) = mpsc::channel(WAITING);
        let cancel = cancel.child_token();
        let turn = Turn {
            backend: self.backend.clone(),
            request: turn,
            events,
            cancel: cancel.clone(),
        };
        // A task: once the turn is cancelled the program is still to be stopped.
        task::spawn(self.backend.starter.tracker(), "acp turn", turn.run());
        let unwanted = cancel.clone().drop_guard();
        stream::poll_fn(move |context| {
            let _held = &unwanted;
            seen.poll_recv(context)
        })
        .take_until(cancel.cancelled_owned())
        .boxed()
    }

    fn forget<'a>(&'a self, session: &'a SessionKey) -> BoxFuture<'a, ()> {
        Box::pin(self.backend.forget(session))
    }
}

impl Backend {
    /// Where a session of an agent works.
    fn directory_of(&self, agent: &str) -> PathBuf {
        let own = self.settings.cwd.clone();
        own.unwrap_or_else(|| self.workspace_of(agent))
    }

    /// Where files lie that an agent may send.
    fn workspace_of(&self, agent: &str) -> PathBuf {
        self.services.config.get().agents.workspace_of(agent)
    }

    /// Where the program itself is started; its sessions have directories of their own.
    fn process_directory(&self) -> PathBuf {
        let own = self.settings.cwd.clone();
        own.unwrap_or_else(|| self.services.config.get().agents.workspace.clone())
    }

    async fn forget(&self, session: &SessionKey) {
        if let Err(error) = self.services.store.forget_acp_session(session).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a session could not be forgotten; a restart goes on with it"
            );
        }
        let Some(link) = self.starter.running().await else {
            return;
        };
        let seat = link.seats.leave(session);
        if let Some(open) = seat.and_then(|seat| seat.try_lock().ok()?.take()) {
            link.close(&open.id);
        }
    }
}

/// The program and its arguments, which may hold a key, as one word.
fn digest(settings: &AcpBackend) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&settings.command).chain(&settings.args) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

#[cfg(test)]
mod tests;
