//! What validation has to say.

use std::fmt;

use serde::Serialize;

/// One finding of validation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code, for example `half_bot_ws`.
    pub code: &'static str,
    /// Dotted path of the key concerned, as the user would write it.
    pub path: String,
    /// What is wrong, with the value's shape where it helps, never a secret.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Issue {
    /// Path, what is wrong, what to do: one line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.message.as_str(), self.fix.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let place = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{}{place}{}", self.path, parts.join("; "))
    }
}

/// How bad a finding is; orders worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// This account or section does not work.
    Error,
    /// Works, probably not as meant.
    Warning,
    /// Good to know.
    Info,
}
