//! Schedules and times in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::print;
use crate::channel::outbound::{Target, TargetKind};
use crate::config::Config;
use crate::cron::job::{DeliveryChannel, DeliveryMode, Job, Schedule};
use crate::cron::schedule::{
    self, CronExpression, default_zone, format_duration, parse_at, stagger_range,
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// `cron 0 9 * * 1-5 @ Asia/Shanghai (exact)`, `every 1m 30s`, `at 2026-11-22 17:08Z`
pub(super) fn schedule(job: &Job) -> String {
    match &job.schedule {
        Schedule::At(at) => match parse_at(&at.at) {
            Ok(at) => format!("at {}", minute(at)),
            Err(_) => format!("at {}", at.at),
        },
        Schedule::Every(every) => format!("every {}", format_duration(every.every_ms)),
        Schedule::Cron(timing) => {
            let zone = timing.tz.as_deref();
            let zone = zone.map_or_else(String::new, |tz| format!(" @ {tz}"));
            let spread = timing.stagger_ms.or_else(|| {
                let expression = CronExpression::parse(&timing.expr).ok()?;
                Some(stagger_range(&expression)).filter(|range| *range > 0)
            });
            let spread = match spread {
                None => String::new(),
                Some(0) => " (exact)".to_owned(),
                Some(ms) => format!(" (stagger {})", format_duration(ms)),
            };
            format!("cron {}{zone}{spread}", timing.expr)
        }
    }
}

fn minute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%MZ")
        .to_string()
}

/// `in 8h`, `5m ago`, `<1m`; `-` for never.
pub(super) fn relative(at_ms: Option<i64>, now_ms: i64) -> String {
    let Some(at_ms) = at_ms else {
        return "-".to_owned();
    };
    let away = at_ms.saturating_sub(now_ms);
    let size = away.saturating_abs();
    let words = match size {
        0..MINUTE_MS => return "<1m".to_owned(),
        MINUTE_MS..HOUR_MS => format!("{}m", size / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{}h", size / HOUR_MS),
        _ => format!("{}d", size / DAY_MS),
    };
    if away > 0 {
        format!("in {words}")
    } else {
        format!("{words} ago")
    }
}

/// What is worth knowing about a job that was just made or changed.
pub(super) fn hints(job: &Job, config: &Config) {
    let Some(delivery) = &job.delivery else {
        return;
    };
    if delivery.mode != DeliveryMode::Announce {
        return;
    }
    let Some(to) = &delivery.to else {
        if delivery.channel() == DeliveryChannel::Last && job.owner.is_none() {
            print::note(
                "note: it was not made in a chat and names no target, so its runs will fail: set --to",
            );
        }
        return;
    };
    if config.multi_account && delivery.account_id.is_none() {
        print::note(&format!(
            "note: the account {} sends it; --account names another",
            config.default_account
        ));
    }
    let target = Target::parse(to).ok().map(|target| target.kind);
    let is_broadcast = matches!(
        target,
        Some(TargetKind::Party(_) | TargetKind::Tag(_) | TargetKind::All)
    );
    let minute = (job.state.next_run_at_ms).and_then(|next| minute_of(job, next, config));
    if is_broadcast && matches!(minute, Some(0 | 30)) {
        print::note(
            "hint: WeCom is busy at the full and the half hour; a message to many arrives \
             sooner at another minute",
        );
    }
}

/// The minute of a time on the wall where the job is at home.
fn minute_of(job: &Job, at_ms: i64, config: &Config) -> Option<i8> {
    let own = match &job.schedule {
        Schedule::Cron(timing) => timing.tz.as_deref(),
        _ => None,
    };
    let zone = match own {
        Some(tz) => schedule::zone(tz).ok()?,
        None => default_zone(config.cron.default_time_zone.as_deref()).ok()?,
    };
    let at = Timestamp::from_millisecond(at_ms).ok()?;
    Some(at.to_zoned(zone).minute())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schedules_in_words() {
        for (given, words) in [
            (
                json!({"kind": "cron", "expr": "0 9 * * 1-5", "tz": "Asia/Shanghai", "staggerMs": 0}),
                "cron 0 9 * * 1-5 @ Asia/Shanghai (exact)",
            ),
            (
                json!({"kind": "cron", "expr": "0 * * * *"}),
                "cron 0 * * * * (stagger 5m)",
            ),
            (
                json!({"kind": "cron", "expr": "30 9 * * *"}),
                "cron 30 9 * * *",
            ),
            (json!({"kind": "every", "everyMs": 90_000}), "every 1m 30s"),
            (
                json!({"kind": "at", "at": "2026-11-23T01:08:00+08:00"}),
                "at 2026-11-22 17:08Z",
            ),
        ] {
            let job: Job = serde_json::from_value(json!({
                "id": "j", "name": "n", "schedule": given, "sessionTarget": "isolated",
                "payload": {"kind": "agentTurn", "message": "x"},
            }))
            .unwrap();
            assert_eq!(schedule(&job), words);
        }
    }

    #[test]
    fn times_are_told_from_now_on() {
        for (at, words) in [
            (None, "-"),
            (Some(30_000), "<1m"),
            (Some(-59_999), "<1m"),
            (Some(MINUTE_MS), "in 1m"),
            (Some(8 * HOUR_MS + 1), "in 8h"),
            (Some(-5 * MINUTE_MS), "5m ago"),
            (Some(-49 * HOUR_MS), "2d ago"),
        ] {
            assert_eq!(
                relative(at.map(|at| 1_000_000_000_000 + at), 1_000_000_000_000),
                words
            );
        }
    }
}
