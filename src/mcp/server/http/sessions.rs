//! Legacy sessions, each bound to the credential that began it.
//!
//! The session's engine knows ids only: with it alone any token could go on in any
//! session. So every request is looked up here first, and a session of somebody else is as
//! unknown as one that never was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::transport::streamable_http_server::SessionManager;
use rmcp::transport::streamable_http_server::session::SessionId;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::mcp::credentials::Owner;

/// Sessions of one credential; beyond it the one that rested longest ends.
const PER_OWNER: usize = 100;

/// Sessions in all; beyond it the one that rested longest ends.
const IN_ALL: usize = 1_000;

/// How long a session lives without a request and without an open stream. People pause in
/// a conversation for longer than a few minutes.
const IDLE: Duration = Duration::from_mins(30);

/// How often resting sessions are looked through.
const SWEEP: Duration = Duration::from_mins(1);

/// Time from a session's first byte to the end of its handshake.
const HANDSHAKE: Duration = Duration::from_mins(1);

/// The sessions and who began each.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    engine: Arc<LocalSessionManager>,
    bound: Arc<Mutex<HashMap<SessionId, Session>>>,
}

#[derive(Debug)]
struct Session {
    owner: Owner,
    used: Instant,
    /// Responses that are still being sent.
    streams: usize,
}

/// A response of a session that is still being sent; ends when dropped.
#[derive(Debug)]
pub(super) struct OpenStream {
    sessions: Sessions,
    id: SessionId,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let mut config = SessionConfig::default();
        // Idle sessions end here, where open streams count as life.
        config.keep_alive = None;
        config.init_timeout = Some(HANDSHAKE);
        let mut engine = LocalSessionManager::default();
        engine.session_config = config;
        Self {
            engine: Arc::new(engine),
            bound: Arc::default(),
        }
    }

    /// What runs the sessions.
    pub(super) fn engine(&self) -> &Arc<LocalSessionManager> {
        &self.engine
    }

    /// Goes on in a session; `None` where `owner` has none of that id.
    pub(super) fn resume(&self, id: &SessionId, owner: &Owner) -> Option<OpenStream> {
        let mut bound = self.lock();
        let session = bound.get_mut(id)?;
        if session.owner != *owner {
            tracing::warn!("a session was asked for with the token of somebody else");
            return None;
        }
        session.used = Instant::now();
        session.streams += 1;
        drop(bound);
        Some(OpenStream {
            sessions: self.clone(),
            id: id.clone(),
        })
    }

    /// Binds a session that has just begun, and ends others where there are too many.
    pub(super) async fn bind(&self, id: SessionId, owner: Owner) {
        let ended = {
            let mut bound = self.lock();
            let now = Instant::now();
            bound.insert(
                id,
                Session {
                    owner: owner.clone(),
                    used: now,
                    streams: 0,
                },
            );
            let mut ended = Vec::new();
            let own = |session: &Session| session.owner == owner;
            if bound.values().filter(|session| own(session)).count() > PER_OWNER {
                ended.extend(longest_at_rest(&bound, own));
            } else if bound.len() > IN_ALL {
                ended.extend(longest_at_rest(&bound, |_| true));
            }
            for id in &ended {
                bound.remove(id);
            }
            ended
        };
        self.end(ended).await;
    }

    /// Forgets a session that the client ended.
    pub(super) fn forget(&self, id: &SessionId) {
        self.lock().remove(id);
    }

    /// Ends idle sessions until `stop` is cancelled.
    pub(super) async fn sweep(self, stop: CancellationToken) {
        let mut timer = tokio::time::interval(SWEEP);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timer.tick() => self.end_idle().await,
            }
        }
    }

    async fn end_idle(&self) {
        let now = Instant::now();
        let is_idle =
            |session: &Session| session.streams == 0 && now.duration_since(session.used) >= IDLE;
        let idle: Vec<SessionId> = {
            let mut bound = self.lock();
            let idle = bound
                .iter()
                .filter(|(_, session)| is_idle(session))
                .map(|(id, _)| id.clone())
                .collect();
            bound.retain(|_, session| !is_idle(session));
            idle
        };
        self.end(idle).await;
    }

    async fn end(&self, ids: Vec<SessionId>) {
        for id in ids {
            if let Err(error) = self.engine.close_session(&id).await {
                tracing::debug!(%error, "a session had ended already");
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Session>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn longest_at_rest(
    bound: &HashMap<SessionId, Session>,
    which: impl Fn(&Session) -> bool,
) -> Option<SessionId> {
    bound
        .iter()
        .filter(|(_, session)| which(session))
        .min_by_key(|(_, session)| session.used)
        .map(|(id, _)| id.clone())
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        if let Some(session) = self.sessions.lock().get_mut(&self.id) {
            session.streams = session.streams.saturating_sub(1);
            session.used = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileGrant;
    use crate::identity::Identity;
    use crate::mcp::credentials::Credential;

    fn owner(account: &str) -> Owner {
        let identity = Identity::of_operator(account.into(), None);
        Credential::of_operator(identity, FileGrant::default())
            .owner()
            .clone()
    }

    fn id(number: usize) -> SessionId {
        format!("session-{number}").into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_known_to_who_began_it_alone() {
        let sessions = Sessions::new();
        sessions.bind(id(1), owner("one")).await;
        assert!(sessions.resume(&id(1), &owner("one")).is_some());
        assert!(sessions.resume(&id(1), &owner("other")).is_none());
        assert!(sessions.resume(&id(2), &owner("one")).is_none());
        sessions.forget(&id(1));
        assert!(sessions.resume(&id(1), &owner("one")).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_session_that_rested_longest_makes_room() {
        let sessions = Sessions::new();
        for number in 0..100 {
            sessions.bind(id(number), owner("one")).await;
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        drop(sessions.resume(&id(0), &owner("one")));
        sessions.bind(id(100), owner("one")).await;
        assert!(sessions.resume(&id(0), &owner("one")).is_some());
        assert!(sessions.resume(&id(1), &owner("one")).is_none());
        assert_eq!(sessions.lock().len(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn all_sessions_together_are_bounded() {
        let sessions = Sessions::new();
        for number in 0..=1_000 {
            let account = format!("a{}", number % 50);
            sessions.bind(id(number), owner(&account)).await;
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(sessions.lock().len(), 1_000);
        assert!(sessions.resume(&id(0), &owner("a0")).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_session_ends_unless_a_stream_is_open() {
        let sessions = Sessions::new();
        sessions.bind(id(1), owner("one")).await;
        sessions.bind(id(2), owner("one")).await;
        let open = sessions.resume(&id(2), &owner("one"));
        tokio::time::advance(IDLE).await;
        sessions.end_idle().await;
        assert!(sessions.resume(&id(1), &owner("one")).is_none());
        assert!(sessions.lock().contains_key(&id(2)));
        drop(open);
        sessions.end_idle().await;
        assert!(sessions.lock().contains_key(&id(2)), "it was just used");
        tokio::time::advance(IDLE).await;
        sessions.end_idle().await;
        assert!(!sessions.lock().contains_key(&id(2)));
    }
}
