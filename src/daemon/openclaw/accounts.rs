//! How accounts are, in OpenClaw's words.
//!
//! OpenClaw restarts an account that is not connected for some minutes. Nothing gets better by
//! that here: the connection to WeCom is this program's, and is kept whatever OpenClaw does.
//! So "not connected" is said only while the account is on its way up; where a person has to
//! do something, the error says what.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::agent::openclaw::link::AccountReport;
use crate::channel::{AccountState, AccountStatus, Runtime};
use crate::config::LiveConfig;

/// How often the accounts are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// How accounts were a moment ago: whoever asks must not wait for one that is being replaced.
#[derive(Debug)]
pub(super) struct Accounts {
    config: LiveConfig,
    reports: RwLock<BTreeMap<String, AccountReport>>,
}

impl Accounts {
    pub(super) fn new(config: LiveConfig) -> Self {
        Self {
            config,
            reports: RwLock::default(),
        }
    }

    /// Looks again and again until `stop` is cancelled.
    pub(super) async fn watch(self: Arc<Self>, runtime: Arc<Runtime>, stop: CancellationToken) {
        let mut timer = tokio::time::interval(INTERVAL);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            let statuses = runtime.status().await;
            let reports = statuses
                .into_iter()
                .map(|status| (status.account_id.clone(), report(status)))
                .collect();
            *self.reports.write().unwrap_or_else(PoisonError::into_inner) = reports;
        }
    }

    /// How the account is that OpenClaw calls so.
    pub(super) fn report(&self, name: &str) -> AccountReport {
        let config = self.config.get();
        let account = match config.account(name) {
            Ok(account) => account,
            Err(unknown) => {
                return AccountReport {
                    running: false,
                    connected: true,
                    error: Some(format!("the wecom daemon's configuration: {unknown}")),
                };
            }
        };
        let reports = self.reports.read().unwrap_or_else(PoisonError::into_inner);
        let found = reports.get(account.id.as_str()).cloned();
        found.unwrap_or_else(|| report(AccountStatus::of_configured(account)))
    }
}

fn report(status: AccountStatus) -> AccountReport {
    let (running, connected, otherwise) = match status.state {
        // A restart would not mend a kick or credentials: they count as connected.
        AccountState::Connected
        | AccountState::Listening
        | AccountState::Kicked
        | AccountState::AuthFailed => (true, true, None),
        AccountState::Starting | AccountState::Reconnecting => (true, false, None),
        AccountState::Disabled => (false, true, Some("it is switched off in the wecom daemon")),
        AccountState::NotConfigured => (
            false,
            true,
            Some("the wecom daemon has no credentials for it"),
        ),
        AccountState::Stopped => (false, true, Some("the wecom daemon has stopped it")),
        AccountState::ConfigError => (false, true, Some("its configuration has errors")),
    };
    AccountReport {
        running,
        connected,
        error: status.last_error.or_else(|| otherwise.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn only_what_may_pass_is_not_connected() {
        let config = Config::unconfigured(Path::new("/nonexistent"));
        let account = config.accounts.values().next().unwrap();
        let idle = AccountStatus::of_configured(account);
        for (state, running, connected) in [
            (AccountState::Connected, true, true),
            (AccountState::Listening, true, true),
            (AccountState::Starting, true, false),
            (AccountState::Reconnecting, true, false),
            (AccountState::Kicked, true, true),
            (AccountState::AuthFailed, true, true),
            (AccountState::Disabled, false, true),
            (AccountState::ConfigError, false, true),
        ] {
            let status = AccountStatus {
                state,
                ..idle.clone()
            };
            let report = report(status);
            assert_eq!(
                (report.running, report.connected),
                (running, connected),
                "{state:?}"
            );
        }
    }

    #[test]
    fn an_account_of_openclaw_alone_is_no_reason_for_restarts() {
        let config = Config::unconfigured(Path::new("/nonexistent"));
        let accounts = Accounts::new(LiveConfig::new(config));
        let report = accounts.report("elsewhere");
        assert!(!report.running && report.connected);
        assert!(report.error.unwrap().contains("elsewhere"));
    }
}
