//! How messages are gathered into conversations.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::non_empty;
use crate::config::effective::{Account, DmPolicy, DmScope, ResetRule, SessionSettings};
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::sections::{ResetKeys, ResetMode, SessionKeys};
use crate::ids::AccountId;

/// Hour of a daily reset that names none.
const DEFAULT_RESET_HOUR: u8 = 4;

/// Idle time of an idle reset that names none, in minutes.
const DEFAULT_IDLE_MINUTES: u64 = 60;

const SECONDS_PER_MINUTE: u64 = 60;

/// The effective session settings.
pub(crate) fn session(keys: &SessionKeys, findings: &mut Vec<Finding>) -> SessionSettings {
    let place = Place::of("session");
    let mut retired = |old: &str, new: &str| {
        findings.push(Finding::warning(
            "retired_key",
            place.join(&Place::of(old)),
            format!("`{old}` is retired; it is taken as `{new}`"),
            format!("write session.{new}"),
        ));
    };
    let mut reset = keys.reset.unwrap_or_default();
    if let Some(minutes) = keys.idle_minutes {
        retired("idleMinutes", "reset.idleMinutes");
        reset.idle_minutes = reset.idle_minutes.or(Some(minutes));
    }
    if keys.reset_by_type.dm.is_some() {
        retired("resetByType.dm", "resetByType.direct");
    }
    let by_type = &keys.reset_by_type;
    SessionSettings {
        dm_scope: keys.dm_scope.unwrap_or_default(),
        group_scope: keys.group_scope.unwrap_or_default(),
        main_key: non_empty(keys.main_key.as_ref()),
        identity_links: keys
            .identity_links
            .iter()
            .map(|(name, addresses)| (name.clone(), addresses.list()))
            .collect(),
        reset: rule(reset),
        reset_direct: by_type.direct.or(by_type.dm).map(rule),
        reset_group: by_type.group.map(rule),
        reset_channel: keys
            .reset_by_channel
            .iter()
            .find(|(name, _)| super::bindings::is_this_channel(name))
            .map(|(_, keys)| rule(*keys)),
    }
}

/// Without a mode the other keys tell which is meant.
fn rule(keys: ResetKeys) -> ResetRule {
    let mode = keys
        .mode
        .unwrap_or(match (keys.idle_minutes, keys.at_hour) {
            (Some(_), _) => ResetMode::Idle,
            (None, Some(_)) => ResetMode::Daily,
            (None, None) => ResetMode::None,
        });
    match mode {
        ResetMode::None => ResetRule::Never,
        ResetMode::Daily => ResetRule::Daily {
            at_hour: keys.at_hour.unwrap_or(DEFAULT_RESET_HOUR),
        },
        ResetMode::Idle => {
            let minutes = keys.idle_minutes.unwrap_or(DEFAULT_IDLE_MINUTES);
            ResetRule::Idle {
                after: Duration::from_secs(minutes.saturating_mul(SECONDS_PER_MINUTE)),
            }
        }
    }
}

/// Scope `main` lets people read each other's history; it is right for one person only.
pub(crate) fn check_main_scope(
    keys: &SessionKeys,
    accounts: &BTreeMap<AccountId, Account>,
) -> Option<Finding> {
    if keys.dm_scope != Some(DmScope::Main) {
        return None;
    }
    let several = accounts
        .values()
        .filter(|account| account.enabled && account.is_configured())
        .any(|account| match account.access.dm_policy {
            DmPolicy::Open | DmPolicy::Pairing => true,
            DmPolicy::Allowlist => match account.access.allow_from.as_slice() {
                [] => false,
                [only] => only.trim() == "*" || super::entry::access_group(only).is_some(),
                _ => true,
            },
            DmPolicy::Disabled => false,
        });
    several.then(|| {
        Finding::warning(
            "dm_scope_main",
            Place::of("session.dmScope"),
            "all people share one conversation, and the agent can tell one what another wrote",
            "remove `session.dmScope`, or set it to \"per-account-channel-peer\"",
        )
    })
}
