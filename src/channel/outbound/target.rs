//! Whom a message is for, read from text.
//!
//! ```text
//! target    = ws *( namespace ws ) ( typed / shape ) ws
//! namespace = ( "wecom-agent" / "wecom" / "wechatwork" / "wework" / "qywx" / "enterprise-wechat" ) ":"
//! typed     = kind ws ":" list
//! kind      = "party" / "dept" / "department" / "tag" / "group" / "chat" / "user" / "userid"
//! list      = item *( ("|" / ",") item )
//! shape     = "@all" / item *( "|" item )
//! ```
//!
//! Prefixes are read in any case, at most four namespaces, `：` counts as `:`. Without a
//! kind the shape decides, and the target is marked *inferred*: `wr…` and `wc…` look like
//! chats, numbers like departments. Those who send check such a guess against the people
//! they know.

mod error;
mod parse;

use std::fmt;
use std::str::FromStr;

use crate::ids::{ChatId, UserId};

pub use error::TargetError;

/// Longest id of a member, in bytes.
pub const MAX_USER_BYTES: usize = 64;
/// Longest id of a chat, in characters.
pub const MAX_CHAT_CHARS: usize = 128;
/// Longest name of a tag, in characters.
pub const MAX_TAG_CHARS: usize = 32;

/// Whom a message is for. Its text ([`Display`](fmt::Display)) is canonical: read again, it
/// gives the same target, no longer inferred.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The receivers.
    pub kind: TargetKind,
    /// Which ways are allowed.
    pub via: Via,
    /// The kind was not written: it was guessed from the shape of the text.
    pub inferred: bool,
}

/// Receivers of one kind, in the order written, each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TargetKind {
    /// Members; at least one.
    User(Vec<UserId>),
    /// Departments; at least one.
    Party(Vec<u32>),
    /// Tags, by number or by name; at least one.
    Tag(Vec<String>),
    /// One conversation.
    Chat(ChatId),
    /// Everybody whom the agent app may write to.
    All,
}

/// Which ways a message may take.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Whichever serves the target.
    #[default]
    Any,
    /// The agent app only (`wecom-agent:`).
    Agent,
}

impl Target {
    /// A target that is certain.
    pub fn new(kind: TargetKind) -> Self {
        Self {
            kind,
            via: Via::Any,
            inferred: false,
        }
    }

    /// The direct chat with one member.
    pub fn user(user: UserId) -> Self {
        Self::new(TargetKind::User(vec![user]))
    }

    /// Reads a target.
    ///
    /// # Errors
    /// [`TargetError`], whose text says what to write instead.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        parse::target(text)
    }
}

impl TargetKind {
    /// One word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Party(_) => "party",
            Self::Tag(_) => "tag",
            Self::Chat(_) => "group",
            Self::All => "all",
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.via == Via::Agent {
            f.write_str("wecom-agent:")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(users) => list(f, "user", users),
            Self::Party(parties) => list(f, "party", parties),
            Self::Tag(tags) => list(f, "tag", tags),
            Self::Chat(chat) => write!(f, "group:{chat}"),
            Self::All => f.write_str("@all"),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, kind: &str, items: &[impl fmt::Display]) -> fmt::Result {
    write!(f, "{kind}:")?;
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            f.write_str("|")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
