//! Findings while they are collected, before they become [`Issue`]s.

use super::effective::{Issue, Severity};
use super::place::Place;

/// One finding and what it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) fix: String,
    pub(crate) stops: Stops,
}

/// What of an account a finding stops. Outside accounts it has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stops {
    /// Nothing; the account runs as far as it can.
    Nothing,
    /// The bot's long connection.
    BotSocket,
    /// The bot's webhooks.
    BotWebhook,
    /// The agent app.
    AgentApp,
    /// The whole account.
    Account,
}

impl Finding {
    pub(crate) fn error(
        code: &'static str,
        place: Place,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Error, code, place, message, fix).stopping(Stops::Account)
    }

    pub(crate) fn warning(
        code: &'static str,
        place: Place,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, code, place, message, fix)
    }

    pub(crate) fn info(
        code: &'static str,
        place: Place,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Info, code, place, message, fix)
    }

    fn new(
        severity: Severity,
        code: &'static str,
        place: Place,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            place,
            message: message.into(),
            fix: fix.into(),
            stops: Stops::Nothing,
        }
    }

    /// The same finding, stopping something else.
    pub(crate) fn stopping(mut self, stops: Stops) -> Self {
        self.stops = stops;
        self
    }

    pub(crate) fn into_issue(self) -> Issue {
        Issue {
            severity: self.severity,
            code: self.code,
            path: self.place.to_string(),
            message: self.message,
            fix: self.fix,
        }
    }
}

/// Turns findings into issues, worst first, then by path, each once.
pub(crate) fn into_issues(findings: Vec<Finding>) -> Vec<Issue> {
    let mut issues: Vec<Issue> = findings.into_iter().map(Finding::into_issue).collect();
    issues.sort_by(|a, b| {
        (a.severity, &a.path, a.code, &a.message).cmp(&(b.severity, &b.path, b.code, &b.message))
    });
    issues.dedup();
    issues
}
