//! The back end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;

use super::turn::Turn;
use crate::agent::events::written;
use crate::agent::{Agent, AgentEvent, AgentServices, Person, ToolTurn, TurnRequest};
use crate::config::OpenClawPlugin;
use crate::session::SessionKey;

/// Sessions that are to begin anew with their next question, and agents that are known to be
/// there. Beyond so many the set is emptied: a session goes on then, an agent is asked for
/// once more.
const MAX_NOTED: usize = 10_000;

/// Answers by the agents of an OpenClaw installation, through its connector plugin.
#[derive(Debug, Clone)]
pub struct PluginAgent(Arc<Shared>);

/// What the turns of a back end share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: OpenClawPlugin,
    pub(super) services: AgentServices,
    /// Sessions that begin anew with their next question.
    anew: Mutex<HashSet<SessionKey>>,
    /// Agents that are there, by connection: another gateway may be another installation.
    ensured: Mutex<HashSet<(u64, String)>>,
}

impl PluginAgent {
    /// With these settings, over the link of `services`.
    pub fn new(settings: OpenClawPlugin, services: AgentServices) -> Self {
        Self(Arc::new(Shared {
            settings,
            services,
            anew: Mutex::default(),
            ensured: Mutex::default(),
        }))
    }
}

impl Agent for PluginAgent {
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let shared = self.0.clone();
        written(cancel, move |events| async move {
            let person = Person::behind(events.clone());
            let turn = Turn::new(
                &shared,
                Arc::new(ToolTurn::of(&turn, person)),
                turn,
                &events,
            );
            let last = match Box::pin(turn.run()).await {
                Ok(()) => AgentEvent::Done,
                Err(failure) => AgentEvent::Failed(failure),
            };
            // Nobody listens any more once the turn is over.
            events.send(last).await.ok();
        })
    }

    /// OpenClaw begins a session anew for whoever writes `/new` in it: that is said before the
    /// next question, in its name. Kept in memory: after a restart before that question the
    /// session goes on.
    fn forget<'a>(&'a self, session: &'a SessionKey) -> BoxFuture<'a, ()> {
        note(&self.0.anew, session.clone());
        Box::pin(std::future::ready(()))
    }
}

impl Shared {
    /// Whether the session is to begin anew; asked once.
    pub(super) fn begins_anew(&self, session: &SessionKey) -> bool {
        lock(&self.anew).remove(session)
    }

    pub(super) fn is_ensured(&self, epoch: u64, agent: &str) -> bool {
        lock(&self.ensured).contains(&(epoch, agent.to_owned()))
    }

    pub(super) fn note_ensured(&self, epoch: u64, agent: &str) {
        note(&self.ensured, (epoch, agent.to_owned()));
    }
}

fn note<T: Eq + std::hash::Hash>(set: &Mutex<HashSet<T>>, item: T) {
    let mut set = lock(set);
    if set.len() >= MAX_NOTED {
        set.clear();
    }
    set.insert(item);
}

/// Short sections without a wait; every entry is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
