//! How a file is handed to a bot.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fault::{DownloadFault, DownloadFaultKind};

/// How a bot is told of a file, and what happens when it fetches it. The default is what
/// the service does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handover {
    /// The key that the push carries.
    pub key: KeyManner,
    /// Whether the push carries `filename`, `file_size` and `md5`; it does so for files
    /// and not for pictures and videos, unless told otherwise.
    pub hints: Option<bool>,
    /// How long the address is valid, in milliseconds (300,000). 0 has expired already.
    pub life_ms: u64,
    /// `Content-Disposition` as it is to be; without it a file has its name there and
    /// nothing else has any.
    pub disposition: Option<String>,
    /// What goes wrong, at most `FAULTS_MAX` things.
    pub faults: Vec<DownloadFault>,
}

/// The key that a push carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyManner {
    /// The one that opens the file. Callbacks carry none: their files lie under the
    /// callbacks' own key.
    #[default]
    Right,
    /// A key of the file's own, which callbacks carry too.
    Own,
    /// Another one; of a callback, none, and the file lies under another key.
    Wrong,
    /// None, and the file is encrypted.
    Missing,
    /// None, and the file is not encrypted.
    Plain,
}

impl Default for Handover {
    fn default() -> Self {
        Self {
            key: KeyManner::Right,
            hints: None,
            life_ms: LIFE_MS,
            disposition: None,
            faults: Vec::new(),
        }
    }
}

impl Handover {
    /// The same for another time; zero has expired already.
    #[must_use]
    pub fn living(mut self, life: Duration) -> Self {
        self.life_ms = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// The same with or without `filename`, `file_size` and `md5` in the push.
    #[must_use]
    pub fn with_hints(mut self, hints: bool) -> Self {
        self.hints = Some(hints);
        self
    }

    /// The same with a `Content-Disposition` of one's own.
    #[must_use]
    pub fn disposed(mut self, disposition: &str) -> Self {
        self.disposition = Some(disposition.to_owned());
        self
    }

    /// Why it cannot be done.
    pub(in crate::sim) fn problem(&self) -> Option<String> {
        if self.faults.len() > FAULTS_MAX {
            return Some(format!("a file has at most {FAULTS_MAX} faults"));
        }
        let header = self.disposition.as_deref().unwrap_or_default();
        if http::HeaderValue::from_bytes(header.as_bytes()).is_err() {
            return Some("`disposition` is no header value".to_owned());
        }
        let is_bad = |fault: &DownloadFault| match &fault.fault {
            DownloadFaultKind::Redirect(to) => http::HeaderValue::from_str(to).is_err(),
            DownloadFaultKind::Status(status) => http::StatusCode::from_u16(*status).is_err(),
            _ => false,
        };
        if self.faults.iter().any(is_bad) {
            return Some("a status must be one of HTTP, and a redirect a header value".to_owned());
        }
        None
    }
}

/// Five minutes, as documented.
const LIFE_MS: u64 = 300_000;
/// Faults of one address: more than a story needs.
const FAULTS_MAX: usize = 16;
