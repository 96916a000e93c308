//! What a simulator starts with.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::apps::SeedApp;
use super::hooks::Webhook;
use crate::clock::{SharedClock, SystemClock};
use crate::ids::{BotId, ChatId, UserId};
use crate::secret::Secret;

/// BotID of the demo world.
pub const DEMO_BOT: &str = "aibDEMO0001";
/// Long-connection secret of [`DEMO_BOT`]: it opens nothing but the simulator.
pub const DEMO_SECRET: &str = "demo-secret";

/// How the simulator runs.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Address to listen on; port 0 picks a free one. Loopback only, unless
    /// `allow_remote` is set.
    pub bind: SocketAddr,
    /// Whether an address that other machines reach is accepted. The control API has no
    /// password.
    pub allow_remote: bool,
    /// Bots, users and groups that exist from the start.
    pub seed: Seed,
    /// Time of day: message times, and the ages of streams, media, replies and quotas.
    /// A [`crate::clock::ManualClock`] moves all of them without waiting.
    pub clock: SharedClock,
    /// How long a stream can be changed after its first frame.
    pub stream_life: Duration,
    /// How long the TCP connection of a bot that was kicked stays open.
    pub kick_close: Duration,
    /// Quotas on new messages and uploads.
    pub limits: Limits,
    /// How callbacks are made.
    pub callbacks: CallbackPace,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            seed: Seed::default(),
            clock: SystemClock::shared(),
            stream_life: STREAM_LIFE,
            kick_close: KICK_CLOSE,
            limits: Limits::default(),
            callbacks: CallbackPace::default(),
        }
    }
}

/// How long callbacks wait for their answers, and how often streams are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackPace {
    /// How long an answer may take before the connection is dropped and the same callback is
    /// sent again. 5 seconds.
    pub answer_within: Duration,
    /// The same for the check of an address, which is made once. 1 second.
    pub check_within: Duration,
    /// Between two polls of a stream. 1 second.
    pub poll_interval: Duration,
    /// For how long after the message its stream is asked for. 6 minutes.
    pub stream_window: Duration,
}

impl Default for CallbackPace {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(5),
            check_within: Duration::from_secs(1),
            poll_interval: Duration::from_secs(1),
            stream_window: Duration::from_mins(6),
        }
    }
}

/// Quotas of the service. Refreshing a stream costs nothing; a new stream, a new message
/// and an upload each count one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// New messages into one conversation, replies and proactive ones together.
    pub messages: Option<Quota>,
    /// Uploads of one bot.
    pub uploads: Option<Quota>,
}

/// So many per minute and per hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In any 60 seconds.
    pub per_minute: u32,
    /// In any 3,600 seconds.
    pub per_hour: u32,
}

impl Limits {
    /// No quotas, for benchmarks.
    pub const NONE: Self = Self {
        messages: None,
        uploads: None,
    };
}

impl Default for Limits {
    /// The service's own: 30 per minute and 1,000 per hour, for both.
    fn default() -> Self {
        let quota = Some(Quota {
            per_minute: 30,
            per_hour: 1_000,
        });
        Self {
            messages: quota,
            uploads: quota,
        }
    }
}

/// Who exists at the start.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    /// Bots.
    pub bots: Vec<SeedBot>,
    /// Members.
    pub users: Vec<SeedUser>,
    /// Groups.
    pub groups: Vec<SeedGroup>,
    /// Self-built apps.
    pub apps: Vec<SeedApp>,
}

/// A bot.
#[derive(Debug, Clone)]
pub struct SeedBot {
    /// BotID; no colon in it.
    pub id: BotId,
    /// Long-connection secret.
    pub secret: Secret,
    /// Display name: what a group mentions.
    pub name: String,
    /// Where it is called. Such a bot needs no socket: what members do goes there.
    pub webhook: Option<Webhook>,
}

/// A member.
#[derive(Debug, Clone)]
pub struct SeedUser {
    /// `userid`.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Alias; empty for none.
    pub alias: String,
}

/// A group.
#[derive(Debug, Clone)]
pub struct SeedGroup {
    /// Chat id.
    pub id: ChatId,
    /// Display name.
    pub name: String,
    /// Members.
    pub members: Vec<UserId>,
    /// Bots in it.
    pub bots: Vec<BotId>,
}

impl Seed {
    /// Nobody.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A small company: the bot [`DEMO_BOT`], four members and two groups.
    pub fn demo() -> Self {
        let user = |id: &str, name: &str, alias: &str| SeedUser {
            id: id.into(),
            name: name.to_owned(),
            alias: alias.to_owned(),
        };
        let group = |id: &str, name: &str, members: &[&str]| SeedGroup {
            id: id.into(),
            name: name.to_owned(),
            members: members.iter().copied().map(UserId::from).collect(),
            bots: vec![DEMO_BOT.into()],
        };
        Self {
            bots: vec![SeedBot {
                id: DEMO_BOT.into(),
                secret: DEMO_SECRET.into(),
                name: "小助手".to_owned(),
                webhook: None,
            }],
            users: vec![
                user("zhangwei", "张伟", "David"),
                user("wangfang", "王芳", "Fang"),
                user("LiNa", "李娜", "Lina"),
                user("liuyang", "刘洋", ""),
            ],
            groups: vec![
                group(
                    "wrDEMOProject01",
                    "项目讨论组",
                    &["zhangwei", "wangfang", "LiNa"],
                ),
                group(
                    "wrDEMOLunch02",
                    "午饭吃什么",
                    &["zhangwei", "wangfang", "LiNa", "liuyang"],
                ),
            ],
            apps: Vec::new(),
        }
    }
}

/// Documented since August 2026; it was six minutes before.
const STREAM_LIFE: Duration = Duration::from_mins(10);
/// The shorter of two closings that were seen in the field (2.2 s and 313 s).
const KICK_CLOSE: Duration = Duration::from_millis(2_200);
