//! The tables that every reading of an expression must agree with.

use jiff::Timestamp;

use super::expression::Expression;
use super::zone;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next times, as many as `count`.
fn next(expression: &str, tz: &str, after: &str, count: usize) -> Vec<String> {
    let parsed = Expression::parse(expression).unwrap_or_else(|error| panic!("{error}"));
    let zone = zone::find(tz).unwrap();
    let mut after = at(after);
    let mut times = Vec::new();
    for _ in 0..count {
        let Some(next) = parsed.next_after(after, &zone) else {
            break;
        };
        times.push(next.to_string());
        after = next;
    }
    times
}

#[test]
fn next_times() {
    for (expression, tz, after, times) in [
        (
            "0 9 * * 1-5",
            "Asia/Shanghai",
            "2026-03-06T00:59:59.999Z",
            [
                "2026-03-06T01:00:00Z",
                "2026-03-09T01:00:00Z",
                "2026-03-10T01:00:00Z",
            ],
        ),
        (
            "0 9 * * 1-5",
            "Asia/Shanghai",
            "2026-03-06T01:00:00Z",
            [
                "2026-03-09T01:00:00Z",
                "2026-03-10T01:00:00Z",
                "2026-03-11T01:00:00Z",
            ],
        ),
        (
            "0 8 * * 7",
            "+08:00",
            "2026-03-06T00:00:00Z",
            [
                "2026-03-08T00:00:00Z",
                "2026-03-15T00:00:00Z",
                "2026-03-22T00:00:00Z",
            ],
        ),
        (
            "0 0 31 * *",
            "UTC",
            "2026-01-31T00:00:00Z",
            [
                "2026-03-31T00:00:00Z",
                "2026-05-31T00:00:00Z",
                "2026-07-31T00:00:00Z",
            ],
        ),
        (
            "0 0 L * *",
            "UTC",
            "2026-02-01T00:00:00Z",
            [
                "2026-02-28T00:00:00Z",
                "2026-03-31T00:00:00Z",
                "2026-04-30T00:00:00Z",
            ],
        ),
        (
            "0 0 * * 5L",
            "UTC",
            "2026-03-01T00:00:00Z",
            [
                "2026-03-27T00:00:00Z",
                "2026-04-24T00:00:00Z",
                "2026-05-29T00:00:00Z",
            ],
        ),
        (
            "0 0 * * 1#2",
            "UTC",
            "2026-03-01T00:00:00Z",
            [
                "2026-03-09T00:00:00Z",
                "2026-04-13T00:00:00Z",
                "2026-05-11T00:00:00Z",
            ],
        ),
        (
            "0 0 15W * *",
            "UTC",
            "2026-08-01T00:00:00Z",
            [
                "2026-08-14T00:00:00Z",
                "2026-09-15T00:00:00Z",
                "2026-10-15T00:00:00Z",
            ],
        ),
        (
            "0 0 13 * 5",
            "UTC",
            "2026-03-01T00:00:00Z",
            [
                "2026-03-06T00:00:00Z",
                "2026-03-13T00:00:00Z",
                "2026-03-20T00:00:00Z",
            ],
        ),
        (
            "0 0 13 * +5",
            "UTC",
            "2026-03-01T00:00:00Z",
            [
                "2026-03-13T00:00:00Z",
                "2026-11-13T00:00:00Z",
                "2027-08-13T00:00:00Z",
            ],
        ),
        (
            "0 9 1-7 * 1",
            "UTC",
            "2026-03-03T10:00:00Z",
            [
                "2026-03-04T09:00:00Z",
                "2026-03-05T09:00:00Z",
                "2026-03-06T09:00:00Z",
            ],
        ),
        (
            "0 0 29 2 *",
            "UTC",
            "2026-03-01T00:00:00Z",
            [
                "2028-02-29T00:00:00Z",
                "2032-02-29T00:00:00Z",
                "2036-02-29T00:00:00Z",
            ],
        ),
        (
            "*/10 * * * * *",
            "UTC",
            "2026-03-06T00:00:05Z",
            [
                "2026-03-06T00:00:10Z",
                "2026-03-06T00:00:20Z",
                "2026-03-06T00:00:30Z",
            ],
        ),
        (
            "*/7 * * * *",
            "UTC",
            "2026-11-01T00:50:00Z",
            [
                "2026-11-01T00:56:00Z",
                "2026-11-01T01:00:00Z",
                "2026-11-01T01:07:00Z",
            ],
        ),
        (
            "5-59/20 * * * *",
            "UTC",
            "2026-11-01T00:00:00Z",
            [
                "2026-11-01T00:05:00Z",
                "2026-11-01T00:25:00Z",
                "2026-11-01T00:45:00Z",
            ],
        ),
        (
            "0 9 * JAN-MAR MON,WED",
            "UTC",
            "2026-03-31T10:00:00Z",
            [
                "2027-01-04T09:00:00Z",
                "2027-01-06T09:00:00Z",
                "2027-01-11T09:00:00Z",
            ],
        ),
        (
            "@weekly",
            "UTC",
            "2026-03-06T00:00:00Z",
            [
                "2026-03-08T00:00:00Z",
                "2026-03-15T00:00:00Z",
                "2026-03-22T00:00:00Z",
            ],
        ),
        (
            // A question mark is any day, not both of them at once.
            "0 9 ? * 1",
            "UTC",
            "2026-03-03T00:00:00Z",
            [
                "2026-03-09T09:00:00Z",
                "2026-03-16T09:00:00Z",
                "2026-03-23T09:00:00Z",
            ],
        ),
    ] {
        assert_eq!(
            next(expression, tz, after, 3),
            times,
            "{expression} {tz} {after}"
        );
    }
    assert_eq!(
        next("0 30 9 6 3 * 2027", "UTC", "2026-03-06T00:00:05Z", 2),
        ["2027-03-06T09:30:00Z"]
    );
}

