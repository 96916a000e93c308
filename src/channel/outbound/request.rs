//! What is asked for.

use std::time::Duration;

use super::target::Via;
use crate::files::FileGrant;

/// A message to send of our own accord.
#[derive(Clone, Default)]
pub struct SendRequest {
    /// The account, as somebody named it; the default one where absent.
    pub account: Option<String>,
    /// Whom it is for, as written; [`Target`](super::target::Target) has the grammar.
    pub target: String,
    /// Markdown; with media it is their caption.
    pub text: Option<String>,
    /// Addresses or paths of media, in the order they go out.
    pub media: Vec<String>,
    /// Ways that are allowed, besides what the target says.
    pub via: RequestVia,
    /// On whose behalf: decides how long is waited and whether WeCom looks for repeats.
    pub origin: Origin,
    /// Which local files `media` may name.
    pub grant: FileGrant,
    /// Number of the agent app that was written to, for an account that names none.
    pub agent_id: Option<u64>,
}

/// Ways that a request allows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum RequestVia {
    /// Whichever serves the target.
    #[default]
    Any,
    /// The bot only.
    Bot,
    /// The agent app only.
    Agent,
}

impl From<Via> for RequestVia {
    fn from(via: Via) -> Self {
        match via {
            Via::Any => Self::Any,
            Via::Agent => Self::Agent,
        }
    }
}

/// On whose behalf a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Origin {
    /// Somebody waits for the result.
    #[default]
    Interactive,
    /// A job: it can wait, and may be repeated after an unknown outcome.
    Cron,
}

impl Origin {
    /// How long a request may take in all, waiting for quotas and connections included.
    pub fn patience(self) -> Duration {
        match self {
            Self::Interactive => Duration::from_mins(1),
            Self::Cron => Duration::from_mins(10),
        }
    }

    /// How long a bot that is reconnecting is waited for.
    pub fn reconnect_patience(self) -> Duration {
        match self {
            Self::Interactive => Duration::from_secs(3),
            Self::Cron => Duration::from_mins(1),
        }
    }

    /// How long WeCom drops an identical request of the agent app; `None`: the same short
    /// answer twice is meant twice.
    pub fn duplicate_check(self) -> Option<Duration> {
        match self {
            Self::Interactive => None,
            Self::Cron => Some(Duration::from_mins(30)),
        }
    }
}

/// What people write is not shown.
impl std::fmt::Debug for SendRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendRequest")
            .field("account", &self.account)
            .field("target", &self.target)
            .field("text_bytes", &self.text.as_ref().map(String::len))
            .field("media", &self.media.len())
            .field("via", &self.via)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
