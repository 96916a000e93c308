//! An app.

use std::collections::BTreeSet;

use crate::ids::UserId;
use crate::secret::Secret;

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
        }
    }
}
