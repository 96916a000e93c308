//! The running simulator and its handle.

use std::borrow::Borrow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::chat::SimChat;
use super::entry::Entry;
use super::faults::{FaultRequest, Faults};
use super::injection::{Injected, Injection, RawFrame};
use super::options::{SeedBot, SeedGroup, SeedUser, SimOptions};
use super::record::{ConnectionInfo, RecordedFrame, Violation};
use super::server;
use super::shared::Shared;
use crate::ids::{BotId, ChatId, MessageId, UserId};
use crate::secret::Secret;

/// Why the simulator could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: choose another address or port")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The address is reachable for others, and that was not asked for.
    #[error("{0} is no loopback address: the control API has no password")]
    NotLoopback(SocketAddr),
    /// Nothing has this id.
    #[error("unknown {what} `{id}`: add it first")]
    Unknown {
        /// `bot`, `user`, `group`, `app`, `message`, `card`, `upload`, `category` or `document`.
        what: &'static str,
        /// The id, as given.
        id: String,
    },
    /// The id is taken.
    #[error("{what} `{id}` exists already")]
    Exists {
        /// `bot`, `user`, `group` or `app`.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
}

/// Why a wait ended without what was waited for.
#[derive(Debug, thiserror::Error)]
#[error("{what} did not come within {within:?}; last seen: {seen}")]
pub struct WaitError {
    /// What was waited for.
    pub what: String,
    /// For how long.
    pub within: Duration,
    /// The newest of what was there instead, for the reader of a failed test.
    pub seen: String,
}

/// WeCom in a box: a bot socket server with a control API. A cheap handle; the
/// simulator runs until [`Sim::stop`], or until the last handle is gone.
#[derive(Debug, Clone)]
pub struct Sim {
    running: Arc<Running>,
}

