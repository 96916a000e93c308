use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

fn after(expr: &str, tz: &str, from: &str, times: usize) -> Vec<String> {
    let expression = CronExpression::parse(expr).unwrap();
    let zone = zone(tz).unwrap();
    let mut at: Timestamp = from.parse().unwrap();
    let mut found = Vec::new();
    while found.len() < times
        && let Some(next) = expression.next_after(at, &zone)
    {
        found.push(next.to_string());
        at = next;
    }
    found
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn expressions_are_read_as_openclaw_reads_them() {
    let sh = "Asia/Shanghai";
    for (expr, tz, from, expected) in [
        (
            "0 9 * * 1-5",
            sh,
            "2026-03-06T00:59:59.999Z",
            "2026-03-06T01:00:00Z 2026-03-09T01:00:00Z 2026-03-10T01:00:00Z",
        ),
        (
            "0 9 * * 1-5",
            sh,
            "2026-03-06T01:00:00Z",
            "2026-03-09T01:00:00Z 2026-03-10T01:00:00Z 2026-03-11T01:00:00Z",
        ),
        (
            "0 8 * * 7",
            "+08:00",
            "2026-03-06T00:00:00Z",
            "2026-03-08T00:00:00Z 2026-03-15T00:00:00Z 2026-03-22T00:00:00Z",
        ),
        (
            "0 0 31 * *",
            "UTC",
            "2026-01-31T00:00:00Z",
            "2026-03-31T00:00:00Z 2026-05-31T00:00:00Z 2026-07-31T00:00:00Z",
        ),
        (
            "0 0 L * *",
            "UTC",
            "2026-02-01T00:00:00Z",
            "2026-02-28T00:00:00Z 2026-03-31T00:00:00Z 2026-04-30T00:00:00Z",
        ),
        (
            "0 0 * * 5L",
            "UTC",
            "2026-03-01T00:00:00Z",
            "2026-03-27T00:00:00Z 2026-04-24T00:00:00Z 2026-05-29T00:00:00Z",
        ),
        (
            "0 0 * * 1#2",
            "UTC",
            "2026-03-01T00:00:00Z",
            "2026-03-09T00:00:00Z 2026-04-13T00:00:00Z 2026-05-11T00:00:00Z",
        ),
        (
            "0 0 15W * *",
            "UTC",
            "2026-08-01T00:00:00Z",
            "2026-08-14T00:00:00Z 2026-09-15T00:00:00Z 2026-10-15T00:00:00Z",
        ),
        (
            "0 0 13 * 5",
            "UTC",
            "2026-03-01T00:00:00Z",
            "2026-03-06T00:00:00Z 2026-03-13T00:00:00Z 2026-03-20T00:00:00Z",
        ),
        (
            "0 0 13 * +5",
            "UTC",
            "2026-03-01T00:00:00Z",
            "2026-03-13T00:00:00Z 2026-11-13T00:00:00Z 2027-08-13T00:00:00Z",
        ),
        (
            "0 9 1-7 * 1",
            "UTC",
            "2026-03-03T10:00:00Z",
            "2026-03-04T09:00:00Z 2026-03-05T09:00:00Z 2026-03-06T09:00:00Z",
        ),
        (
            "0 0 29 2 *",
            "UTC",
            "2026-03-01T00:00:00Z",
            "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z 2036-02-29T00:00:00Z",
        ),
        (
            "*/10 * * * * *",
            "UTC",
            "2026-03-06T00:00:05Z",
            "2026-03-06T00:00:10Z 2026-03-06T00:00:20Z 2026-03-06T00:00:30Z",
        ),
        (
            "0 30 9 6 3 * 2027",
            "UTC",
            "2026-03-06T00:00:05Z",
            "2027-03-06T09:30:00Z",
        ),
        (
            "*/7 * * * *",
            "UTC",
            "2026-11-01T00:50:00Z",
            "2026-11-01T00:56:00Z 2026-11-01T01:00:00Z 2026-11-01T01:07:00Z",
        ),
        (
            "5-59/20 * * * *",
            "UTC",
            "2026-11-01T00:00:00Z",
            "2026-11-01T00:05:00Z 2026-11-01T00:25:00Z 2026-11-01T00:45:00Z",
        ),
        (
            "0 9 * JAN-MAR MON,WED",
            "UTC",
            "2026-03-31T10:00:00Z",
            "2027-01-04T09:00:00Z 2027-01-06T09:00:00Z 2027-01-11T09:00:00Z",
        ),
        (
            "@weekly",
            "UTC",
            "2026-03-06T00:00:00Z",
            "2026-03-08T00:00:00Z 2026-03-15T00:00:00Z 2026-03-22T00:00:00Z",
        ),
        (
            "0 9 ? * 1",
            "UTC",
            "2026-03-06T00:00:00Z",
            "2026-03-09T09:00:00Z 2026-03-16T09:00:00Z 2026-03-23T09:00:00Z",
        ),
    ] {
        assert_eq!(after(expr, tz, from, 3).join(" "), expected, "{expr}");
    }
}

#[test]
fn a_change_of_the_clock_neither_swallows_nor_doubles_an_hour_written_out() {
    let ny = "America/New_York";
    for (expr, tz, from, expected) in [
        // Forward: 2026-03-08 has no 02:30.
        (
            "30 2 * * *",
            ny,
            "2026-03-07T12:00:00Z",
            "2026-03-08T07:00:00Z 2026-03-09T06:30:00Z",
        ),
        (
            "0,30 2 * * *",
            ny,
            "2026-03-08T00:00:00Z",
            "2026-03-08T07:00:00Z 2026-03-09T06:00:00Z",
        ),
        (
            "0 2,3 * * *",
            ny,
            "2026-03-08T00:00:00Z",
            "2026-03-08T07:00:00Z 2026-03-09T06:00:00Z",
        ),
        (
            "0 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z",
        ),
        // Lord Howe moves by half an hour.
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T00:00:00Z",
            "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z",
        ),
        // Back: 2026-11-01 has 01:30 twice.
        (
            "30 1 * * *",
            ny,
            "2026-10-31T12:00:00Z",
            "2026-11-01T05:30:00Z 2026-11-02T06:30:00Z",
        ),
        (
            "0,30 1 * * *",
            ny,
            "2026-11-01T05:00:00Z",
            "2026-11-01T05:30:00Z 2026-11-02T06:00:00Z",
        ),
        (
            "30 1 * * *",
            ny,
            "2026-11-01T06:10:00Z",
            "2026-11-02T06:30:00Z 2026-11-03T06:30:00Z",
        ),
        // Elapsed time counts where the hour is not written out.
        (
            "*/30 * * * *",
            ny,
            "2026-11-01T05:30:00Z",
            "2026-11-01T06:00:00Z 2026-11-01T06:30:00Z",
        ),
        (
            "0 * * * *",
            ny,
            "2026-11-01T05:00:00Z",
            "2026-11-01T06:00:00Z 2026-11-01T07:00:00Z",
        ),
        (
            "30 * * * *",
            ny,
            "2026-03-08T06:30:00Z",
            "2026-03-08T07:30:00Z 2026-03-08T08:30:00Z",
        ),
    ] {
        assert_eq!(after(expr, tz, from, 2).join(" "), expected, "{expr} {tz}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for expr in [
        "",
        "* * * *",
        "* * * * * * * *",
        "0 22-2 * * *",
        "0/15 * * * *",
        "*/0 * * * *",
        "0,,1 * * * *",
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "@reboot",
        "@every 5m",
        "words",
        &"0,".repeat(200),
    ] {
        assert!(CronExpression::parse(expr).is_err(), "{expr}");
    }
}

#[test]
fn what_never_comes_has_no_next_time() {
    assert!(after("0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", 1).is_empty());
    assert!(after("0 0 0 1 1 * 2090", "UTC", "2026-01-01T00:00:00Z", 1).is_empty());
}

#[test]
fn zones_have_names_or_offsets() {
    for (text, fits) in [
        ("asia/shanghai", true),
        ("+08:00", true),
        ("-03:30", true),
        ("UTC", true),
        ("UTC+8", false),
        ("+8", false),
        ("+25:00", false),
        ("Mars/Base", false),
        ("", false),
    ] {
        assert_eq!(zone(text).is_ok(), fits, "{text}");
    }
}

#[test]
fn durations_need_units_on_the_command_line() {
    for (text, ms) in [
        ("20m", Some(1_200_000)),
        ("1h30m", Some(5_400_000)),
        ("1.5h", Some(5_400_000)),
        ("500ms", Some(500)),
        ("2d", Some(172_800_000)),
        ("90", None),
        ("0s", None),
        ("-5m", None),
        ("", None),
        ("5x", None),
        ("1h 30m", None),
        ("1.s", None),
        ("99999999999999999d", None),
    ] {
        assert_eq!(parse_duration(text, Bare::Refused).ok(), ms, "{text}");
    }
    assert_eq!(parse_duration("90", Bare::Milliseconds), Ok(90));
    assert_eq!(format_duration(90_000), "1m 30s");
}

#[test]
fn times_of_one_shots() {
    let now = 1_772_755_200_000; // 2026-03-06T00:00:00Z
    let zone = zone("Asia/Shanghai").unwrap();
    for (text, expected) in [
        ("2026-03-06T09:00:00", Some("2026-03-06T01:00:00Z")),
        ("2026-03-06T09:00:00+09:00", Some("2026-03-06T00:00:00Z")),
        ("2026-03-06T09:00:00Z", Some("2026-03-06T09:00:00Z")),
        ("20m", Some("2026-03-06T00:20:00Z")),
        ("+20m", Some("2026-03-06T00:20:00Z")),
        ("2026-03-06", None),
        ("20", None),
    ] {
        let at = at_on_command_line(text, &zone, now).ok();
        assert_eq!(at.map(|at| at.to_string()).as_deref(), expected, "{text}");
    }
    let at = parse_at("2026-03-06T09:00:00").unwrap();
    assert_eq!(at.to_string(), "2026-03-06T09:00:00Z");
}

#[test]
fn jobs_of_each_full_hour_are_spread() {
    let id = "cc09342e-0c76-47e7-be27-ca599d07d60e";
    assert_eq!(stagger_offset(id, DEFAULT_STAGGER_MS), 27_830);
    assert_eq!(stagger_offset("daily-report", DEFAULT_STAGGER_MS), 122_429);
    for (expr, range) in [
        ("0 * * * *", 300_000),
        ("0 */2 * * *", 300_000),
        ("@hourly", 300_000),
        ("0 9 * * 1-5", 0),
        ("5 * * * *", 0),
        ("@daily", 0),
    ] {
        let expression = CronExpression::parse(expr).unwrap();
        assert_eq!(stagger_range(&expression), range, "{expr}");
    }
}

#[test]
fn an_interval_follows_the_last_run_and_else_its_grid() {
    let every = Every {
        every_ms: 10_000,
        anchor_ms: None,
        extra: serde_json::Map::new(),
    };
    for (anchor, last, after, next) in [
        (1_000, None, 1_000, 11_000),
        (1_000, None, 25_000, 31_000),
        (50_000, None, 25_000, 50_000),
        (1_000, Some(22_000), 25_000, 32_000),
        (1_000, Some(2_000), 25_000, 31_000),
    ] {
        assert_eq!(next_every(&every, anchor, last, after), Ok(Some(next)));
    }
}

proptest! {
    #[test]
    fn the_next_time_is_later_and_nothing_lies_between(
        minute in 0..60_u32, hour in 0..24_u32, start in 1_700_000_000..1_900_000_000_i64,
        zone_name in prop::sample::select(vec![
            "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai",
        ]),
        wild in any::<bool>(),
    ) {
        let expr = if wild { format!("{minute} * * * *") } else { format!("{minute} {hour} * * *") };
        let expression = CronExpression::parse(&expr).unwrap();
        let zone = zone(zone_name).unwrap();
        let from = Timestamp::from_second(start).unwrap();
        let next = expression.next_after(from, &zone).unwrap();
        prop_assert!(next > from);
        // From anywhere between, it is the same one.
        let middle = Timestamp::from_second(start.midpoint(next.as_second())).unwrap();
        if middle < next {
            prop_assert_eq!(expression.next_after(middle, &zone), Some(next));
        }
        if zone == TimeZone::UTC {
            let shown = zone.to_datetime(next);
            prop_assert_eq!(u32::try_from(shown.minute()).unwrap(), minute);
            prop_assert!(wild || u32::try_from(shown.hour()).unwrap() == hour);
        }
        let limit = if wild { 2 * 3_600 } else { 26 * 3_600 };
        prop_assert!(next.as_second() - start <= limit);
    }
}
