//! The scheduler.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::draft::non_empty;
use crate::config::account::normalise_account_id;
use crate::config::effective::{
    Account, ChatTargets, CommandsSettings, CronRetry, CronSettings, DmPolicy, FailureAlert,
};
use crate::config::environment::Environment;
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::cron::{AlertKeys, CronKeys};
use crate::config::schema::value::{Millis, Retention, Supplied};
use crate::ids::AccountId;
use crate::secret::Secret;

/// Variables that switch the scheduler off for one process.
const SKIP_VARIABLES: [&str; 2] = ["WECOM_SKIP_CRON", "OPENCLAW_SKIP_CRON"];

/// The effective scheduler.
pub(crate) fn cron(
    keys: &CronKeys,
    home: &Path,
    env: &Environment,
    findings: &mut Vec<Finding>,
) -> CronSettings {
    let place = Place::of("cron");
    if keys.triggers.is_some() {
        findings.push(Finding::warning(
            "not_supported",
            place.key("triggers"),
            "triggers are not supported and ignored",
            "remove cron.triggers",
        ));
    }
    let millis = |millis: Millis| Duration::from_millis(millis.0);
    let skipped = SKIP_VARIABLES.iter().any(|name| env.is_on(name));
    CronSettings {
        enabled: keys.enabled && !skipped,
        store: non_empty(keys.store.as_ref())
            .map_or_else(|| home.join("cron").join("jobs.json"), PathBuf::from),
        max_concurrent_runs: keys.max_concurrent_runs,
        skip_missed_jobs: keys.skip_missed_jobs,
        session_retention: match keys.session_retention {
            Retention::For(duration) => Some(millis(duration)),
            Retention::Forever(_) => None,
        },
        run_log_max_bytes: keys.run_log.max_bytes,
        run_log_keep_lines: keys.run_log.keep_lines,
        retry: CronRetry {
            max_attempts: keys.retry.max_attempts,
            backoff: keys.retry.backoff_ms.iter().copied().map(millis).collect(),
            retry_on: keys.retry.retry_on.clone(),
        },
        failure_alert: failure_alert(keys),
        webhook: webhook(keys, &place, findings),
        webhook_token: keys
            .webhook_token
            .as_ref()
            .and_then(Supplied::text)
            .map(Secret::new),
        webhook_allowed_hosts: keys.webhook_ssrf_policy.allowed_hosts.list(),
        default_time_zone: time_zone(keys, &place, findings),
        chat_targets: keys.chat_targets,
        max_jobs_per_creator: keys.max_jobs_per_creator,
        min_interval: millis(keys.min_interval_ms),
        startup_agent_delay: millis(keys.startup_agent_delay_ms),
    }
}

/// `failureDestination` is the older name of the target.
fn failure_alert(keys: &CronKeys) -> Option<FailureAlert> {
    let alert = &keys.failure_alert;
    if !alert.enabled {
        return None;
    }
    let destination: &AlertKeys = match &keys.failure_destination {
        Some(older) if alert.to.is_none() => older,
        _ => alert,
    };
    Some(FailureAlert {
        after: alert.after,
        cooldown: Duration::from_millis(alert.cooldown_ms.0),
        include_skipped: alert.include_skipped,
        mode: destination.mode,
        to: non_empty(destination.to.as_ref()),
        account: non_empty(destination.account_id.as_ref())
            .map(|id| AccountId::new(normalise_account_id(&id))),
    })
}

fn webhook(keys: &CronKeys, place: &Place, findings: &mut Vec<Finding>) -> Option<Secret> {
    let address = non_empty(keys.webhook.as_ref())?;
    let usable = url::Url::parse(&address)
        .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.host().is_some());
    if usable {
        return Some(Secret::new(address));
    }
    let here = place.key("webhook");
    findings.push(Finding::error(
        "url_invalid",
        here.clone(),
        "`webhook` must be an http or https address",
        format!("set `{here}` to https://HOST/PATH"),
    ));
    None
}

fn time_zone(keys: &CronKeys, place: &Place, findings: &mut Vec<Finding>) -> Option<String> {
    let name = non_empty(keys.default_time_zone.as_ref())?;
    let name = name.trim();
    if is_zone_name(name) {
        return Some(name.to_owned());
    }
    let here = place.key("defaultTimeZone");
    findings.push(Finding::error(
        "time_zone",
        here.clone(),
        "`defaultTimeZone` is not the name of a time zone",
        format!("set `{here}` to a name such as Asia/Shanghai"),
    ));
    None
}

/// Shape of an IANA name: parts of letters, digits, `_`, `-`, `+`. Whether the zone exists
/// is known to the scheduler, which has the zone data.
fn is_zone_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.split('/').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
        })
}

/// Whether anybody may aim a job anywhere.
pub(crate) fn check_targets(
    cron: &CronSettings,
    commands: &CommandsSettings,
    accounts: &BTreeMap<AccountId, Account>,
) -> Option<Finding> {
    let anywhere = match cron.chat_targets {
        Some(targets) => targets == ChatTargets::Any,
        None => commands.owner_allow_from.is_empty(),
    };
    let open = accounts.values().any(|account| {
        account.enabled
            && account.is_configured()
            && (account.access.dm_policy == DmPolicy::Open
                || account
                    .agent_app
                    .as_ref()
                    .is_some_and(|app| app.dm_policy == DmPolicy::Open))
    });
    (cron.enabled && anywhere && open).then(|| {
        Finding::warning(
            "cron_targets_open",
            Place::of("cron.chatTargets"),
            "everybody who may write to the bot may schedule messages to anybody, departments \
             and tags included",
            "set `commands.ownerAllowFrom` to an owner, or `cron.chatTargets` to \"own\" or \
             \"owners\"",
        )
    })
}
