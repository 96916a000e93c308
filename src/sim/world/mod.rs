//! The simulated company: who exists, who is connected, what was said.
//!
//! One owner for all of it: the world is behind one mutex, every section under it is
//! short, and no lock is held across an await. What a connection is to be sent is put
//! into its queue under the lock, so that the order of frames is the order of events.

mod answer;
mod apps;
mod commands;
mod company;
mod connections;
mod conversations;
mod exchanges;
mod feed;
mod hooked;
mod inject;
mod media;
mod messages;
mod press;
mod responses;
mod speech;
mod subscribe;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub(super) use self::answer::Arrival;
pub(super) use self::apps::{AppNews, AppSpeech, CardChange, app_hook};
use self::connections::Connection;
pub(super) use self::connections::{Link, Outgoing};
use self::conversations::Conversations;
use self::exchanges::Exchanges;
pub(super) use self::feed::{Change, Feed};
pub(super) use self::media::{Media, MediaStore};
pub(super) use self::press::Press;
use self::responses::Responses;
pub(super) use self::speech::{Quoting, Speech, SpeechPart};
pub(super) use self::words::AppWords;
use super::apps::AppId;
use super::attachment::Links;
use super::chat::SimChat;
use super::company::MemberTraits;
use super::entry::Entry;
use super::faults::Faults;
use super::hooks::{Hook, HookQueue};
use super::mcp::Gateway;
use super::options::{Limits, Seed, SeedBot, SeedGroup, SeedUser};
use super::record::{ConnectionInfo, Recent, RecordedFrame, Violation};
use super::rules::Window;
use super::sim::SimError;
use crate::ids::{BotId, ChatId, UserId};
use crate::secret::Secret;

/// The simulated company.
#[derive(Debug)]
pub(super) struct World {
    bots: BTreeMap<BotId, Bot>,
    users: BTreeMap<UserId, String>,
    traits: BTreeMap<UserId, MemberTraits>,
    first_user: Option<UserId>,
    groups: BTreeMap<ChatId, Group>,
    connections: HashMap<u64, Connection>,
    sockets_total: u64,
    conversations: Conversations,
    exchanges: Exchanges,
    cards: Recent<(SimChat, String)>,
    card_entries: HashMap<(SimChat, String), u64>,
    media: MediaStore,
    /// The addresses of what people sent.
    pub(super) links: Links,
    feed: Feed,
    directory_change: u64,
    violations: Recent<Violation>,
    settings: Settings,
    last_seq: u64,
    /// The category servers' doors.
    pub(super) gateway: Gateway,
    /// Self-built apps.
    apps: BTreeMap<AppId, App>,
    /// The way to those who are called.
    pub(super) hooks: HookQueue,
    responses: Responses,
}

/// What the options say about the rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// How long a stream can be changed.
    pub(super) stream_life: Duration,
    /// How long a kicked connection stays open.
    pub(super) kick_close: Duration,
    /// Quotas.
    pub(super) limits: Limits,
    /// For how long streams are asked for.
    pub(super) stream_window: Duration,
}

/// An app as members see it.
#[derive(Debug)]
struct App {
    name: String,
    scope: Option<BTreeSet<UserId>>,
    hook: Option<Arc<Hook>>,
}

#[derive(Debug)]
struct Bot {
    secret: Secret,
    name: String,
    info: ConnectionInfo,
    faults: Faults,
    frames: Recent<RecordedFrame>,
    changes: watch::Sender<u64>,
    uploads: Window,
    mcp_urls: BTreeMap<String, String>,
    /// Where it is called instead of having a socket.
    hook: Option<Arc<Hook>>,
    /// For whom the category servers act when nobody is named.
    owner: Option<UserId>,
    /// Exchanges up to this number are unknown.
    forgotten_until: u64,
    /// Streams up to this number are expired.
    expired_until: u64,
}

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    /// Display name.
    pub(super) name: String,
    /// Members.
    pub(super) members: BTreeSet<UserId>,
    /// Bots in it.
    pub(super) bots: BTreeSet<BotId>,
}

