//! An address with its keys, ready for use.

use std::fmt;
use std::sync::Arc;

use super::envelope::Envelope;
use super::seed::Webhook;
use crate::sim::sim::SimError;

/// An address with its keys.
pub(in crate::sim) struct Hook {
    pub(super) url: String,
    pub(super) envelope: Envelope,
}

impl Hook {
    /// Reads what an administrator entered.
    pub(in crate::sim) fn new(webhook: &Webhook) -> Result<Arc<Self>, SimError> {
        let is_http = url::Url::parse(&webhook.url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_http {
            let text = format!(
                "`{}` is no address: write http://… or https://…",
                webhook.url
            );
            return Err(SimError::Invalid(text));
        }
        Ok(Arc::new(Self {
            url: webhook.url.clone(),
            envelope: Envelope::new(webhook).map_err(SimError::Invalid)?,
        }))
    }

    /// The key, under which files lie too.
    pub(in crate::sim) fn key(&self) -> [u8; 32] {
        self.envelope.key()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
