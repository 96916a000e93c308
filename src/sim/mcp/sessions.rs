//! Sessions of stateful category servers.

use std::collections::{HashMap, VecDeque};

use crate::ids::BotId;

/// All sessions, bounded.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<String, Session>,
    order: VecDeque<String>,
}

/// One session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The bot.
    pub(super) bot: BotId,
    /// The category.
    pub(super) category: String,
    /// The member that the opening request named.
    pub(super) member: Option<String>,
}

impl Sessions {
    /// Opens a session and returns its id.
    pub(super) fn open(&mut self, session: Session) -> String {
        let id = format!("{:032x}", rand::random::<u128>());
        self.open.insert(id.clone(), session);
        self.order.push_back(id.clone());
        if self.order.len() > SESSIONS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.open.remove(&oldest);
        }
        id
    }

    /// The session with this id at this place.
    pub(super) fn find(&self, id: &str, bot: &BotId, category: &str) -> Option<&Session> {
        self.open
            .get(id)
            .filter(|session| session.bot == *bot && session.category == category)
    }

    /// Closes one; says whether it was open.
    pub(super) fn close(&mut self, id: &str) -> bool {
        self.order.retain(|open| open != id);
        self.open.remove(id).is_some()
    }

    /// Ends all sessions of a bot's category, and says how many they were.
    pub(super) fn expire(&mut self, bot: &BotId, category: &str) -> usize {
        let before = self.open.len();
        self.open
            .retain(|_, session| session.bot != *bot || session.category != category);
        self.order.retain(|id| self.open.contains_key(id));
        before - self.open.len()
    }
}

/// Open sessions, over all bots; a client that never closes any loses the oldest.
const SESSIONS_MAX: usize = 4_096;
