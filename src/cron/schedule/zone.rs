//! Time zones as jobs name them.

use jiff::tz::{Offset, TimeZone};

/// A name that is no zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone: write a name like Asia/Shanghai, or an offset like +08:00")]
pub struct UnknownZone(pub String);

/// The zone of that name, in any letters' case, or of a fixed offset `+08:00`.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<TimeZone, UnknownZone> {
    let unknown = || UnknownZone(name.to_owned());
    let text = name.trim();
    if let Some(offset) = fixed(text) {
        return Ok(TimeZone::fixed(offset));
    }
    if text.starts_with(['+', '-']) {
        return Err(unknown());
    }
    TimeZone::get(text).map_err(|_| unknown())
}

/// The host's zone, and its name where it has one.
pub fn of_host() -> TimeZone {
    TimeZone::system()
}

/// The name of a zone as people and files know it.
pub fn name(zone: &TimeZone) -> String {
    if let Some(name) = zone.iana_name() {
        return name.to_owned();
    }
    match zone.to_fixed_offset() {
        Ok(offset) => format!("{offset}"),
        Err(_) => "host".to_owned(),
    }
}

fn fixed(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_offsets() {
        assert_eq!(name(&find("asia/shanghai").unwrap()), "Asia/Shanghai");
        assert_eq!(name(&find("UTC").unwrap()), "UTC");
        assert_eq!(
            find("+08:00").unwrap().to_fixed_offset().unwrap().seconds(),
            28_800
        );
        assert_eq!(
            find("-03:30").unwrap().to_fixed_offset().unwrap().seconds(),
            -12_600
        );
        for text in ["UTC+8", "+8", "+25:00", "Mars/Base", "", "+08:60", "+0a:00"] {
            assert!(find(text).is_err(), "{text}");
        }
    }
}
