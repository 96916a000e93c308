//! Cron expressions.
//!
//! | Field | Values | Beside `*`, lists, ranges, steps |
//! |---|---|---|
//! | second (optional) | 0–59 | |
//! | minute, hour | 0–59, 0–23 | |
//! | day of month | 1–31 | `L` the last, `15W` the nearest weekday, `?` any |
//! | month | 1–12, `JAN`–`DEC` | |
//! | day of week | 0–7, `SUN`–`SAT` | `5L` the last Friday, `1#2` the second Monday, `+` before it: both days |
//! | year (optional) | | |
//!
//! Where both days are restricted either one is enough; with `+` both must match. Around a
//! change of the clock, an expression of fixed hours runs once a day: at the first instant
//! after a gap, and the first time of a repeated hour. One with `*` in the hour follows the
//! time that passes.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Longest expression, in characters.
pub const MAX_CHARS: usize = 256;

/// How far ahead the next time is looked for.
const HORIZON_YEARS: i64 = 10;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Longer than any sensible one.
    #[error("the expression is longer than {MAX_CHARS} characters")]
    TooLong,
    /// Too few or too many fields.
    #[error(
        "`{expression}` has {fields} fields: write minute, hour, day of month, month and day of \
         week (5), with seconds in front 6, with a year behind 7"
    )]
    Fields {
        /// As written.
        expression: String,
        /// How many.
        fields: usize,
    },
    /// An alias that is none.
    #[error("`{0}` is not known: use @yearly, @monthly, @weekly, @daily or @hourly")]
    Alias(String),
    /// A field can't be read.
    #[error("`{expression}` can't be read: {reason}")]
    Malformed {
        /// As written.
        expression: String,
        /// What is wrong.
        reason: String,
    },
}

/// A checked expression.
#[derive(Debug, Clone)]
pub struct Expression {
    cron: Cron,
    tops_hours: bool,
}

const ALIASES: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionError`], with what to write instead.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.chars().count() > MAX_CHARS {
            return Err(ExpressionError::TooLong);
        }
        let expression = text.trim();
        let parser = CronParser::builder()
            .seconds(Seconds::Optional)
            .year(Year::Optional)
            .build();
        let malformed = |reason: String| ExpressionError::Malformed {
            expression: expression.to_owned(),
            reason,
        };
        if expression.starts_with('@') {
            let known = ALIASES
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(expression));
            if !known {
                return Err(ExpressionError::Alias(expression.to_owned()));
            }
            let cron = parser
                .parse(expression)
                .map_err(|error| malformed(error.to_string()))?;
            return Ok(Self {
                cron,
                tops_hours: expression.eq_ignore_ascii_case("@hourly"),
            });
        }
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let (minute, hour, days) = match fields.as_slice() {
            [minute, hour, day, month, weekday] => (minute, hour, [day, month, weekday]),
            [_, minute, hour, day, month, weekday] | [_, minute, hour, day, month, weekday, _] => {
                (minute, hour, [day, month, weekday])
            }
            fields => {
                return Err(ExpressionError::Fields {
                    expression: expression.to_owned(),
                    fields: fields.len(),
                });
            }
        };
        let [day, _, weekday] = days;
        // Anywhere else a question mark means nothing.
        let any = |field: &str| if field == "?" { "*" } else { field }.to_owned();
        let position = if fields.len() == 5 { 2 } else { 3 };
        let mut read: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        for (place, field) in [(position, day), (position + 2, weekday)] {
            if let Some(slot) = read.get_mut(place) {
                *slot = any(field);
            }
        }
        let has_gap = |field: &&String| field.split(',').any(str::is_empty);
        if let Some(field) = read.iter().find(has_gap) {
            return Err(malformed(format!("`{field}` has an empty item")));
        }
        if let Some(field) = read.iter().find(|field| field.contains('?')) {
            return Err(malformed(format!(
                "`?` stands for a whole day field, not in `{field}`"
            )));
        }
        let cron = parser
            .parse(&read.join(" "))
            .map_err(|error| malformed(error.to_string()))?;
        Ok(Self {
            cron,
            tops_hours: *minute == "0" && hour.contains('*'),
        })
    }

    /// Whether it runs at the full hour of many hours: such jobs are spread over minutes.
    pub fn tops_hours(&self) -> bool {
        self.tops_hours
    }

    /// The first time after `after`; `None`: there is none within ten years.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = after.to_zoned(zone.clone());
        let next = self.cron.find_next_occurrence(&from, false).ok()?;
        let until = from.checked_add(HORIZON_YEARS.years()).ok()?;
        let next_at = next.timestamp();
        (next_at > after && next_at <= until.timestamp()).then_some(next_at)
    }
}
