//! Wall-clock strings of the category servers: China's time, UTC+8, whatever the host's.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use super::Refused;

/// Which end of a range a date without a time of day stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// 00:00:00.
    Begin,
    /// 23:59:59.
    End,
}

/// `YYYY-MM-DD HH:mm:ss` as milliseconds since 1970.
pub(crate) fn second(text: &str) -> Result<i64, Refused> {
    read(SECOND, text)
}

/// `YYYY-MM-DD HH:mm` as milliseconds since 1970.
pub(crate) fn minute(text: &str) -> Result<i64, Refused> {
    read(MINUTE, text)
}

/// `YYYY-MM-DD HH:mm:ss`, or a date alone, as milliseconds since 1970.
pub(crate) fn day_or_second(text: &str, edge: Edge) -> Result<i64, Refused> {
    let Ok(date) = Date::strptime(DAY, text) else {
        return second(text);
    };
    let time = match edge {
        Edge::Begin => date.at(0, 0, 0, 0),
        Edge::End => date.at(23, 59, 59, 0),
    };
    stamp(time).ok_or_else(|| no_time(text))
}

/// Milliseconds since 1970 as `YYYY-MM-DD HH:mm:ss`.
pub(crate) fn to_second(ms: i64) -> String {
    civil(ms).strftime(SECOND).to_string()
}

/// Milliseconds since 1970 as `YYYY-MM-DD HH:mm`.
pub(crate) fn to_minute(ms: i64) -> String {
    civil(ms).strftime(MINUTE).to_string()
}

/// The first millisecond of the day.
pub(crate) fn day_start(ms: i64) -> i64 {
    (ms + EAST_MS).div_euclid(DAY_MS) * DAY_MS - EAST_MS
}

/// The last second of the day.
pub(crate) fn day_end(ms: i64) -> i64 {
    day_start(ms) + DAY_MS - 1_000
}

/// Refuses a time outside the thirty days on each side of today.
pub(crate) fn within_thirty_days(ms: i64, now_ms: i64) -> Result<(), Refused> {
    let today = day_start(now_ms);
    let reach = THIRTY_DAYS * DAY_MS;
    if (today - reach..today + reach + DAY_MS).contains(&ms) {
        Ok(())
    } else {
        Err(Refused::argument(
            "the time range must lie within 30 days before and after today",
        ))
    }
}

/// A day, in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;

fn read(format: &str, text: &str) -> Result<i64, Refused> {
    DateTime::strptime(format, text)
        .ok()
        .and_then(stamp)
        .ok_or_else(|| no_time(text))
}

fn stamp(time: DateTime) -> Option<i64> {
    let zoned = time.to_zoned(TimeZone::fixed(CHINA)).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// Times that no calendar has are shown as the calendar's last.
fn civil(ms: i64) -> DateTime {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    CHINA.to_datetime(at)
}

fn no_time(text: &str) -> Refused {
    Refused::argument(format!("`{text}` is no valid time"))
}

const SECOND: &str = "%Y-%m-%d %H:%M:%S";
const MINUTE: &str = "%Y-%m-%d %H:%M";
const DAY: &str = "%Y-%m-%d";
const CHINA: Offset = Offset::constant(8);
const EAST_MS: i64 = 8 * 3_600_000;
/// Windows of to-do, meeting and calendar lists, on each side of today.
const THIRTY_DAYS: i64 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_china_time() {
        let ms = second("2026-09-01 15:00:00").unwrap();
        assert_eq!(ms, 1_788_246_000_000);
        assert_eq!(minute("2026-09-01 15:00").unwrap(), ms);
        assert_eq!(to_second(ms), "2026-09-01 15:00:00");
        assert_eq!(to_minute(ms), "2026-09-01 15:00");
    }

    #[test]
    fn a_date_alone_is_an_edge_of_its_day() {
        let begin = day_or_second("2026-09-01", Edge::Begin).unwrap();
        let end = day_or_second("2026-09-01", Edge::End).unwrap();
        assert_eq!(to_second(begin), "2026-09-01 00:00:00");
        assert_eq!(to_second(end), "2026-09-01 23:59:59");
        let noon = second("2026-09-01 12:00:00").unwrap();
        assert_eq!((day_start(noon), day_end(noon)), (begin, end));
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        for text in ["2026-02-30 10:00:00", "2026-09-01 24:00:00", "soon"] {
            assert_eq!(second(text).unwrap_err().errcode, 40_058, "{text}");
        }
    }

    #[test]
    fn the_window_is_thirty_whole_days_on_each_side() {
        let now = second("2026-09-15 12:00:00").unwrap();
        let fits = |text: &str| within_thirty_days(second(text).unwrap(), now).is_ok();
        assert!(fits("2026-08-16 00:00:00") && fits("2026-10-15 23:59:59"));
        assert!(!fits("2026-08-15 23:59:59") && !fits("2026-10-16 00:00:00"));
    }
}
