//! What an account is doing, for people and scripts.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::Core;
use crate::channel::webhook;
use crate::config::{Account, Issue, Severity};
use crate::ids::BotId;
use crate::wecom::bot::ConnectionState;

/// The state of an account, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountState {
    /// The configuration does not allow it to run.
    ConfigError,
    /// WeCom refused the credentials; parked.
    AuthFailed,
    /// Another connection took the bot over; parked.
    Kicked,
    /// The connection was lost, or never came up; it keeps trying.
    Reconnecting,
    /// On its way up for the first time.
    Starting,
    /// Shut down.
    Stopped,
    /// Waiting for callbacks.
    Listening,
    /// Subscribed.
    Connected,
    /// Switched off in the configuration.
    Disabled,
    /// Enabled without anything to connect with.
    NotConfigured,
}

impl AccountState {
    /// Whether an operator expects this state to answer messages, and it does not.
    pub fn is_down(self) -> bool {
        !matches!(
            self,
            Self::Connected | Self::Listening | Self::Disabled | Self::NotConfigured
        )
    }
}

/// The status record of an account. Field names are those of OpenClaw's status output, so
/// that scripts work with both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the record's shape is a published format"
)]
pub struct AccountStatus {
    /// Normalised id.
    pub account_id: String,
    /// Display name.
    pub name: String,
    /// Whether the configuration lets it run.
    pub enabled: bool,
    /// Whether it has anything to connect with.
    pub configured: bool,
    /// Whether it works or tries to. False when parked.
    pub running: bool,
    /// Whether the bot is subscribed.
    pub connected: bool,
    /// `websocket`, `webhook`, `agent`, or `mixed` where there are a bot and an agent app.
    pub mode: &'static str,
    /// The state in a word.
    pub state: AccountState,
    /// BotID of the long connection, where there is one.
    pub bot_id: Option<BotId>,
    /// When the state was entered, ms since 1970, where that is known: of `connected` and
    /// `kicked`.
    pub since_at: Option<i64>,
    /// ms since 1970.
    pub last_start_at: Option<i64>,
    /// ms since 1970.
    pub last_connected_at: Option<i64>,
    /// ms since 1970.
    pub last_inbound_at: Option<i64>,
    /// ms since 1970.
    pub last_outbound_at: Option<i64>,
    /// Why it is down, and the way back. No secrets.
    pub last_error: Option<String>,
    /// Connects since the last success.
    pub reconnect_attempts: u32,
    /// Messages that run or wait.
    pub open_messages: usize,
    /// Turns that run.
    pub running_turns: usize,
    /// Messages and clicks that the policies turned away since the account was started.
    pub refused: u64,
    /// Effective policy for direct messages.
    pub dm_policy: crate::config::DmPolicy,
    /// Effective policy for groups.
    pub group_policy: crate::config::GroupPolicy,
    /// Paths at which WeCom's callbacks are taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhook_paths: Vec<String>,
    /// Findings of validation.
    pub issues: Vec<Issue>,
}

impl AccountStatus {
    /// The record of an account as the configuration has it, where nothing runs.
    pub fn of_configured(account: &Account) -> Self {
        of_idle(account)
    }
}

/// What happened last, and how many turns run.
#[derive(Debug)]
pub(super) struct Activity {
    started_ms: i64,
    inbound_ms: AtomicI64,
    outbound_ms: AtomicI64,
    refused: AtomicU64,
    turns: watch::Sender<usize>,
}

/// A running turn; ends when dropped.
#[derive(Debug)]
pub(super) struct RunningTurn<'a>(&'a watch::Sender<usize>);

impl Activity {
    pub(super) fn started(now_ms: i64) -> Self {
        Self {
            started_ms: now_ms,
            inbound_ms: AtomicI64::new(0),
            outbound_ms: AtomicI64::new(0),
            refused: AtomicU64::new(0),
            turns: watch::Sender::new(0),
        }
    }

    pub(super) fn inbound(&self, now_ms: i64) {
        self.inbound_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn outbound(&self, now_ms: i64) {
        self.outbound_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn begin_turn(&self) -> RunningTurn<'_> {
        self.turns.send_modify(|turns| *turns += 1);
        RunningTurn(&self.turns)
    }

    /// Turns that run.
    pub(super) fn running(&self) -> usize {
        *self.turns.borrow()
    }

    /// Resolves when no turn runs.
    pub(super) async fn idle(&self) {
        // The sender is borrowed, so the channel can't close meanwhile.
        self.turns
            .subscribe()
            .wait_for(|turns| *turns == 0)
            .await
            .ok();
    }
}

impl Drop for RunningTurn<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|turns| *turns = turns.saturating_sub(1));
    }
}

