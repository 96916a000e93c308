//! What the doctor found.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Works, but not as one would want.
    Warning,
    /// Does not work.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// A name that stays the same, for programs.
    pub(super) code: &'static str,
    /// What is so.
    pub(super) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            code,
            message: message.into(),
            fix: None,
        }
    }

    pub(super) fn warning(
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Warning,
            code,
            message: message.into(),
            fix: Some(fix.into()),
        }
    }

    pub(super) fn error(
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Error,
            ..Self::warning(code, message, fix)
        }
    }

    /// The lines that a person reads.
    pub(super) fn lines(&self) -> Vec<String> {
        let mark = match self.level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Error => "error  ",
        };
        let fix = self.fix.iter().map(|fix| format!("         → {fix}"));
        std::iter::once(format!("{mark}  {}", self.message))
            .chain(fix)
            .collect()
    }
}