impl World {
    /// A company with the seed's people.
    pub(super) fn new(seed: Seed, settings: Settings) -> Result<Self, SimError> {
        let mut world = Self {
            bots: BTreeMap::new(),
            users: BTreeMap::new(),
            traits: BTreeMap::new(),
            first_user: None,
            groups: BTreeMap::new(),
            connections: HashMap::new(),
            sockets_total: 0,
            conversations: Conversations::default(),
            exchanges: Exchanges::default(),
            cards: Recent::new(CARDS_MAX, usize::MAX),
            card_entries: HashMap::new(),
            media: MediaStore::default(),
            links: Links::default(),
            feed: Feed::new(),
            directory_change: 0,
            violations: Recent::new(VIOLATIONS_MAX, usize::MAX),
            settings,
            last_seq: 0,
            gateway: Gateway::default(),
            apps: BTreeMap::new(),
            hooks: HookQueue::default(),
            responses: Responses::default(),
        };
        for bot in seed.bots {
            world.add_bot(bot)?;
        }
        for user in seed.users {
            world.add_user(user)?;
        }
        for group in seed.groups {
            world.add_group(group)?;
        }
        Ok(world)
    }

    /// Adds a bot.
    pub(super) fn add_bot(&mut self, bot: SeedBot) -> Result<(), SimError> {
        if bot.id.as_str().is_empty() || bot.id.as_str().contains(':') {
            return Err(SimError::Invalid(
                "a bot's id must not be empty, nor hold a colon".to_owned(),
            ));
        }
        if self.bots.contains_key(&bot.id) {
            return Err(exists("bot", &bot.id));
        }
        let hook = bot.webhook.as_ref().map(Hook::new).transpose()?;
        self.bots.insert(
            bot.id,
            Bot {
                secret: bot.secret,
                name: bot.name,
                info: ConnectionInfo::default(),
                faults: Faults::default(),
                frames: Recent::new(FRAMES_MAX, FRAMES_MAX_BYTES),
                changes: watch::Sender::new(0),
                uploads: Window::default(),
                mcp_urls: BTreeMap::new(),
                hook,
                owner: None,
                forgotten_until: 0,
                expired_until: 0,
            },
        );
        self.directory_changed();
        Ok(())
    }

    /// Adds a member.
    pub(super) fn add_user(&mut self, user: SeedUser) -> Result<(), SimError> {
        if user.id.as_str().is_empty() {
            return Err(SimError::Invalid(
                "a user's id must not be empty".to_owned(),
            ));
        }
        if self.users.contains_key(&user.id) {
            return Err(exists("user", &user.id));
        }
        if !user.alias.is_empty() {
            let traits = MemberTraits {
                alias: Some(user.alias),
                ..MemberTraits::default()
            };
            self.traits.insert(user.id.clone(), traits);
        }
        self.first_user.get_or_insert_with(|| user.id.clone());
        self.users.insert(user.id, user.name);
        self.directory_changed();
        Ok(())
    }

    /// Adds a group of known people and bots.
    pub(super) fn add_group(&mut self, group: SeedGroup) -> Result<(), SimError> {
        if group.id.as_str().is_empty() {
            return Err(SimError::Invalid(
                "a group's id must not be empty".to_owned(),
            ));
        }
        if self.groups.contains_key(&group.id) {
            return Err(exists("group", &group.id));
        }
        for user in &group.members {
            self.require_user(user)?;
        }
        for bot in &group.bots {
            self.bot(bot)?;
        }
        self.groups.insert(
            group.id,
            Group {
                name: group.name,
                members: group.members.into_iter().collect(),
                bots: group.bots.into_iter().collect(),
            },
        );
        self.directory_changed();
        Ok(())
    }

    /// Lets the bot write first, as if a person had written before.
    pub(super) fn open_chat(&mut self, chat: &SimChat) -> Result<(), SimError> {
        match chat {
            SimChat::Direct { bot, user } => {
                self.bot(bot)?;
                self.require_user(user)?;
            }
            SimChat::App { app, user } => self.require_app_member(app, user)?,
            SimChat::Group { bot, group } => {
                self.bot(bot)?;
                if !self.group(group)?.bots.contains(bot) {
                    return Err(SimError::Invalid(format!("{bot} is not in {group}")));
                }
            }
        }
        self.conversations.open(chat);
        Ok(())
    }

    /// Sets the URL that a bot gets for a category.
    pub(super) fn set_mcp_url(
        &mut self,
        bot: &BotId,
        biz_type: &str,
        url: &str,
    ) -> Result<(), SimError> {
        let urls = &mut self.bot_mut(bot)?.mcp_urls;
        urls.insert(biz_type.to_owned(), url.to_owned());
        Ok(())
    }

