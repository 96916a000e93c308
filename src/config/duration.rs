//! Durations as people write them.

/// Milliseconds of a text such as `1h30m`, `90s` or `1.5d`: numbers with the units `ms`,
/// `s`, `m`, `h`, `d`, joined without blanks; a bare number is milliseconds. `None` for
/// anything else, and for what does not fit.
pub(crate) fn parse_millis(text: &str) -> Option<u64> {
    if let Ok(millis) = text.parse() {
        return Some(millis);
    }
    let mut rest = text;
    let mut total: f64 = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let factor = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    if text.is_empty() || total > 9_007_199_254_740_991.0 {
        return None;
    }
    format!("{total:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_added_up() {
        for (text, millis) in [
            ("1500", Some(1_500)),
            ("20m", Some(1_200_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1_500)),
            ("250ms", Some(250)),
            ("7d", Some(604_800_000)),
            ("0s", Some(0)),
            ("", None),
            ("h", None),
            ("1w", None),
            ("1 h", None),
            ("-1s", None),
            ("1h30", None),
            ("9999999999999999d", None),
        ] {
            assert_eq!(parse_millis(text), millis, "{text}");
        }
    }
}
