//! Notices of failures: when somebody is told, who, and what.
//!
//! Nobody is told unless the job or the configuration asks for it. A notice never goes to
//! many: where only that is known, the job's owner is told.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::deliver::{self, Parcel, Whither};
use super::job::{
    AlertChoice, Delivery, DeliveryMode, Job, JobAlert, JobState, RunFailure, RunStatus,
};
use super::outcome::Delivered;
use super::schedule::default_zone;
use super::webhook;
use crate::channel::outbound::{Planner, Target, TargetKind};
use crate::channel::policy::is_everybody;
use crate::config::{AlertMode, Config};
use crate::files::FileGrant;
use crate::texts;

/// Failures in a row before the first notice, where nothing is configured.
const AFTER: u32 = 2;

/// Time between two notices of a job, where nothing is configured.
const COOLDOWN: Duration = Duration::from_hours(1);

/// How long telling may take.
const LIMIT: Duration = Duration::from_mins(1);

/// Key of the state that says that somebody was told of failures, and not yet of their end.
const TOLD: &str = "failureAlertOpen";

/// What somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It failed, or was skipped, so often in a row.
    Failing {
        /// Why the last time.
        why: RunFailure,
        /// How often.
        times: u32,
        /// Whether it runs by itself no more.
        is_off: bool,
    },
    /// It succeeded after a notice.
    Recovered,
}

/// Whether somebody is to be told, and of what. What was told is noted in `state`, which is
/// the job's state after the run; `job` is the job before it.
pub fn due(
    job: &Job,
    state: &mut JobState,
    enabled: bool,
    by_hand: bool,
    config: &Config,
    now_ms: i64,
) -> Option<Notice> {
    let rule = Rule::of(job, config)?;
    if state.last_run_status == Some(RunStatus::Ok) && state.consecutive_skipped == 0 {
        return state.extra.shift_remove(TOLD).map(|_| Notice::Recovered);
    }
    if by_hand {
        return None;
    }
    let skipped = if rule.include_skipped {
        state.consecutive_skipped
    } else {
        0
    };
    let times = state.consecutive_errors.saturating_add(skipped);
    let is_off = job.enabled && !enabled;
    let cooldown_ms = i64::try_from(rule.cooldown.as_millis()).unwrap_or(i64::MAX);
    let last = state.last_failure_alert_at_ms;
    let is_warm = last.is_some_and(|last| now_ms.saturating_sub(last) < cooldown_ms);
    // That a job is switched off is said whatever was said before.
    if times == 0 || !is_off && (times < rule.after || is_warm) {
        return None;
    }
    state.last_failure_alert_at_ms = Some(now_ms);
    state.extra.insert(TOLD.to_owned(), true.into());
    let why = if state.consecutive_skipped > 0 {
        RunFailure::Stale
    } else {
        state.last_error_reason.unwrap_or(RunFailure::Unknown)
    };
    Some(Notice::Failing { why, times, is_off })
}

/// When a job's failures are told.
struct Rule {
    after: u32,
    cooldown: Duration,
    include_skipped: bool,
}

