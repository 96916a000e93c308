//! What conversations were about: kept in the store, recalled when a turn begins.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::message::Message;
use super::past::{self, Ending};
use super::reset;
use crate::agent::{AgentServices, TurnRequest};
use crate::cron::schedule::default_zone;
use crate::session::{SessionKey, SessionScope};
use crate::store::{HistoryTurn, StoreError};

/// The memory of one back end.
#[derive(Debug)]
pub(super) struct Memory {
    services: AgentServices,
    /// What is recalled at the most, in tokens.
    budget: u32,
    /// The turns under way, so that none of them brings back what was forgotten meanwhile.
    /// As many as run at one time.
    open: Mutex<Vec<Open>>,
}

#[derive(Debug, Clone)]
struct Open {
    session: SessionKey,
    /// Whether it was forgotten. Held while the turn is written down, hence not a lock for
    /// threads.
    is_forgotten: Arc<AsyncMutex<bool>>,
}

/// A turn that may be kept when it ends.
#[derive(Debug)]
pub(super) struct Page<'a> {
    memory: &'a Memory,
    open: Open,
}

impl Memory {
    pub(super) fn new(services: AgentServices, budget: u32) -> Self {
        Self {
            services,
            budget,
            open: Mutex::default(),
        }
    }

    /// Begins a turn.
    pub(super) fn open(&self, session: &SessionKey) -> Page<'_> {
        let open = Open {
            session: session.clone(),
            is_forgotten: Arc::default(),
        };
        self.turns().push(open.clone());
        Page { memory: self, open }
    }

    /// The earlier turns that the model is reminded of, oldest first. A memory that can't be
    /// read is empty: an answer without it is better than none.
    pub(super) async fn recall(&self, turn: &TurnRequest) -> Vec<Vec<Message>> {
        if !self.remembers(&turn.session) {
            return Vec::new();
        }
        let history = match self
            .services
            .store
            .history(&turn.session, self.budget)
            .await
        {
            Ok(history) => history,
            Err(error) => {
                warn(
                    &error,
                    "a history could not be read; the model answers without it",
                );
                return Vec::new();
            }
        };
        if let Some(last) = history.last()
            && self.is_over(turn, last.at_ms)
        {
            tracing::info!(session = %turn.session, "a session begins anew, as the settings say");
            self.forget(&turn.session).await;
            return Vec::new();
        }
        let earlier = history
            .into_iter()
            .filter(|kept| kept.message_id != turn.message_id.as_str())
            .filter_map(|kept| match serde_json::from_str(&kept.body) {
                Ok(messages) => Some(messages),
                Err(error) => {
                    // The error tells the place, not what stands there.
                    tracing::warn!(column = error.column(), "a turn of a history can't be read");
                    None
                }
            });
        past::fitting(earlier.collect(), self.budget)
    }

    /// Forgets a conversation, and that of the turns that still run in it.
    pub(super) async fn forget(&self, session: &SessionKey) {
        let open: Vec<Open> = self.turns().clone();
        for turn in open.iter().filter(|turn| turn.session == *session) {
            *turn.is_forgotten.lock().await = true;
        }
        if let Err(error) = self.services.store.forget_history(session).await {
            warn(&error, "a history could not be forgotten");
        }
    }

    fn remembers(&self, session: &SessionKey) -> bool {
        self.budget > 0 && !matches!(session.scope, SessionScope::JobRun { .. })
    }

    fn is_over(&self, turn: &TurnRequest, last_ms: i64) -> bool {
        let config = self.services.config.get();
        let rule = reset::rule_of(&config.session, &turn.session.scope, turn.chat.kind);
        let zone = default_zone(config.cron.default_time_zone.as_deref()).unwrap_or_else(|error| {
            tracing::warn!(%error, "the time zone is not known; UTC is taken");
            jiff::tz::TimeZone::UTC
        });
        reset::is_over(rule, last_ms, self.services.clock.now_ms(), &zone)
    }

    fn turns(&self) -> std::sync::MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Page<'_> {
    /// Writes the turn down, unless its conversation was forgotten.
    pub(super) async fn keep(&self, turn: &TurnRequest, messages: &[Message], ending: Ending) {
        if !self.memory.remembers(&turn.session) {
            return;
        }
        let messages = past::kept(messages, ending);
        let Ok(body) = serde_json::to_string(&messages) else {
            return;
        };
        let kept = HistoryTurn {
            message_id: turn.message_id.as_str().to_owned(),
            at_ms: self.memory.services.clock.now_ms(),
            tokens: past::length(&messages),
            body,
        };
        let is_forgotten = self.open.is_forgotten.lock().await;
        if *is_forgotten {
            return;
        }
        let store = &self.memory.services.store;
        if let Err(error) = store.keep_turn(&turn.session, kept).await {
            warn(
                &error,
                "a turn could not be kept; the model will not know of it",
            );
        }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let is_this = |open: &Open| Arc::ptr_eq(&open.is_forgotten, &self.open.is_forgotten);
        self.memory.turns().retain(|open| !is_this(open));
    }
}

fn warn(error: &StoreError, what: &str) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}
