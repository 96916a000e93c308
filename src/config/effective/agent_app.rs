//! The agent app (自建应用).

use std::time::Duration;

use super::access::DmPolicy;
use super::bot::CallbackKeys;
use crate::secret::Secret;

/// An agent app: `agent` of an account. Receiving and sending are separate capabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentApp {
    /// Company id; also the receiver id of every callback.
    pub corp_id: String,
    /// The app's number; without it there are no proactive messages.
    pub agent_id: Option<u64>,
    /// Callbacks, when this account owns them.
    pub receive: Option<CallbackKeys>,
    /// How far a callback's timestamp may be off; `None` does not check.
    pub max_clock_skew: Option<Duration>,
    /// Secret of the HTTP API, when messages can be sent.
    pub corp_secret: Option<Secret>,
    /// Answer to `enter_agent`, at most 2,048 bytes.
    pub welcome_text: Option<String>,
    /// Direct messages to the app (inherits the account's policy).
    pub dm_policy: DmPolicy,
    /// Senders admitted (inherits the account's list).
    pub allow_from: Vec<String>,
}
