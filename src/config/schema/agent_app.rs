//! Keys of `agent`: the agent app of an account.

use schemars::JsonSchema;
use serde::Deserialize;

use super::channel::WELCOME_TEXT_BYTES;
use super::value::{Supplied, TextList};
use crate::config::effective::DmPolicy;

/// The agent app (自建应用).
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AgentKeys {
    /// Company id
    #[schemars(extend("x-reload" = "re-register"))]
    pub(crate) corp_id: Option<Supplied>,
    /// Secret of the app
    #[schemars(extend("x-reload" = "client", "x-secret" = true))]
    pub(crate) corp_secret: Option<Supplied>,
    /// Number of the app
    #[schemars(extend("x-reload" = "client", "x-number" = true))]
    pub(crate) agent_id: Option<Supplied>,
    /// Token of the app's callback
    #[schemars(extend("x-reload" = "re-register", "x-secret" = true))]
    pub(crate) token: Option<Supplied>,
    /// Key of the app's callback, 43 characters
    #[serde(rename = "encodingAESKey")]
    #[schemars(extend("x-reload" = "re-register", "x-secret" = true))]
    pub(crate) encoding_aes_key: Option<Supplied>,
    /// Answer when somebody opens the app
    #[schemars(extend("x-max-bytes" = WELCOME_TEXT_BYTES))]
    pub(crate) welcome_text: Option<String>,
    /// Who may write to the app; the account's dmPolicy by default
    pub(crate) dm_policy: Option<DmPolicy>,
    /// Senders admitted to the app; the account's allowFrom by default
    pub(crate) allow_from: Option<TextList>,
}
