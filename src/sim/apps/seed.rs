//! An app.

use std::collections::BTreeSet;

use super::id::AppId;
use crate::ids::UserId;
use crate::secret::Secret;
use crate::sim::hooks::Webhook;

/// A self-built app.
#[derive(Debug, Clone)]
pub struct SeedApp {
    /// Its company.
    pub corp_id: String,
    /// Its number.
    pub agent_id: u64,
    /// Its secret.
    pub secret: Secret,
    /// Display name.
    pub name: String,
    /// Members who see it; `None` is everybody.
    pub scope: Option<BTreeSet<UserId>>,
    /// Where it is told what members do. The receiver's id is its company in any case.
    pub callback: Option<Webhook>,
}

impl SeedApp {
    /// An app that everybody sees.
    pub fn new(corp_id: &str, agent_id: u64, secret: impl Into<Secret>) -> Self {
        Self {
            corp_id: corp_id.to_owned(),
            agent_id,
            secret: secret.into(),
            name: format!("应用{agent_id}"),
            scope: None,
            callback: None,
        }
    }

    /// The same, called at an address.
    #[must_use]
    pub fn called_at(mut self, callback: Webhook) -> Self {
        self.callback = Some(callback);
        self
    }

    /// Its name.
    pub fn id(&self) -> AppId {
        AppId::new(self.corp_id.as_str(), self.agent_id)
    }
}
