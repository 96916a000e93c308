//! How each account talks HTTP.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderValue;

use super::exchange::Line;
use super::failure::Failure;
use crate::config::{Account, NetworkSettings, TlsFiles};
use crate::egress;
use crate::ids::AccountId;

/// The version that the official client names where the configuration names none.
const COMPAT_VERSION: &str = "2026.4.29";

/// One line an account, made anew when its settings change. As many as the configuration
/// has accounts.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<AccountId, (Settings, Line)>>);

#[derive(Debug, Clone, PartialEq)]
struct Settings {
    network: NetworkSettings,
    tls: TlsFiles,
    user_agent: String,
}

impl Lines {
    /// The line of an account.
    pub(super) fn of(&self, account: &Account) -> Result<Line, Failure> {
        let settings = Settings {
            network: account.network.clone(),
            tls: account
                .bot_socket
                .as_ref()
                .map(|socket| socket.tls.clone())
                .unwrap_or_default(),
            user_agent: user_agent(account),
        };
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = lines.get(&account.id);
        if let Some((_, line)) = before.filter(|(of, _)| *of == settings) {
            return Ok(line.clone());
        }
        let setup = |error: &dyn std::fmt::Display| Failure::Setup(error.to_string());
        let client = egress::client(&settings.network, &settings.tls).map_err(|e| setup(&e))?;
        let user_agent = HeaderValue::try_from(&settings.user_agent).map_err(|e| setup(&e))?;
        let line = match before {
            Some((_, line)) => line.rebuilt(client, user_agent),
            None => Line::new(client, user_agent),
        };
        lines.insert(account.id.clone(), (settings, line.clone()));
        Ok(line)
    }

    /// Forgets the lines of accounts that are gone.
    pub(super) fn keep(&self, keep: impl Fn(&AccountId) -> bool) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|account, _| keep(account));
    }
}

/// Our own token, or what the official client sends.
fn user_agent(account: &Account) -> String {
    // Platform and processor in the words of Node.js, which the official client runs on.
    let platform = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86" => "i386",
        "aarch64" => "arm64",
        other => other,
    };
    if account.mcp.compat_user_agent {
        let version = account
            .bot_socket
            .as_ref()
            .and_then(|socket| socket.compat_version.as_deref())
            .unwrap_or(COMPAT_VERSION);
        format!("OpenClawPlugin/{version} {platform}/{processor}")
    } else {
        format!("wecom/{} {platform}/{processor}", env!("CARGO_PKG_VERSION"))
    }
}
