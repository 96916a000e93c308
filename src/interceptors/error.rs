//! Why a call failed, told to the one who has to go on from there.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// A failed call, as an agent sees it: what kind, in plain words, and what to do next.
///
/// `message` and `next` hold no URL with a key, no address of a machine and no path that
/// the agent did not write itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolError {
    /// The kind; agents act on it.
    pub kind: ErrorKind,
    /// One sentence.
    pub message: String,
    /// The business code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// One machine-readable word that refines the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Whether the same call may simply be made again.
    pub retryable: bool,
    /// When, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// The request had left: it may have taken effect.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub maybe_executed: bool,
    /// What the agent should do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Guidance for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<Help>,
    /// What is wrong with the arguments, at most ten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// The short form of what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// What else is known: sizes, or the server's own answer.
    #[serde(flatten)]
    pub details: Details,
}

/// Parts of an error that few kinds have.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Details {
    /// Bytes there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Bytes there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The server's business answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Map<String, Value>>,
    /// What became of the authorisation card, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_card: Option<&'static str>,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The arguments, by our own checks.
    InvalidArgs,
    /// The server has no such method.
    UnknownMethod,
    /// The category is not open to this bot.
    CategoryUnavailable,
    /// A member or an administrator has to grant something.
    Authorization,
    /// Too many calls.
    RateLimited,
    /// The server refused it for a reason of its own.
    Business,
    /// The bot has no connection and there is no other way to the server.
    NotConnected,
    /// The time was over.
    Timeout,
    /// The network failed.
    Network,
    /// A file or an answer over its limit.
    TooLarge,
    /// The answer was not what the protocol asks for.
    Protocol,
    /// The caller gave up, or a person said no.
    Cancelled,
    /// Ours.
    Internal,
}

impl ErrorKind {
    /// As written in answers, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgs => "invalid_args",
            Self::UnknownMethod => "unknown_method",
            Self::CategoryUnavailable => "category_unavailable",
            Self::Authorization => "authorization",
            Self::RateLimited => "rate_limited",
            Self::Business => "business",
            Self::NotConnected => "not_connected",
            Self::Timeout => "timeout",
            Self::Network => "network",
            Self::TooLarge => "too_large",
            Self::Protocol => "protocol",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

/// Guidance for a person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Help {
    /// A page of WeCom to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the server says besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One thing that is wrong with the arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where, as a JSON pointer.
    pub path: String,
    /// Which rule, in one word.
    pub rule: &'static str,
    /// How to put it right.
    pub hint: String,
}

impl ToolError {
    /// An error of that kind that says `message`; not retryable.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            errcode: None,
            reason: None,
            retryable: false,
            retry_after_s: None,
            maybe_executed: false,
            next: None,
            help: None,
            violations: Vec::new(),
            expected: None,
            details: Details::default(),
        }
    }

    /// Arguments that our own checks refuse.
    pub fn invalid_args(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgs, message)
    }

    /// A file or an answer of `size` bytes where `limit` are allowed.
    pub fn too_large(message: impl Into<String>, size: u64, limit: u64) -> Self {
        let mut error = Self::new(ErrorKind::TooLarge, message);
        error.details.size = Some(size);
        error.details.limit = Some(limit);
        error
    }

    /// With the word that refines the kind.
    #[must_use]
    pub fn reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// With what to do.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// With the remark that it may have taken effect.
    #[must_use]
    pub fn maybe_executed(mut self) -> Self {
        self.maybe_executed = true;
        self
    }

    /// With leave to make the same call again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.message)
    }
}

impl std::error::Error for ToolError {}
