//! The session that a job runs in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Begins the name of a session that is kept.
const NAMED: &str = "session:";

/// The session that a job runs in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SessionTarget {
    /// The agent's main session.
    Main,
    /// A new session per run.
    Isolated,
    /// The creator's session.
    Current,
    /// A named session that is kept between runs.
    Named(String),
}

/// The text names no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no session target: write main, isolated, current or session:<id>")]
pub struct InvalidSessionTarget {
    /// What was found.
    pub found: String,
}

impl TryFrom<String> for SessionTarget {
    type Error = InvalidSessionTarget;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.trim() {
            "main" => Ok(Self::Main),
            "isolated" => Ok(Self::Isolated),
            "current" => Ok(Self::Current),
            other => match other.strip_prefix(NAMED).map(str::trim) {
                Some(name) if !name.is_empty() => Ok(Self::Named(name.to_owned())),
                _ => Err(InvalidSessionTarget { found: text }),
            },
        }
    }
}

impl From<SessionTarget> for String {
    fn from(target: SessionTarget) -> Self {
        target.to_string()
    }
}

impl fmt::Display for SessionTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main => f.write_str("main"),
            Self::Isolated => f.write_str("isolated"),
            Self::Current => f.write_str("current"),
            Self::Named(name) => write!(f, "{NAMED}{name}"),
        }
    }
}

/// When an event for the main session wakes the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WakeMode {
    /// At once.
    #[default]
    Now,
    /// With its next heartbeat; at once for an agent that has none.
    NextHeartbeat,
}
