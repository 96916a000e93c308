//! One thing that was looked at.

use serde::Serialize;

/// What was seen, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// Room that was looked into: `config`, `files`, `network` and the like.
    pub(super) area: &'static str,
    /// What was looked at: an account, a file, an address.
    pub(super) subject: String,
    pub(super) seen: String,
    /// A command or a key; absent where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
}

/// How bad it is; orders worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Error,
    Warning,
    Ok,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Ok => "ok",
        }
    }
}

impl Finding {
    pub(super) fn ok(
        area: &'static str,
        subject: impl Into<String>,
        seen: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Ok,
            area,
            subject: subject.into(),
            seen: seen.into(),
            fix: None,
        }
    }

    pub(super) fn warning(
        area: &'static str,
        subject: impl Into<String>,
        seen: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Warning,
            fix: Some(fix.into()),
            ..Self::ok(area, subject, seen)
        }
    }

    pub(super) fn error(
        area: &'static str,
        subject: impl Into<String>,
        seen: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Error,
            ..Self::warning(area, subject, seen, fix)
        }
    }
}
