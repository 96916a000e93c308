//! Jobs in words, for lists.

use super::job::{DeliveryChannel, DeliveryMode, DeliveryStatus, Job, RunStatus};
use super::service::{DeliveryPreview, ListedJob};
use crate::channel::outbound::{Target, Via};
use crate::config::Config;

/// A job and how it is.
pub(super) fn listed(job: Job, config: &Config) -> ListedJob {
    let agent = job.agent_id.clone();
    ListedJob {
        status: status_words(&job),
        effective_agent_id: agent.or_else(|| config.agents.default_agent.clone()),
        job,
    }
}

/// How a job is, in a word.
pub fn status_words(job: &Job) -> String {
    let state = &job.state;
    if state.running_at_ms.is_some() {
        return "running".to_owned();
    }
    if !job.enabled {
        return match &state.auto_disabled {
            Some(off) => format!("disabled ({}x)", off.consecutive_errors),
            None => "disabled".to_owned(),
        };
    }
    match state.last_run_status.or(state.last_status) {
        None => "idle",
        Some(RunStatus::Skipped) => "skipped",
        Some(RunStatus::Error) => return format!("error ({}x)", state.consecutive_errors.max(1)),
        Some(RunStatus::Ok) if state.delivery_suppression_reason.is_some() => "ok (suppressed)",
        Some(RunStatus::Ok) => match state.last_delivery_status {
            Some(DeliveryStatus::NotDelivered) => "ok (not delivered)",
            Some(DeliveryStatus::Unknown) => "ok (delivery unknown)",
            _ => "ok",
        },
    }
    .to_owned()
}

/// Where a result goes.
pub fn delivery_preview(job: &Job, config: &Config) -> DeliveryPreview {
    let account = || {
        let named = job.delivery.as_ref().and_then(|d| d.account_id.clone());
        named.unwrap_or_else(|| config.default_account.to_string())
    };
    DeliveryPreview {
        label: delivery_words(job),
        detail: match job.delivery_mode() {
            DeliveryMode::None => String::new(),
            DeliveryMode::Announce => format!("account {}", account()),
            DeliveryMode::Webhook => "JSON by POST".to_owned(),
        },
    }
}

/// Where a result goes, in short. Of an address only the host is shown: the rest may be a key.
pub fn delivery_words(job: &Job) -> String {
    let Some(delivery) = &job.delivery else {
        return "none".to_owned();
    };
    let mode = delivery.mode.as_str();
    match (delivery.mode, delivery.to.as_deref()) {
        (DeliveryMode::None, _) => mode.to_owned(),
        (DeliveryMode::Webhook, to) => {
            let host = to.and_then(|to| url::Url::parse(to).ok());
            let host = host.as_ref().and_then(url::Url::host_str);
            format!("{mode} -> {}", host.unwrap_or("?"))
        }
        (DeliveryMode::Announce, Some(to)) => {
            let target = canonical(to).unwrap_or_else(|| to.to_owned());
            format!("{mode} -> {target}")
        }
        (DeliveryMode::Announce, None) => match delivery.channel() {
            DeliveryChannel::Last => format!("{mode} -> last"),
            DeliveryChannel::Wecom => format!("{mode} -> wecom"),
        },
    }
}

/// A target in its canonical form, with the channel.
pub fn canonical(to: &str) -> Option<String> {
    let target = Target::parse(to).ok()?;
    Some(match target.via {
        Via::Agent => target.to_string(),
        Via::Any => format!("wecom:{}", target.kind),
    })
}
