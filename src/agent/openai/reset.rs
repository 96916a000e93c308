//! When a conversation starts anew by itself.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use crate::config::{ResetRule, SessionSettings};
use crate::ids::ChatKind;
use crate::session::SessionScope;

/// The rule for a session that a chat of this kind belongs to. The kind of chat goes before
/// the channel, the channel before the rest; sessions of jobs are kept until they are
/// forgotten.
pub(super) fn rule_of(
    settings: &SessionSettings,
    scope: &SessionScope,
    kind: ChatKind,
) -> ResetRule {
    if matches!(scope, SessionScope::Named(_) | SessionScope::JobRun { .. }) {
        return ResetRule::Never;
    }
    let by_type = match kind {
        ChatKind::Direct => settings.reset_direct,
        ChatKind::Group => settings.reset_group,
    };
    by_type.or(settings.reset_channel).unwrap_or(settings.reset)
}

/// Whether a conversation whose last turn ended at `last_ms` is over.
pub(super) fn is_over(rule: ResetRule, last_ms: i64, now_ms: i64, zone: &TimeZone) -> bool {
    match rule {
        ResetRule::Never => false,
        ResetRule::Idle { after } => {
            let silence = u128::try_from(now_ms.saturating_sub(last_ms)).unwrap_or(0);
            silence >= after.as_millis()
        }
        ResetRule::Daily { at_hour } => {
            last_reset(at_hour, now_ms, zone).is_some_and(|reset_ms| last_ms < reset_ms)
        }
    }
}

/// When that hour was last, by the clock on the wall. `None` outside of all calendars.
fn last_reset(at_hour: u8, now_ms: i64, zone: &TimeZone) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms)
        .ok()?
        .to_zoned(zone.clone());
    let hour = i8::try_from(at_hour).ok()?;
    // An hour that a change of the clock leaves out is the one after it.
    let on = |day: &Zoned| day.date().at(hour, 0, 0, 0).to_zoned(zone.clone()).ok();
    let today = on(&now)?;
    let last = if today <= now {
        today
    } else {
        on(&now.checked_sub(1.day()).ok()?)?
    };
    Some(last.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_silence_ends_a_conversation() {
        let rule = ResetRule::Idle {
            after: Duration::from_mins(30),
        };
        let minute = 60_000;
        assert!(!is_over(rule, 0, 30 * minute - 1, &TimeZone::UTC));
        assert!(is_over(rule, 0, 30 * minute, &TimeZone::UTC));
        assert!(
            !is_over(rule, 5, 0, &TimeZone::UTC),
            "the clock was set back"
        );
        assert!(!is_over(ResetRule::Never, 0, i64::MAX, &TimeZone::UTC));
    }

    #[test]
    fn an_hour_ends_the_conversations_of_the_day_before() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let rule = ResetRule::Daily { at_hour: 4 };
        for (last, now, expected) in [
            // 03:50 and 04:10 of the same day
            ("2026-11-22T19:50:00Z", "2026-11-22T20:10:00Z", true),
            // 04:10 and 23:00
            ("2026-11-22T20:10:00Z", "2026-11-23T15:00:00Z", false),
            // 23:00 and 03:50 of the next day
            ("2026-11-23T15:00:00Z", "2026-11-23T19:50:00Z", false),
            ("2026-11-20T15:00:00Z", "2026-11-23T19:50:00Z", true),
        ] {
            assert_eq!(
                is_over(rule, ms(last), ms(now), &zone),
                expected,
                "{last} {now}"
            );
        }
    }

    #[test]
    fn an_hour_that_is_left_out_counts_as_the_next() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now = ms("2026-03-29T12:00:00Z");
        let reset = last_reset(2, now, &zone);
        assert_eq!(
            reset,
            Some(ms("2026-03-29T01:00:00Z")),
            "03:00 of summer time"
        );
    }

    #[test]
    fn the_nearest_rule_counts() {
        let daily = ResetRule::Daily { at_hour: 4 };
        let idle = ResetRule::Idle {
            after: Duration::from_mins(5),
        };
        let settings = SessionSettings {
            reset: daily,
            reset_channel: Some(idle),
            reset_group: Some(ResetRule::Never),
            ..SessionSettings::default()
        };
        let of = |scope, kind| rule_of(&settings, &scope, kind);
        assert_eq!(of(SessionScope::Main, ChatKind::Direct), idle);
        assert_eq!(of(SessionScope::Main, ChatKind::Group), ResetRule::Never);
        let named = SessionScope::Named("daily".to_owned());
        assert_eq!(of(named, ChatKind::Direct), ResetRule::Never);
    }
}