#[test]
fn changes_of_the_clock() {
    for (expression, tz, after, times) in [
        // The hour that does not exist: once, right after it.
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00:00Z",
            &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"][..],
        ),
        (
            "0 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"],
        ),
        // The hour that exists twice: once, the first time.
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31T12:00:00Z",
            &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
        ),
        // What follows the hours follows the time that passes.
        (
            "*/30 * * * *",
            "America/New_York",
            "2026-11-01T05:00:00Z",
            &[
                "2026-11-01T05:30:00Z",
                "2026-11-01T06:00:00Z",
                "2026-11-01T06:30:00Z",
                "2026-11-01T07:00:00Z",
            ],
        ),
        (
            "0 * * * *",
            "America/New_York",
            "2026-11-01T04:30:00Z",
            &[
                "2026-11-01T05:00:00Z",
                "2026-11-01T06:00:00Z",
                "2026-11-01T07:00:00Z",
            ],
        ),
        (
            "15 * * * *",
            "America/New_York",
            "2026-03-08T06:00:00Z",
            &["2026-03-08T06:15:00Z", "2026-03-08T07:15:00Z"],
        ),
        // Half an hour of change.
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-03T20:00:00Z",
            &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        ),
    ] {
        assert_eq!(
            next(expression, tz, after, times.len()),
            times,
            "{expression} {tz} {after}"
        );
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for expression in [
        "",
        "* * * *",
        "* * * * * * * *",
        "0 22-2 * * *",
        "0/15 * * * *",
        "*/0 * * * *",
        "1,,2 * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "@reboot",
        "@every 5m",
        "0 9 ?/2 * *",
        "? * * * *",
        "a b c d e",
    ] {
        assert!(Expression::parse(expression).is_err(), "{expression}");
    }
    let long = format!("{} * * * *", vec!["1"; 200].join(","));
    assert!(Expression::parse(&long).is_err());
    let never = Expression::parse("0 0 30 2 *");
    let never =
        never.map(|it| it.next_after(at("2026-01-01T00:00:00Z"), &zone::find("UTC").unwrap()));
    assert!(!matches!(never, Ok(Some(_))));
}

#[test]
fn full_hours_are_known() {
    for (expression, tops) in [
        ("0 * * * *", true),
        ("0 */2 * * *", true),
        ("@hourly", true),
        ("30 0 */2 * * *", true),
        ("0 9 * * 1-5", false),
        ("5 * * * *", false),
    ] {
        assert_eq!(
            Expression::parse(expression).unwrap().tops_hours(),
            tops,
            "{expression}"
        );
    }
}
