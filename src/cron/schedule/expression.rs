//! Cron expressions.
//!
//! The grammar and the search are those of the `croner` library, which reads expressions as
//! OpenClaw does (both conditions on days: either; `+`, `L`, `W`, `#`). Decided here: `?`
//! is `*`, what is refused, how far ahead is looked, and what a change of the clock means
//! for an hour that was written out.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};

use super::{HORIZON_HOURS, ScheduleError};

/// Longest expression, in bytes.
const MAX_BYTES: usize = 256;

/// Names of expressions.
const ALIASES: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// A cron expression.
#[derive(Debug, Clone)]
pub struct CronExpression {
    cron: Cron,
    /// The hour is written out: no `*` and no step.
    fixed_hour: bool,
    top_of_each_hour: bool,
}

impl CronExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ScheduleError::Expression`] says what to write.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let refused = |reason: &str| ScheduleError::Expression {
            expr: text.chars().take(MAX_BYTES).collect(),
            reason: reason.to_owned(),
        };
        if text.len() > MAX_BYTES {
            return Err(refused("it is longer than 256 characters"));
        }
        let trimmed = text.trim();
        if trimmed.starts_with('@') {
            let known = ALIASES
                .iter()
                .any(|alias| trimmed.eq_ignore_ascii_case(alias));
            if !known {
                return Err(refused(
                    "of the names only @yearly, @annually, @monthly, @weekly, @daily, @midnight \
                     and @hourly tell a time",
                ));
            }
        }
        let fields: Vec<&str> = trimmed
            .split_whitespace()
            .map(|field| if field == "?" { "*" } else { field })
            .collect();
        let (minute, hour) = match (fields.as_slice(), trimmed.starts_with('@')) {
            ([_], true) if trimmed.eq_ignore_ascii_case("@hourly") => ("0", "*"),
            ([_], true) => ("0", "0"),
            (
                [minute, hour, _, _, _]
                | [_, minute, hour, _, _, _]
                | [_, minute, hour, _, _, _, _],
                false,
            ) => (*minute, *hour),
            _ => {
                return Err(refused(
                    "write five fields (minute hour day month weekday), six (seconds first) or \
                     seven (year last)",
                ));
            }
        };
        for field in &fields {
            check(field).map_err(refused)?;
        }
        let cron = CronParser::builder()
            .seconds(Seconds::Optional)
            .year(Year::Optional)
            .build()
            .parse(&fields.join(" "))
            .map_err(|error| refused(&error.to_string()))?;
        Ok(Self {
            fixed_hour: !hour.contains(['*', '/']),
            top_of_each_hour: minute == "0" && hour.contains('*'),
            cron,
        })
    }

    /// Whether it is due at the full hour of every hour, or of every n-th.
    pub fn is_top_of_each_hour(&self) -> bool {
        self.top_of_each_hour
    }

    /// The first instant after `after`, in `zone`; `None`: not within ten years.
    ///
    /// Where the clock is put forward, an hour that was written out and does not exist comes
    /// at the first instant after it; where it is put back, an hour that exists twice comes
    /// the first time only. With `*` or a step in the hour field the elapsed time counts.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let horizon = after
            .checked_add(SignedDuration::from_hours(HORIZON_HOURS))
            .unwrap_or(Timestamp::MAX);
        let next = if self.fixed_hour {
            self.next_of_wall_clock(after, horizon, zone)?
        } else {
            let from = after.to_zoned(zone.clone());
            let next = self.cron.find_next_occurrence(&from, false).ok()?;
            next.timestamp()
        };
        (next <= horizon).then_some(next)
    }

    fn next_of_wall_clock(
        &self,
        after: Timestamp,
        horizon: Timestamp,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        let mut wall: civil::DateTime = zone.to_datetime(after);
        loop {
            wall = self.cron.find_next_occurrence(&wall, false).ok()?;
            let next = first_instant(wall, zone)?;
            if next > after || next > horizon {
                return Some(next);
            }
        }
    }
}

/// The instant that a wall clock first shows `wall`, or the first one after it if it never
/// does.
pub(super) fn first_instant(wall: civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let jiff::tz::AmbiguousOffset::Gap { before, .. } = ambiguous.offset() else {
        return ambiguous.earlier().ok();
    };
    // Read with the offset before the gap, the time lies behind the change, which is the
    // last one up to it.
    let behind = before.to_timestamp(wall).ok()?;
    let change = zone
        .preceding(behind.checked_add(SignedDuration::from_nanos(1)).ok()?)
        .next();
    change.map(|change| change.timestamp())
}

/// What the grammar of the library would let through.
fn check(field: &str) -> Result<(), &'static str> {
    for item in field.split(',') {
        if item.is_empty() {
            return Err("there is an empty item in a list");
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        if let Some(step) = step {
            if step.parse::<u32>().is_ok_and(|step| step == 0) {
                return Err("a step must be at least 1");
            }
            if range != "*" && !range.contains('-') {
                return Err("a step needs a range: write */15 or 0-59/15");
            }
        }
        if let Some((from, to)) = range.split_once('-')
            && let (Ok(from), Ok(to)) = (from.parse::<u32>(), to.parse::<u32>())
            && from > to
        {
            return Err("a range must not run backwards: write two, such as 22-23,0-2");
        }
    }
    Ok(())
}
