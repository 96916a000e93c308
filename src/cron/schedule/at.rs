//! The time of a one-shot.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::ScheduleError;
use super::duration::{Bare, parse_duration};
use super::expression::first_instant;

/// Reads a time as files have it: ISO 8601 with a `T`; without an offset it is UTC.
///
/// # Errors
/// [`ScheduleError::At`]
pub fn parse_at(text: &str) -> Result<Timestamp, ScheduleError> {
    in_zone(text, &TimeZone::UTC)
}

/// Reads a time as the command line has it: as in a file, but without an offset it is in
/// `zone`; or a duration from now, `20m` or `+20m`.
///
/// # Errors
/// [`ScheduleError::At`]; [`ScheduleError::Duration`] for what looks like a duration;
/// [`ScheduleError::OutOfRange`] for one beyond the calendar.
pub fn at_on_command_line(
    text: &str,
    zone: &TimeZone,
    now_ms: i64,
) -> Result<Timestamp, ScheduleError> {
    let trimmed = text.trim();
    if trimmed.contains(['T', 't', ' ']) || trimmed.contains('-') {
        return in_zone(trimmed, zone);
    }
    let from_now = trimmed.strip_prefix('+').unwrap_or(trimmed);
    let ms = parse_duration(from_now, Bare::Refused)?;
    let at = i64::try_from(ms).ok().and_then(|ms| now_ms.checked_add(ms));
    at.and_then(|at| Timestamp::from_millisecond(at).ok())
        .ok_or(ScheduleError::OutOfRange)
}

fn in_zone(text: &str, zone: &TimeZone) -> Result<Timestamp, ScheduleError> {
    let refused = || ScheduleError::At {
        at: text.to_owned(),
    };
    let text = text.trim();
    if !text.contains(['T', 't']) {
        return Err(refused());
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let wall: civil::DateTime = text.parse().map_err(|_| refused())?;
    first_instant(wall, zone).ok_or_else(refused)
}
