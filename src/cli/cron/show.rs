//! `wecom cron show`: one job in words.

use clap::Args;
use jiff::Timestamp;

use super::reach::Jobs;
use super::{json_line, print, words};
use crate::clock::{Clock, SystemClock};
use crate::cron::job::Payload;
use crate::cron::listed::{canonical, delivery_words};
use crate::cron::service::ListedJob;

/// Options of `wecom cron show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Its id, its name, or the beginning of the id (8 characters)
    #[arg(value_name = "ID")]
    job: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &ShowArgs, jobs: &Jobs) -> anyhow::Result<()> {
    let listed = jobs.service().get(&args.job).await?;
    if args.json {
        return json_line(&listed);
    }
    for (key, value) in lines(&listed, SystemClock.now_ms()) {
        print::line(&format!("{key}: {value}"));
    }
    Ok(())
}

/// What is known of a job, in this order; what is missing is left out.
fn lines(listed: &ListedJob, now_ms: i64) -> Vec<(&'static str, String)> {
    let job = &listed.job;
    let state = &job.state;
    let owner = job.owner.clone().unwrap_or_default();
    let delivery = job.delivery.clone().unwrap_or_default();
    let model = match &job.payload {
        Payload::AgentTurn(turn) => turn.model.clone(),
        _ => None,
    };
    let word = |value: Option<serde_json::Value>| {
        value.and_then(|value| value.as_str().map(str::to_owned))
    };
    let suppression = state.delivery_suppression_reason.map(serde_json::to_value);
    let suppression = word(suppression.and_then(Result::ok));
    let last_error = state.last_error.clone().map(|error| {
        let reason = word(
            state
                .last_error_reason
                .and_then(|r| serde_json::to_value(r).ok()),
        );
        match reason {
            Some(reason) => format!("{error} ({reason})"),
            None => error,
        }
    });
    let diagnostic = state.auto_disabled.map(|off| {
        format!(
            "switched off after {} failures in a row; `wecom cron enable` switches it on",
            off.consecutive_errors
        )
    });
    let all = [
        ("id", Some(job.id.to_string())),
        ("declaration", job.declaration_key.clone()),
        ("name", Some(job.name.clone())),
        ("display name", job.display_name.clone()),
        ("owner agent", owner.agent_id),
        ("owner session", owner.session_key),
        ("owner", owner.user_id),
        (
            "enabled",
            Some(if job.enabled { "yes" } else { "no" }.to_owned()),
        ),
        ("schedule", Some(words::schedule(job))),
        ("session", Some(job.session_target.to_string())),
        ("agent", listed.effective_agent_id.clone()),
        ("model", model),
        ("delivery", Some(delivery_words(job))),
        ("account", delivery.account_id),
        ("target", delivery.to.as_deref().and_then(canonical)),
        ("run as", job.run_as.clone()),
        ("next", state.next_run_at_ms.map(|at| instant(at, now_ms))),
        ("last", state.last_run_at_ms.map(|at| instant(at, now_ms))),
        ("status", Some(listed.status.clone())),
        ("last error", last_error),
        (
            "last delivery",
            state
                .last_delivery_status
                .map(|status| status.as_str().to_owned()),
        ),
        ("last delivery suppression", suppression),
        ("last delivery error", state.last_delivery_error.clone()),
        ("diagnostic", diagnostic),
    ];
    let known = all
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    known.collect()
}

fn instant(at_ms: i64, now_ms: i64) -> String {
    let away = words::relative(Some(at_ms), now_ms);
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => format!("{at} ({away})"),
        Err(_) => away,
    }
}
