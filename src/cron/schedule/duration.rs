//! Durations in text: `1h30m`, `1.5d`, `500ms`.

use super::ScheduleError;

/// Units and their milliseconds, the larger first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// What a number without a unit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// Milliseconds: in files.
    Milliseconds,
    /// Nothing: on the command line a unit is asked for.
    Refused,
}

/// Reads a duration and gives its milliseconds, at least 1.
///
/// # Errors
/// [`ScheduleError::Duration`] says what to write.
pub fn parse_duration(text: &str, bare: Bare) -> Result<u64, ScheduleError> {
    let refused = |reason| ScheduleError::Duration {
        text: text.to_owned(),
        reason,
    };
    let not_understood =
        || refused("write numbers with ms, s, m, h or d, without blanks: 90s, 20m, 1h30m");
    let mut rest = text.trim();
    if rest.starts_with('-') {
        return Err(refused("it must be longer than nothing"));
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = number(rest).ok_or_else(not_understood)?;
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = unit.to_ascii_lowercase();
        let milliseconds = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, milliseconds)) => *milliseconds,
            None if unit.is_empty() && after.is_empty() && total == 0 => match bare {
                Bare::Milliseconds => 1,
                Bare::Refused => {
                    return Err(refused("a unit is missing: write 20s, 20m or 20h"));
                }
            },
            None => return Err(not_understood()),
        };
        let part = number
            .in_units_of(milliseconds)
            .ok_or_else(|| refused("it is too long"))?;
        total = total
            .checked_add(part)
            .filter(|total| i64::try_from(*total).is_ok())
            .ok_or_else(|| refused("it is too long"))?;
        rest = after;
    }
    if text.trim().is_empty() {
        return Err(not_understood());
    }
    if total == 0 {
        return Err(refused("it must be longer than nothing"));
    }
    Ok(total)
}

/// A duration for people: the two largest units, `1m 30s`.
pub fn format_duration(milliseconds: u64) -> String {
    let mut parts = Vec::with_capacity(2);
    let mut rest = milliseconds;
    for (unit, size) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            parts.push(format!("{count}{unit}"));
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() {
        "0ms".to_owned()
    } else {
        parts.join(" ")
    }
}

/// A decimal number: its digits, and how many of them stand behind the point.
struct Decimal {
    digits: u64,
    behind: u32,
}

impl Decimal {
    /// The number times `unit`, rounded down.
    fn in_units_of(&self, unit: u64) -> Option<u64> {
        let product = u128::from(self.digits) * u128::from(unit);
        u64::try_from(product / 10_u128.checked_pow(self.behind)?).ok()
    }
}

fn number(text: &str) -> Option<(Decimal, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) {
        return None;
    }
    let decimal = Decimal {
        digits: format!("{whole}{fraction}").parse().ok()?,
        behind: u32::try_from(fraction.len()).ok()?,
    };
    Some((decimal, rest))
}
