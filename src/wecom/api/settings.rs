//! What a client of the API needs to know.

use std::time::Duration;

use url::Url;

use crate::config::Account;
use crate::secret::Secret;

/// The app, where its API is, and how patient calls are. Two clients of equal settings ask
/// for the same token.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiSettings {
    /// Company id.
    pub corp_id: String,
    /// Secret of the app.
    pub corp_secret: Secret,
    /// Where the API is, without `/cgi-bin`: WeCom's own, or that of a private deployment.
    pub base: Url,
    /// Time-out of one attempt; uploads and downloads get at least 60 s.
    pub timeout: Duration,
    /// Attempts after the first.
    pub retries: u32,
    /// First pause between attempts; doubled, at most 10 s, ±20 %.
    pub retry_delay: Duration,
}

impl ApiSettings {
    /// The settings of an account; `None` if it has no app that can send.
    pub fn of_account(account: &Account) -> Option<Self> {
        let app = account.agent_app.as_ref()?;
        Some(Self {
            corp_id: app.corp_id.clone(),
            corp_secret: app.corp_secret.clone()?,
            base: account.network.api_base_url.clone(),
            timeout: account.network.timeout,
            retries: account.network.retries,
            retry_delay: account.network.retry_delay,
        })
    }
}
