//! When a job is due next.
//!
//! Times are instants in milliseconds since 1970; "after" never includes the instant itself.

mod at;
mod duration;
mod expression;
mod stagger;
mod zone;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::job::{Every, Job, Schedule};

pub use at::{at_on_command_line, parse_at};
pub use duration::{Bare, format_duration, parse_duration};
pub use expression::CronExpression;
pub use stagger::{DEFAULT_STAGGER_MS, stagger_offset, stagger_range};
pub use zone::{default_zone, zone};

/// Shortest interval, in milliseconds.
pub const MIN_EVERY_MS: u64 = 1_000;

/// How far ahead a next time is looked for, in hours: ten years and their leap days.
const HORIZON_HOURS: i64 = 3_653 * 24;

/// Why there is no next time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The expression is none.
    #[error("schedule.expr `{expr}` is no cron expression: {reason}")]
    Expression {
        /// As it was written.
        expr: String,
        /// What is wrong, and what to write.
        reason: String,
    },
    /// The time zone is unknown.
    #[error(
        "schedule.tz `{tz}` is no time zone: write an IANA name such as Asia/Shanghai, or an \
         offset such as +08:00"
    )]
    Zone {
        /// As it was written.
        tz: String,
    },
    /// The time is none.
    #[error(
        "schedule.at `{at}` is no time: write ISO 8601 with a T, for instance \
         2026-03-06T09:00:00+08:00"
    )]
    At {
        /// As it was written.
        at: String,
    },
    /// The duration is none.
    #[error("`{text}` is no duration: {reason}")]
    Duration {
        /// As it was written.
        text: String,
        /// What to write.
        reason: &'static str,
    },
    /// The interval is too short.
    #[error("schedule.everyMs must be at least {MIN_EVERY_MS}, got {found}")]
    Interval {
        /// What was found.
        found: u64,
    },
    /// The instant can't be told in this calendar.
    #[error("the time is outside the calendar")]
    OutOfRange,
}

/// When `job` is due after `after_ms`; `None` is never. Jobs without a zone follow
/// `default_zone`.
///
/// # Errors
/// [`ScheduleError`] for a schedule that can't be read.
pub fn next_run(
    job: &Job,
    after_ms: i64,
    default_zone: &TimeZone,
) -> Result<Option<i64>, ScheduleError> {
    match &job.schedule {
        Schedule::At(at) => {
            let at_ms = parse_at(&at.at)?.as_millisecond();
            Ok((at_ms > after_ms).then_some(at_ms))
        }
        Schedule::Every(every) => {
            let anchor = every.anchor_ms.unwrap_or(job.created_at_ms);
            next_every(every, anchor, job.state.last_run_at_ms, after_ms)
        }
        Schedule::Cron(timing) => {
            let expression = CronExpression::parse(&timing.expr)?;
            let own = timing.tz.as_deref().map(zone).transpose()?;
            let zone = own.as_ref().unwrap_or(default_zone);
            let range = timing
                .stagger_ms
                .unwrap_or_else(|| stagger_range(&expression));
            let offset = stagger_offset(job.id.as_str(), range);
            let after = after_ms.saturating_sub(offset);
            let after =
                Timestamp::from_millisecond(after).map_err(|_| ScheduleError::OutOfRange)?;
            let next = expression.next_after(after, zone);
            Ok(next.map(|next| next.as_millisecond().saturating_add(offset)))
        }
    }
}

fn next_every(
    every: &Every,
    anchor_ms: i64,
    last_run_ms: Option<i64>,
    after_ms: i64,
) -> Result<Option<i64>, ScheduleError> {
    if every.every_ms < MIN_EVERY_MS {
        return Err(ScheduleError::Interval {
            found: every.every_ms,
        });
    }
    let step = i64::try_from(every.every_ms).map_err(|_| ScheduleError::OutOfRange)?;
    let from_last = last_run_ms.and_then(|last| last.checked_add(step));
    if let Some(next) = from_last.filter(|next| *next > after_ms) {
        return Ok(Some(next));
    }
    if anchor_ms > after_ms {
        return Ok(Some(anchor_ms));
    }
    let passed = after_ms.saturating_sub(anchor_ms) / step + 1;
    Ok(passed
        .checked_mul(step)
        .and_then(|since| anchor_ms.checked_add(since)))
}

#[cfg(test)]
mod tests;
