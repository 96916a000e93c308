//! What the API knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde_json::Value;
use tokio::sync::watch;

use super::card::CardCodes;
use super::fault::Faults;
use super::id::AppId;
use super::journal::{ApiCall, AppEntry, AppUpload};
use super::media::MediaShelf;
use super::seed::SeedApp;
use super::token::TokenBook;
use crate::ids::{ChatId, UserId};
use crate::sim::record::Recent;
use crate::sim::world::AppNews;

/// Requests that are kept.
const CALLS_MAX: usize = 5_000;
/// Messages that are kept.
const ENTRIES_MAX: usize = 5_000;
/// Bytes of either that are kept.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

/// Everything that the API knows, besides who works here.
#[derive(Debug)]
pub(in crate::sim) struct Apps {
    pub(super) registered: Vec<SeedApp>,
    pub(super) tokens: TokenBook,
    pub(super) directory: Directory,
    pub(super) chats: BTreeMap<ChatId, AppChat>,
    pub(super) media: MediaShelf,
    pub(super) cards: CardCodes,
    pub(super) quotas: Quotas,
    pub(super) duplicates: Duplicates,
    pub(super) faults: Faults,
    pub(super) uploads: Recent<AppUpload>,
    /// What happened and the chats do not show yet.
    pub(super) news: Vec<AppNews>,
    calls: Recent<ApiCall>,
    entries: Recent<AppEntry>,
    calls_total: u64,
    messages_total: u64,
    changes: watch::Sender<u64>,
}

/// Departments, tags and licences.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) parties: BTreeMap<u32, Named>,
    pub(super) tags: BTreeMap<u32, Named>,
    pub(super) unlicensed: BTreeSet<UserId>,
}

/// A department or a tag.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) members: Vec<UserId>,
}

/// A chat that an app created.
#[derive(Debug, Clone)]
pub(super) struct AppChat {
    pub(super) agent_id: u64,
    pub(super) members: Vec<UserId>,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            registered: Vec::new(),
            tokens: TokenBook::default(),
            directory: Directory::default(),
            chats: BTreeMap::new(),
            media: MediaShelf::default(),
            cards: CardCodes::default(),
            quotas: Quotas::default(),
            duplicates: Duplicates::default(),
            faults: Faults::default(),
            uploads: Recent::new(ENTRIES_MAX, KEPT_BYTES),
            news: Vec::new(),
            calls: Recent::new(CALLS_MAX, KEPT_BYTES),
            entries: Recent::new(ENTRIES_MAX, KEPT_BYTES),
            calls_total: 0,
            messages_total: 0,
            changes: watch::Sender::new(0),
        }
    }
}

impl Apps {
    /// The app of a token.
    pub(super) fn app(&self, of: &(String, u64)) -> Option<&SeedApp> {
        let mut apps = self.registered.iter();
        apps.find(|app| app.corp_id == of.0 && app.agent_id == of.1)
    }

    /// Notes a request; its number is for [`end`](Self::end).
    pub(super) fn begin(&mut self, mut call: ApiCall, bytes: usize) -> u64 {
        self.calls_total += 1;
        call.seq = self.calls_total;
        self.calls.push(bytes, call);
        self.changed();
        self.calls_total
    }

    /// Notes who asked, and the answer.
    pub(super) fn end(&mut self, seq: u64, agent_id: Option<u64>, errcode: Option<i64>) {
        let call = self.calls.iter_mut().rev().find(|call| call.seq == seq);
        if let Some(call) = call {
            call.agent_id = agent_id;
            call.errcode = errcode;
        }
        self.changed();
    }

    /// An app.
    pub(super) fn seeded(&mut self, id: &AppId) -> Option<&mut SeedApp> {
        let mut apps = self.registered.iter_mut();
        apps.find(|app| app.corp_id == id.corp_id && app.agent_id == id.agent_id)
    }

    /// A new message id.
    pub(super) fn message_id(&mut self) -> String {
        self.messages_total += 1;
        format!(
            "APPMSG-{}-{:08x}",
            self.messages_total,
            rand::random::<u32>()
        )
    }

    /// A message arrived.
    pub(super) fn arrived(&mut self, entry: AppEntry, bytes: usize) {
        self.entries.push(bytes, entry);
        self.changed();
    }

    pub(super) fn calls(&self) -> &Recent<ApiCall> {
        &self.calls
    }

    pub(super) fn entries(&self) -> &Recent<AppEntry> {
        &self.entries
    }

    pub(super) fn entries_mut(&mut self) -> &mut Recent<AppEntry> {
        &mut self.entries
    }

    /// Tells of every request and message.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

/// How often an app wrote to a member: beyond 30 messages a minute the service drops them
/// without an error.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    sent: HashMap<(u64, UserId), VecDeque<i64>>,
}

impl Quotas {
    /// Counts a message; says whether the member gets it.
    pub(super) fn take(&mut self, agent_id: u64, user: &UserId, now_ms: i64) -> bool {
        let sent = self.sent.entry((agent_id, user.clone())).or_default();
        while sent.front().is_some_and(|at| now_ms - at >= MINUTE_MS) {
            sent.pop_front();
        }
        let has_room = sent.len() < PER_MINUTE;
        if has_room {
            sent.push_back(now_ms);
        }
        has_room
    }
}

/// Messages that must not come twice.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    seen: VecDeque<(i64, String)>,
}

impl Duplicates {
    /// Whether the same message came lately; remembers it if not.
    pub(super) fn is_repeated(&mut self, message: &Value, interval_s: i64, now_ms: i64) -> bool {
        self.seen.retain(|(until, _)| *until > now_ms);
        let text = message.to_string();
        if self.seen.iter().any(|(_, seen)| *seen == text) {
            return true;
        }
        if self.seen.len() >= DUPLICATES_MAX {
            self.seen.pop_front();
        }
        let until = now_ms.saturating_add(interval_s.saturating_mul(1_000));
        self.seen.push_back((until, text));
        false
    }
}

const MINUTE_MS: i64 = 60_000;
const PER_MINUTE: usize = 30;
/// Messages remembered at a time: more than any story sends.
const DUPLICATES_MAX: usize = 1_000;