impl Rule {
    /// `None`: never.
    fn of(job: &Job, config: &Config) -> Option<Self> {
        let own = match &job.failure_alert {
            Some(AlertChoice::Off) => return None,
            Some(AlertChoice::On(alert)) => Some(alert),
            None => None,
        };
        let delivery = job.delivery.as_ref();
        let has_place = delivery.is_some_and(|delivery| delivery.failure_destination.is_some());
        let is_best_effort = delivery.is_some_and(Delivery::is_best_effort);
        let inherited = config.cron.failure_alert.as_ref();
        if own.is_none() && !has_place && (inherited.is_none() || is_best_effort) {
            return None;
        }
        let none = JobAlert::default();
        let own = own.unwrap_or(&none);
        let configured = own.cooldown_ms.map(Duration::from_millis);
        Some(Self {
            after: (own.after)
                .or(inherited.map(|alert| alert.after))
                .unwrap_or(AFTER)
                .max(1),
            cooldown: configured
                .or(inherited.map(|alert| alert.cooldown))
                .unwrap_or(COOLDOWN),
            include_skipped: (own.include_skipped)
                .or(inherited.map(|alert| alert.include_skipped))
                .unwrap_or(false),
        })
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// A target of WeCom.
    Message {
        /// The account that tells; `None` is the default one.
        account: Option<String>,
        /// The target.
        target: String,
    },
    /// An address.
    Address(String),
}

/// Who is told of a job's failures; `None`: nobody is known.
pub fn receiver(job: &Job, config: &Config) -> Option<Receiver> {
    let own = match &job.failure_alert {
        Some(AlertChoice::On(alert)) => Some((
            alert.mode.unwrap_or_default(),
            alert.to.clone(),
            alert.account_id.clone(),
        )),
        _ => None,
    };
    let delivery = job.delivery.as_ref();
    let place = delivery.and_then(|delivery| delivery.failure_destination.as_ref());
    let place = place.map(|place| {
        let mode = match place.mode {
            Some(DeliveryMode::Webhook) => AlertMode::Webhook,
            _ => AlertMode::Announce,
        };
        (mode, place.to.clone(), place.account_id.clone())
    });
    let inherited = config.cron.failure_alert.as_ref().map(|alert| {
        let account = alert.account.as_ref().map(ToString::to_string);
        (alert.mode, alert.to.clone(), account)
    });
    for (mode, to, account) in [own, place, inherited].into_iter().flatten() {
        match (mode, to) {
            (AlertMode::Webhook, to) => {
                let configured = config.cron.webhook.as_ref();
                let to = to.or_else(|| configured.map(|url| url.reveal().to_owned()));
                if let Some(to) = to {
                    return Some(Receiver::Address(to));
                }
            }
            (AlertMode::Announce, Some(target)) => {
                return to_few(job, config, account, target);
            }
            (AlertMode::Announce, None) => {}
        }
    }
    match deliver::destination(job) {
        Ok(Whither::Message { account, target }) => to_few(job, config, account, target),
        _ => to_owner(job, config, None),
    }
}

/// The target, unless that is many: then the owner.
fn to_few(job: &Job, config: &Config, account: Option<String>, target: String) -> Option<Receiver> {
    let is_many = Target::parse(&target).is_ok_and(|target| is_broadcast(&target.kind));
    if is_many {
        return to_owner(job, config, account);
    }
    Some(Receiver::Message { account, target })
}

/// Whether a target is more than the people of one chat.
pub(super) fn is_broadcast(kind: &TargetKind) -> bool {
    matches!(
        kind,
        TargetKind::Party(_) | TargetKind::Tag(_) | TargetKind::All
    )
}

fn to_owner(job: &Job, config: &Config, account: Option<String>) -> Option<Receiver> {
    let owner = job.owner.as_ref();
    let user = owner.and_then(|owner| owner.user_id.clone());
    let user = user.or_else(|| {
        let mut owners = config.commands.owner_allow_from.iter();
        let first = owners.find(|entry| !is_everybody(entry))?;
        let target = Target::parse(first).ok()?;
        match target.kind {
            TargetKind::User(users) => users.first().map(ToString::to_string),
            _ => None,
        }
    })?;
    Some(Receiver::Message {
        account: account.or_else(|| owner.and_then(|owner| owner.account.clone())),
        target: format!("user:{user}"),
    })
}

/// What the notice says; no error's text and no prompt is in it.
pub fn text(job: &Job, state: &JobState, notice: Notice, config: &Config) -> String {
    let Notice::Failing { why, times, is_off } = notice else {
        return texts::cron::recovered(&job.name);
    };
    let next = match state.next_run_at_ms {
        Some(at_ms) if !is_off => next_words(at_ms, config),
        _ => texts::cron::SWITCHED_OFF.to_owned(),
    };
    if state.consecutive_skipped > 0 {
        return texts::cron::skipped(&job.name, times, &next);
    }
    texts::cron::failed(&job.name, why, times, &next)
}

fn next_words(at_ms: i64, config: &Config) -> String {
    let zone = default_zone(config.cron.default_time_zone.as_deref());
    let at = Timestamp::from_millisecond(at_ms);
    let (Ok(zone), Ok(at)) = (zone, at) else {
        return String::new();
    };
    let at = at.to_zoned(zone).strftime("%Y-%m-%d %H:%M（%Z）");
    texts::cron::next_attempt(&at.to_string())
}

/// Tells somebody, and says in the log if that fails: there is nobody else to tell.
pub(super) async fn tell(
    planner: &Planner,
    config: &Config,
    job: &Job,
    state: &JobState,
    notice: Notice,
) {
    let Some(receiver) = receiver(job, config) else {
        tracing::warn!(
            job = job.id.as_str(),
            "a job fails, and nobody is named who could be told; set `cron.failureAlert.to`"
        );
        return;
    };
    let text = text(job, state, notice, config);
    let telling = async {
        match receiver {
            Receiver::Message { account, target } => {
                let to = match deliver::check(planner, account, &target).await {
                    Ok(to) => to,
                    Err(problem) => return Delivered::Failed(problem),
                };
                let parcel = Parcel {
                    text,
                    media: Vec::new(),
                };
                deliver::send(planner, &to, parcel, FileGrant::default()).await
            }
            Receiver::Address(url) => {
                let body = json!({
                    "event": if notice == Notice::Recovered { "recovered" } else { "failed" },
                    "jobId": job.id,
                    "jobName": job.name,
                    "consecutiveErrors": state.consecutive_errors,
                    "nextRunAtMs": state.next_run_at_ms,
                    "text": text,
                });
                webhook::post(config, &url, &body).await
            }
        }
    };
    match tokio::time::timeout(LIMIT, telling).await {
        Ok(Delivered::Arrived { .. }) => {
            tracing::info!(job = job.id.as_str(), ?notice, "somebody was told of a job");
        }
        Ok(Delivered::Failed(problem)) => {
            let problem = problem.message;
            tracing::error!(
                job = job.id.as_str(),
                problem,
                "nobody could be told of a job"
            );
        }
        Ok(_) | Err(_) => {
            tracing::error!(
                job = job.id.as_str(),
                "whether somebody was told is not known"
            );
        }
    }
}

#[cfg(test)]
mod tests;
