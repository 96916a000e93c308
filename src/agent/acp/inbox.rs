//! What a session's updates wait in until the turn takes them.
//!
//! Updates are put in by the connection's one loop, which must never wait for a turn: so
//! pieces of text join, and everything has a limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use agent_client_protocol::v1::Responder;
use agent_client_protocol::v1::schema::{
    ContentBlock, RequestPermissionRequest, RequestPermissionResponse, SessionId,
};
use tokio::sync::Notify;

use crate::agent::ToolStep;

/// Bytes of text in one answer: a hundred messages of WeCom's. A program that writes more
/// has lost its way.
pub(super) const MAX_ANSWER: usize = 256 * 1024;

/// Things that wait at one time. The turn takes them at once; this is for a burst.
const MAX_WAITING: usize = 256;

/// Pictures and the like that wait at one time: each may have some megabytes.
const MAX_CONTENTS: usize = 8;

/// Something that happened in a session.
#[derive(Debug)]
pub(super) enum Update {
    /// A piece of the answer that is not text.
    Content(Box<ContentBlock>),
    /// A piece of the answer.
    Text(String),
    /// The answer is longer than [`MAX_ANSWER`]; no more of it comes.
    TooLong,
    /// A tool is used.
    Tool(ToolStep),
    /// The program asks whether it may do something.
    Permission(
        Box<RequestPermissionRequest>,
        Responder<RequestPermissionResponse>,
    ),
}

/// What waits for one turn.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Update>,
    /// Bytes of text since the turn began.
    text_bytes: usize,
    is_too_long: bool,
}

impl Inbox {
    /// Puts something in. What there is no room for comes back.
    pub(super) fn put(&self, update: Update) -> Option<Update> {
        let refused = self.lock().put(update);
        self.arrived.notify_one();
        refused
    }

    /// The next that happens. Cancel safe.
    pub(super) async fn next(&self) -> Update {
        loop {
            let arrived = self.arrived.notified();
            if let Some(update) = self.take() {
                return update;
            }
            arrived.await;
        }
    }

    /// What waits already.
    pub(super) fn take(&self) -> Option<Update> {
        self.lock().waiting.pop_front()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, update: Update) -> Option<Update> {
        let update = match update {
            Update::Text(piece) => return self.put_text(piece),
            other => other,
        };
        let is_content = |update: &Update| matches!(update, Update::Content(_));
        let contents = self
            .waiting
            .iter()
            .filter(|other| is_content(other))
            .count();
        if self.waiting.len() >= MAX_WAITING || (is_content(&update) && contents >= MAX_CONTENTS) {
            return Some(update);
        }
        self.waiting.push_back(update);
        None
    }

    fn put_text(&mut self, mut piece: String) -> Option<Update> {
        if self.is_too_long {
            return None;
        }
        let room = MAX_ANSWER - self.text_bytes;
        if piece.len() > room {
            let end = (0..=room).rev().find(|end| piece.is_char_boundary(*end));
            piece.truncate(end.unwrap_or_default());
            self.is_too_long = true;
        }
        self.text_bytes += piece.len();
        match self.waiting.back_mut() {
            Some(Update::Text(before)) => before.push_str(&piece),
            _ => self.waiting.push_back(Update::Text(piece)),
        }
        if self.is_too_long {
            self.waiting.push_back(Update::TooLong);
        }
        None
    }
}

/// Which turn a session's updates belong to. Updates of sessions without one are passed over:
/// an earlier conversation that is read again, or a step that ends late.
#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<HashMap<SessionId, Arc<Inbox>>>);

/// A turn that gets the updates of a session until this is dropped.
#[derive(Debug)]
pub(super) struct Route {
    routes: Arc<Routes>,
    session: SessionId,
    pub(super) inbox: Arc<Inbox>,
}

impl Routes {
    /// Begins to gather the updates of a session.
    pub(super) fn enter(self: &Arc<Self>, session: &SessionId) -> Route {
        let inbox = Arc::<Inbox>::default();
        self.lock().insert(session.clone(), inbox.clone());
        Route {
            routes: self.clone(),
            session: session.clone(),
            inbox,
        }
    }

    /// Where updates of a session go now.
    pub(super) fn of(&self, session: &SessionId) -> Option<Arc<Inbox>> {
        self.lock().get(session).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Arc<Inbox>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.routes.lock().remove(&self.session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(inbox: &Inbox, piece: &str) {
        assert!(inbox.put(Update::Text(piece.to_owned())).is_none());
    }

    #[test]
    fn pieces_join_and_an_endless_answer_is_cut_once() {
        let inbox = Inbox::default();
        text(&inbox, "一");
        for _ in 0..MAX_ANSWER {
            text(&inbox, "二三");
        }
        let Some(Update::Text(all)) = inbox.take() else {
            panic!("one text");
        };
        assert!(all.len() <= MAX_ANSWER && all.len() > MAX_ANSWER - 3);
        assert!(all.starts_with("一二三二"));
        assert!(matches!(inbox.take(), Some(Update::TooLong)));
        text(&inbox, "more");
        assert!(inbox.take().is_none());
    }

    #[test]
    fn what_is_no_text_has_a_limit() {
        let inbox = Inbox::default();
        let step = || {
            Update::Tool(ToolStep::Started {
                name: "t".to_owned(),
            })
        };
        for _ in 0..MAX_WAITING {
            assert!(inbox.put(step()).is_none());
        }
        assert!(inbox.put(step()).is_some());
    }

    #[test]
    fn a_session_without_a_turn_has_no_inbox() {
        let routes = Arc::<Routes>::default();
        let id = SessionId::new("s");
        let route = routes.enter(&id);
        assert!(routes.of(&id).is_some());
        assert!(routes.of(&SessionId::new("other")).is_none());
        drop(route);
        assert!(routes.of(&id).is_none());
    }
}
