//! What a connection needs to know, checked and loaded.

use std::path::PathBuf;

use url::Url;

use crate::config::{BotSocket, Reclaim, SocketTiming};
use crate::ids::{AccountId, BotId};
use crate::secret::Secret;

/// Everything one connection needs; TLS files are read already.
#[expect(
    dead_code,
    reason = "read by the connection, which the next commit brings"
)]
#[derive(Debug, Clone)]
pub struct BotSettings {
    pub(super) account: AccountId,
    pub(super) bot_id: BotId,
    pub(super) secret: Secret,
    pub(super) url: Url,
    pub(super) timing: SocketTiming,
    pub(super) compat_version: Option<String>,
    pub(super) reclaim: Option<Reclaim>,
}

impl BotSettings {
    /// Takes the settings of `account` and reads the files that they name.
    pub fn load(account: AccountId, socket: &BotSocket) -> Result<Self, SettingsError> {
        Ok(Self {
            account,
            bot_id: socket.bot_id.clone(),
            secret: socket.secret.clone(),
            url: socket.url.clone(),
            timing: socket.timing,
            compat_version: socket.compat_version.clone(),
            reclaim: socket.reclaim,
        })
    }
}

/// Why the settings cannot be used. Every variant needs a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A TLS file cannot be read.
    #[error("cannot read the TLS file {path}")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