    /// Bots with name, whether one is connected, and whether it is called instead.
    pub(super) fn bots(&self) -> impl Iterator<Item = (&BotId, &str, bool, bool)> {
        self.bots.iter().map(|(id, bot)| {
            (
                id,
                bot.name.as_str(),
                bot.info.subscribed,
                bot.hook.is_some(),
            )
        })
    }

    /// Members with name.
    pub(super) fn users(&self) -> impl Iterator<Item = (&UserId, &str)> {
        self.users.iter().map(|(id, name)| (id, name.as_str()))
    }

    /// Groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&ChatId, &Group)> {
        self.groups.iter()
    }

    /// All conversations.
    pub(super) fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// All media.
    pub(super) fn media(&self) -> &MediaStore {
        &self.media
    }

    /// What changed.
    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The entries of a conversation.
    pub(super) fn transcript(&self, chat: &SimChat) -> Vec<Entry> {
        self.conversations.entries(chat).cloned().collect()
    }

    /// The first entry of a conversation that `wanted` accepts.
    pub(super) fn find_entry(
        &self,
        chat: &SimChat,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Option<Entry> {
        self.conversations
            .entries(chat)
            .find(|entry| wanted(entry))
            .cloned()
    }

    /// Tells of changes in a conversation, one that has not begun included.
    pub(super) fn chat_changes(&mut self, chat: &SimChat) -> watch::Receiver<u64> {
        self.conversations.watch(chat)
    }

    /// The last frames of a bot.
    pub(super) fn frames(&self, bot: &BotId) -> Vec<RecordedFrame> {
        self.bots
            .get(bot)
            .map(|bot| bot.frames.to_vec())
            .unwrap_or_default()
    }

    /// The first frame of a bot that `wanted` accepts.
    pub(super) fn find_frame(
        &self,
        bot: &BotId,
        wanted: impl Fn(&RecordedFrame) -> bool,
    ) -> Option<RecordedFrame> {
        self.bots
            .get(bot)?
            .frames
            .iter()
            .find(|frame| wanted(frame))
            .cloned()
    }

    /// Tells of frames and connections of a bot; for an unknown one, of any change.
    pub(super) fn bot_changes(&self, bot: &BotId) -> watch::Receiver<u64> {
        match self.bots.get(bot) {
            Some(bot) => bot.changes.subscribe(),
            None => self.feed.watch(),
        }
    }

    /// State and counters of a bot's connections.
    pub(super) fn connection(&self, bot: &BotId) -> ConnectionInfo {
        self.bots
            .get(bot)
            .map(|bot| bot.info.clone())
            .unwrap_or_default()
    }

    /// Connections accepted so far.
    pub(super) fn sockets_total(&self) -> u64 {
        self.sockets_total
    }

    /// The last violations.
    pub(super) fn violations(&self) -> Vec<Violation> {
        self.violations.to_vec()
    }

    /// Whether there is such a bot.
    pub(super) fn has_bot(&self, id: &BotId) -> bool {
        self.bots.contains_key(id)
    }

    fn bot(&self, id: &BotId) -> Result<&Bot, SimError> {
        self.bots.get(id).ok_or_else(|| unknown("bot", id))
    }

    fn bot_mut(&mut self, id: &BotId) -> Result<&mut Bot, SimError> {
        self.bots.get_mut(id).ok_or_else(|| unknown("bot", id))
    }

    fn group(&self, id: &ChatId) -> Result<&Group, SimError> {
        self.groups.get(id).ok_or_else(|| unknown("group", id))
    }

    fn require_user(&self, id: &UserId) -> Result<(), SimError> {
        if self.users.contains_key(id) {
            Ok(())
        } else {
            Err(unknown("user", id))
        }
    }

    fn directory_changed(&mut self) {
        self.directory_change = self
            .feed
            .publish_instead(self.directory_change, Change::Directory);
    }

    /// The next of the numbers that order exchanges, streams and frames.
    fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }
}

fn unknown(what: &'static str, id: &impl ToString) -> SimError {
    SimError::Unknown {
        what,
        id: id.to_string(),
    }
}

fn exists(what: &'static str, id: &impl ToString) -> SimError {
    SimError::Exists {
        what,
        id: id.to_string(),
    }
}

/// Frames of a bot that are remembered: enough for a test's story.
const FRAMES_MAX: usize = 16_384;
/// Bytes of a bot's remembered frames, about.
const FRAMES_MAX_BYTES: usize = 16 * 1_024 * 1_024;
/// Violations that are remembered.
const VIOLATIONS_MAX: usize = 1_000;
/// Cards that can be updated.
const CARDS_MAX: usize = 10_000;
