//! An address that the simulator calls.

use serde::Deserialize;

use crate::secret::Secret;

/// Where callbacks of a bot or an app go, as an administrator enters it in the console.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The address, `http` or `https`.
    pub url: String,
    /// Token.
    pub token: Secret,
    /// `EncodingAESKey`, 43 characters.
    pub encoding_aes_key: Secret,
    /// The receiver's id in the envelope. Empty for a company's own bot; an app's is always
    /// its company.
    pub receive_id: String,
}

impl Webhook {
    /// An address without a receiver's id.
    pub fn new(url: &str, token: impl Into<Secret>, encoding_aes_key: impl Into<Secret>) -> Self {
        Self {
            url: url.to_owned(),
            token: token.into(),
            encoding_aes_key: encoding_aes_key.into(),
            receive_id: String::new(),
        }
    }

    /// The same with a receiver's id.
    #[must_use]
    pub fn received_by(mut self, receive_id: &str) -> Self {
        receive_id.clone_into(&mut self.receive_id);
        self
    }
}

/// The same as JSON; the names of the configuration are understood too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct NewWebhook {
    url: String,
    token: String,
    #[serde(alias = "encodingAESKey", alias = "encodingAesKey")]
    encoding_aes_key: String,
    #[serde(default, alias = "receiveId")]
    receive_id: String,
}

impl From<NewWebhook> for Webhook {
    fn from(new: NewWebhook) -> Self {
        Self::new(&new.url, new.token.as_str(), new.encoding_aes_key.as_str())
            .received_by(&new.receive_id)
    }
}