#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    addr: SocketAddr,
    ended: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Sim {
    /// Binds the listener and starts to serve.
    ///
    /// # Errors
    ///
    /// [`SimError::Bind`], [`SimError::NotLoopback`], or what is wrong with the seed.
    #[expect(
        clippy::unused_async,
        reason = "it serves on the runtime that awaits it"
    )]
    pub async fn start(options: SimOptions) -> Result<Self, SimError> {
        let (shared, addr, ended) = server::start(options)?;
        Ok(Self {
            running: Arc::new(Running {
                shared,
                addr,
                ended,
            }),
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.running.addr
    }

    /// The address for a bot: `ws://127.0.0.1:PORT/`.
    pub fn bot_url(&self) -> String {
        format!("ws://{}/", self.addr())
    }

    /// The address of the chat page: `http://127.0.0.1:PORT/`.
    pub fn page_url(&self) -> String {
        format!("http://{}/", self.addr())
    }

    /// Adds a bot.
    ///
    /// # Errors
    ///
    /// [`SimError::Exists`], or [`SimError::Invalid`] for an id that is empty or holds a
    /// colon.
    pub fn add_bot(
        &self,
        id: impl Into<BotId>,
        secret: impl Into<Secret>,
        name: &str,
    ) -> Result<(), SimError> {
        self.shared().world().add_bot(SeedBot {
            id: id.into(),
            secret: secret.into(),
            name: name.to_owned(),
            webhook: None,
        })
    }

    /// Adds a member.
    ///
    /// # Errors
    ///
    /// [`SimError::Exists`], or [`SimError::Invalid`] for an empty id.
    pub fn add_user(&self, id: impl Into<UserId>, name: &str) -> Result<(), SimError> {
        self.shared().world().add_user(SeedUser {
            id: id.into(),
            name: name.to_owned(),
            alias: String::new(),
        })
    }

    /// Adds a group of known members and bots.
    ///
    /// # Errors
    ///
    /// [`SimError::Exists`], [`SimError::Unknown`], or [`SimError::Invalid`] for an empty
    /// id.
    pub fn add_group(
        &self,
        id: impl Into<ChatId>,
        name: &str,
        members: &[UserId],
        bots: &[BotId],
    ) -> Result<(), SimError> {
        self.shared().world().add_group(SeedGroup {
            id: id.into(),
            name: name.to_owned(),
            members: members.to_vec(),
            bots: bots.to_vec(),
        })
    }

    /// Opens a conversation for proactive messages, as if a person had written in it
    /// before.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for a member, bot or group that does not exist.
    pub fn open_chat(&self, chat: &SimChat) -> Result<(), SimError> {
        self.shared().world().open_chat(chat)
    }

    /// Sets the MCP server's URL that a bot is given for a category (`biz_type`).
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot.
    pub fn set_mcp_url(&self, bot: &BotId, biz_type: &str, url: &str) -> Result<(), SimError> {
        self.shared().world().set_mcp_url(bot, biz_type, url)
    }

    /// Lets a person write, or something happen. It is in the transcript at once, also
    /// when no connection can take it.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`], or [`SimError::Invalid`] for a message that nobody sent.
    pub fn inject(&self, injection: impl Borrow<Injection>) -> Result<Injected, SimError> {
        let now = self.shared().now();
        self.shared().world().inject(injection.borrow(), now)
    }

    /// Sends a raw frame to a bot's connection; says whether there was one.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot.
    pub fn inject_raw(&self, bot: &BotId, frame: impl Into<RawFrame>) -> Result<bool, SimError> {
        self.shared().world().inject_raw(bot, frame.into())
    }

    /// Pushes a message or event again, frame for frame; says whether there was a
    /// connection.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the message.
    pub fn redeliver(&self, msgid: &MessageId) -> Result<bool, SimError> {
        self.shared().world().redeliver(msgid)
    }

    /// The last entries of a conversation, oldest first, as they look now.
    pub fn transcript(&self, chat: &SimChat) -> Vec<Entry> {
        self.shared().world().transcript(chat)
    }

    /// Waits for an entry of `chat` that `wanted` accepts; one that is there counts.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none came within `deadline` (runtime time, which tests may
    /// pause).
    pub async fn wait_for(
        &self,
        chat: &SimChat,
        deadline: Duration,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Result<Entry, WaitError> {
        self.wait(
            deadline,
            || {
                let mut world = self.shared().world();
                let changes = world.chat_changes(chat);
                (world.find_entry(chat, &wanted), changes)
            },
            || format!("an entry of {chat}"),
            || format!("{:?}", self.transcript(chat).last()),
        )
        .await
    }

    /// The last frames that a bot's connections sent, with the answers.
    pub fn frames(&self, bot: &BotId) -> Vec<RecordedFrame> {
        self.shared().world().frames(bot)
    }

    /// Waits for a frame of `bot` that `wanted` accepts; one that is there counts.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none came within `deadline`.
    pub async fn wait_frame(
        &self,
        bot: &BotId,
        deadline: Duration,
        wanted: impl Fn(&RecordedFrame) -> bool,
    ) -> Result<RecordedFrame, WaitError> {
        self.wait(
            deadline,
            || {
                let world = self.shared().world();
                let changes = world.bot_changes(bot);
                (world.find_frame(bot, &wanted), changes)
            },
            || format!("a frame of {bot}"),
            || format!("{:?}", self.frames(bot).last()),
        )
        .await
    }

    /// What clients sent that no correct client sends, the last thousand.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared().world().violations()
    }

    /// WebSocket connections accepted so far, of all bots and of none.
    pub fn sockets_total(&self) -> u64 {
        self.shared().world().sockets_total()
    }

    /// State and counters of a bot's connections; all zero for an unknown bot.
    pub fn connection(&self, bot: &BotId) -> ConnectionInfo {
        self.shared().world().connection(bot)
    }

    /// Waits until `wanted` accepts the state of a bot's connections.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when it did not within `deadline`.
    pub async fn wait_connection(
        &self,
        bot: &BotId,
        deadline: Duration,
        wanted: impl Fn(&ConnectionInfo) -> bool,
    ) -> Result<ConnectionInfo, WaitError> {
        self.wait(
            deadline,
            || {
                let world = self.shared().world();
                let info = world.connection(bot);
                (wanted(&info).then_some(info), world.bot_changes(bot))
            },
            || format!("the awaited connection state of {bot}"),
            || format!("{:?}", self.connection(bot)),
        )
        .await
    }

    /// Waits until a connection of `bot` is subscribed.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none was within `deadline`.
    pub async fn wait_subscribed(
        &self,
        bot: &BotId,
        deadline: Duration,
    ) -> Result<ConnectionInfo, WaitError> {
        self.wait_connection(bot, deadline, |info| info.subscribed)
            .await
    }

    /// The faults of a bot.
    pub fn faults(&self, bot: impl Into<BotId>) -> FaultsHandle {
        FaultsHandle {
            shared: Arc::clone(self.shared()),
            bot: bot.into(),
        }
    }

    /// Stops: connections are cut, the port is free afterwards.
    pub async fn stop(self) {
        self.shared().stop.cancel();
        self.stopped().await;
    }

    /// Waits until it has stopped.
    pub async fn stopped(&self) {
        self.running.ended.cancelled().await;
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.running.shared
    }

    /// Looks until there is something. Every look registers for changes first, so that
    /// none is missed in between.
    pub(super) async fn wait<T>(
        &self,
        within: Duration,
        look: impl Fn() -> (Option<T>, watch::Receiver<u64>),
        what: impl Fn() -> String,
        seen: impl Fn() -> String,
    ) -> Result<T, WaitError> {
        let deadline = Instant::now() + within;
        loop {
            let (found, mut changes) = look();
            if let Some(found) = found {
                return Ok(found);
            }
            if tokio::time::timeout_at(deadline, changes.changed())
                .await
                .is_err()
            {
                return Err(WaitError {
                    what: what(),
                    within,
                    seen: seen(),
                });
            }
        }
    }
}

/// Makes things go wrong for one bot.
#[derive(Debug, Clone)]
pub struct FaultsHandle {
    shared: Arc<Shared>,
    bot: BotId,
}

impl FaultsHandle {
    /// Applies a request.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot.
    pub fn apply(&self, request: &FaultRequest) -> Result<Faults, SimError> {
        self.shared.apply_faults(&self.bot, request)
    }

    /// The faults that stand.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot.
    pub fn standing(&self) -> Result<Faults, SimError> {
        self.shared.world().faults(&self.bot)
    }

    /// Ends all faults that stand.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the bot.
    pub fn clear(&self) -> Result<(), SimError> {
        self.shared.world().clear_faults(&self.bot)
    }
}
