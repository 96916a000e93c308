//! Lengths of time as people write them: `90s`, `1h30m`, `1.5d`.

use std::time::Duration;

/// Longest that can be written: a hundred years.
const MAX_MS: f64 = 100.0 * 366.0 * 86_400_000.0;

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There is nothing.
    #[error("a duration is missing: write for example 20m or 1h30m")]
    Empty,
    /// A number without a unit.
    #[error("`{0}` has no unit: add ms, s, m, h or d")]
    NoUnit(String),
    /// Something that is neither a number nor a unit.
    #[error("`{0}` is no duration: write numbers with ms, s, m, h or d, for example 1h30m")]
    Malformed(String),
    /// Zero, or more than a hundred years.
    #[error("`{0}` is out of range: more than nothing, less than a hundred years")]
    OutOfRange(String),
}

/// Reads a length of time: numbers with decimals and units, joined without blanks.
///
/// # Errors
/// [`DurationError`], with what to write instead.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    let malformed = || DurationError::Malformed(text.to_owned());
    let mut rest = text;
    let mut total_ms = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(|| DurationError::NoUnit(text.to_owned()))?;
        let (number, behind) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| malformed())?;
        let letters = behind
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        total_ms += number * unit_ms(unit).ok_or_else(malformed)?;
        rest = behind;
    }
    if !(1.0..=MAX_MS).contains(&total_ms) {
        return Err(DurationError::OutOfRange(text.to_owned()));
    }
    Ok(Duration::from_secs_f64(total_ms.round() / 1_000.0))
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    })
}

/// A length of time in a few words: `1m 30s`.
pub fn words(duration: Duration) -> String {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut words = Vec::new();
    for (unit, ms) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ] {
        if left >= ms {
            words.push(format!("{}{unit}", left / ms));
            left %= ms;
        }
    }
    if words.is_empty() {
        return "0s".to_owned();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_added() {
        for (text, ms) in [
            ("20m", 1_200_000),
            ("1h30m", 5_400_000),
            ("1.5d", 129_600_000),
            (" 250ms ", 250),
            ("90S", 90_000),
            ("1h1h", 7_200_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in [
            "",
            "10",
            "h",
            "10x",
            "1h 30m",
            "-5m",
            "0s",
            "0.1ms",
            "1e3s",
            "99999999d",
            "1..5h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn words_say_all_of_it() {
        assert_eq!(words(Duration::from_secs(90)), "1m 30s");
        assert_eq!(words(Duration::from_millis(86_400_001)), "1d 1ms");
        assert_eq!(words(Duration::ZERO), "0s");
    }
}
