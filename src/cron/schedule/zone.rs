//! Time zones: the host's tables where it has some, else those that are compiled in.

use jiff::tz::{Offset, TimeZone};

use super::ScheduleError;

/// Largest offset, in seconds: that of the Line Islands.
const MAX_OFFSET: i32 = 14 * 3_600;

/// Reads a zone: an IANA name in any case, or an offset such as `+08:00`.
///
/// # Errors
/// [`ScheduleError::Zone`]
pub fn zone(text: &str) -> Result<TimeZone, ScheduleError> {
    let name = text.trim();
    let known = if name.starts_with(['+', '-']) {
        offset(name).map(TimeZone::fixed)
    } else if name.is_empty() {
        None
    } else {
        TimeZone::get(name).ok()
    };
    known.ok_or_else(|| ScheduleError::Zone {
        tz: text.to_owned(),
    })
}

/// The zone of jobs that name none: the configured one, else the host's.
///
/// # Errors
/// [`ScheduleError::Zone`] for an unknown configured name.
pub fn default_zone(configured: Option<&str>) -> Result<TimeZone, ScheduleError> {
    configured.map_or_else(|| Ok(TimeZone::system()), zone)
}

fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |digits: &str| -> Option<i32> {
        let right = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        right.then(|| digits.parse().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let seconds = hours * 3_600 + minutes * 60;
    if minutes > 59 || seconds > MAX_OFFSET {
        return None;
    }
    Offset::from_seconds(sign * seconds).ok()
}