/// The record of an account that runs. `connection` is the bot's long connection, where it
/// has one.
pub(super) fn of_running(
    account: &Account,
    connection: Option<&ConnectionState>,
    seats: &[&Core],
) -> AccountStatus {
    let (state, last_error) = match connection {
        Some(connection) => describe(account, connection),
        None => (AccountState::Listening, None),
    };
    let latest = |of: fn(&Activity) -> &AtomicI64| {
        let times = (seats.iter()).map(|core| of(&core.activity).load(Ordering::Relaxed));
        times.max().filter(|ms| *ms > 0)
    };
    let running_turns = seats.iter().map(|core| core.activity.running()).sum();
    let waiting: usize = seats.iter().map(|core| core.mailboxes.waiting()).sum();
    let refused = |core: &&Core| core.activity.refused.load(Ordering::Relaxed);
    AccountStatus {
        running: !matches!(
            state,
            AccountState::Kicked | AccountState::AuthFailed | AccountState::Stopped
        ),
        connected: state == AccountState::Connected,
        state,
        since_at: match connection {
            Some(ConnectionState::Live { since_ms }) => Some(*since_ms),
            Some(ConnectionState::Kicked { at_ms, .. }) => Some(*at_ms),
            _ => None,
        },
        last_start_at: seats.iter().map(|core| core.activity.started_ms).min(),
        last_connected_at: match connection {
            Some(ConnectionState::Live { since_ms }) => Some(*since_ms),
            _ => None,
        },
        last_inbound_at: latest(|activity| &activity.inbound_ms),
        last_outbound_at: latest(|activity| &activity.outbound_ms),
        last_error,
        reconnect_attempts: connection.map_or(0, attempts),
        open_messages: waiting + running_turns,
        running_turns,
        refused: seats.iter().map(refused).sum(),
        ..of_idle(account)
    }
}

/// The record of an account that does not run.
pub(in crate::channel) fn of_idle(account: &Account) -> AccountStatus {
    let app = account.agent_app.as_ref();
    let receives = app.is_some_and(|app| app.receive.is_some());
    let has_bot = account.bot_socket.is_some() || account.bot_webhook.is_some();
    // An app that can only send needs nothing that runs.
    let configured = has_bot || app.is_some();
    let error = account
        .issues
        .iter()
        .find(|issue| issue.severity == Severity::Error);
    let state = match error {
        _ if !account.enabled => AccountState::Disabled,
        Some(_) => AccountState::ConfigError,
        None if has_bot || receives => AccountState::Stopped,
        None if configured => AccountState::Listening,
        None => AccountState::NotConfigured,
    };
    AccountStatus {
        account_id: account.id.to_string(),
        name: account.name.clone(),
        enabled: account.enabled,
        configured,
        running: false,
        connected: false,
        mode: match (account.bot_webhook.is_some(), has_bot, app.is_some()) {
            (_, true, true) => "mixed",
            (true, _, _) => "webhook",
            (_, false, true) => "agent",
            _ => "websocket",
        },
        state,
        bot_id: account
            .bot_socket
            .as_ref()
            .map(|socket| socket.bot_id.clone()),
        since_at: None,
        last_start_at: None,
        last_connected_at: None,
        last_inbound_at: None,
        last_outbound_at: None,
        last_error: error.filter(|_| account.enabled).map(ToString::to_string),
        reconnect_attempts: 0,
        open_messages: 0,
        running_turns: 0,
        refused: 0,
        dm_policy: account.access.dm_policy,
        group_policy: account.access.group_policy,
        webhook_paths: if account.enabled {
            webhook::paths_of(account)
        } else {
            Vec::new()
        },
        issues: account.issues.clone(),
    }
}

fn describe(account: &Account, connection: &ConnectionState) -> (AccountState, Option<String>) {
    let id = &account.id;
    match connection {
        ConnectionState::Live { .. } => (AccountState::Connected, None),
        ConnectionState::Connecting { attempt: 0 | 1 } => (AccountState::Starting, None),
        ConnectionState::Waiting { cause, .. } | ConnectionState::Resting { cause, .. } => {
            (AccountState::Reconnecting, Some(cause.to_string()))
        }
        ConnectionState::AuthFailed { code, message, .. } => (
            AccountState::AuthFailed,
            Some(format!(
                "WeCom refused botId and secret ({code} {message}): correct them in the \
                 configuration, or run `wecom channels resume {id}` to try again"
            )),
        ),
        ConnectionState::Kicked { .. } => (
            AccountState::Kicked,
            Some(format!(
                "another connection with this BotID took over: look for a second instance \
                 (another machine, an OpenClaw plugin, a test); automatic reconnects are off \
                 so that the two do not kick each other. Then run `wecom channels resume {id}`, \
                 change the account's configuration, or restart"
            )),
        ),
        ConnectionState::Closed => (AccountState::Stopped, None),
        _ => (AccountState::Reconnecting, None),
    }
}

fn attempts(connection: &ConnectionState) -> u32 {
    match connection {
        ConnectionState::Connecting { attempt } => attempt.saturating_sub(1),
        ConnectionState::Waiting { attempt, .. } => *attempt,
        _ => 0,
    }
}
