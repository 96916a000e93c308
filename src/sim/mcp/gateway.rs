//! The doors of the category servers: addresses, switches, faults, sessions, journal.

use std::collections::{BTreeMap, HashMap};

use tokio::sync::watch;

use super::addresses::Addresses;
use super::fault::{Due, Faults, McpFault};
use super::journal::{Journal, McpCall, McpKey, McpOutcome};
use super::sessions::{Session, Sessions};
use super::switches::McpSwitches;
use crate::catalogue;
use crate::ids::BotId;

/// What stands before the company's category servers.
#[derive(Debug)]
pub(in crate::sim) struct Gateway {
    base: String,
    addresses: Addresses,
    switches: BTreeMap<(BotId, String), McpSwitches>,
    faults: HashMap<BotId, Faults>,
    sessions: Sessions,
    journal: Journal,
    changes: watch::Sender<u64>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            base: String::new(),
            addresses: Addresses::default(),
            switches: BTreeMap::new(),
            faults: HashMap::new(),
            sessions: Sessions::default(),
            journal: Journal::default(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Gateway {
    /// Sets where the simulator listens: `http://127.0.0.1:PORT`.
    pub(in crate::sim) fn listen_at(&mut self, base: String) {
        self.base = base;
    }

    /// The address that a bot gets for a category, or the code of the refusal.
    pub(in crate::sim) fn address(
        &mut self,
        bot: &BotId,
        category: &str,
    ) -> Result<(String, bool), i64> {
        let switches = self.switches(bot, category);
        if !switches.open || !catalogue::categories().contains(&category) {
            return Err(switches.closed_code);
        }
        Ok((self.url(bot, category), switches.authed))
    }

    /// The address of a category, open or not.
    pub(super) fn url(&mut self, bot: &BotId, category: &str) -> String {
        let key = self.addresses.key(bot, category);
        format!("{}/mcp/robot-{category}?apikey={key}", self.base)
    }

    /// Gives the category a new key.
    pub(super) fn renew(&mut self, bot: &BotId, category: &str) {
        self.addresses.renew(bot, category);
    }

    /// Whose key it is, and of what kind, at a category's server.
    pub(super) fn check_key(&self, key: &str, category: &str) -> (Option<BotId>, McpKey) {
        match self.addresses.find(key) {
            Some(address) if address.category == category => {
                let kind = if address.is_stale {
                    McpKey::Stale
                } else {
                    McpKey::Current
                };
                (Some(address.bot.clone()), kind)
            }
            _ => (None, McpKey::Unknown),
        }
    }

    /// The behaviour of a category's server.
    pub(super) fn switches(&self, bot: &BotId, category: &str) -> McpSwitches {
        let place = (bot.clone(), category.to_owned());
        self.switches.get(&place).cloned().unwrap_or_default()
    }

    /// Sets the behaviour of a category's server.
    pub(super) fn set_switches(&mut self, bot: &BotId, category: &str, switches: McpSwitches) {
        let place = (bot.clone(), category.to_owned());
        self.switches.insert(place, switches);
    }

    /// A bot's faults.
    pub(super) fn faults(&mut self, bot: &BotId) -> &mut Faults {
        self.faults.entry(bot.clone()).or_default()
    }

    /// What stands.
    pub(super) fn standing_faults(&self, bot: &BotId) -> Vec<McpFault> {
        let faults = self.faults.get(bot);
        faults.map_or_else(Vec::new, |faults| faults.standing().to_vec())
    }

    /// Counts a request; what is to happen to it.
    pub(super) fn due(
        &mut self,
        bot: &BotId,
        category: &str,
        rpc: &str,
        tool: Option<&str>,
    ) -> Due {
        let faults = self.faults.get_mut(bot);
        faults.map_or_else(Due::default, |faults| faults.due(category, rpc, tool))
    }

    /// Opens a session.
    pub(super) fn open_session(&mut self, session: Session) -> String {
        self.sessions.open(session)
    }

    /// A session of a category's server.
    pub(super) fn session(&self, id: &str, bot: &BotId, category: &str) -> Option<&Session> {
        self.sessions.find(id, bot, category)
    }

    /// Closes a session; says whether it was open.
    pub(super) fn close_session(&mut self, id: &str) -> bool {
        self.sessions.close(id)
    }

    /// Ends all sessions of a category's server; says how many.
    pub(super) fn expire_sessions(&mut self, bot: &BotId, category: &str) -> usize {
        self.sessions.expire(bot, category)
    }

    /// Notes a request.
    pub(super) fn begin(&mut self, call: McpCall, bytes: usize) -> u64 {
        let seq = self.journal.begin(call, bytes);
        self.changes.send_modify(|n| *n += 1);
        seq
    }

    /// Notes what became of a request.
    pub(super) fn end(&mut self, seq: u64, outcome: McpOutcome) {
        self.journal.end(seq, outcome);
        self.changes.send_modify(|n| *n += 1);
    }

    /// The last requests, oldest first.
    pub(in crate::sim) fn calls(&self) -> impl Iterator<Item = &McpCall> {
        self.journal.calls()
    }

    /// Forgets the requests so far.
    pub(super) fn forget_calls(&mut self) {
        self.journal.clear();
    }

    /// Tells of requests and their ends.
    pub(in crate::sim) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
