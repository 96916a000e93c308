use jiff::tz::TimeZone;
use serde_json::json;

use super::*;

/// 2026-03-06T00:00:00Z
const NOW: i64 = 1_772_755_200_000;

fn read(root: &Value) -> Result<JobFile, JobFileError> {
    read_file(&root.to_string(), NOW, &TimeZone::UTC)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "values are written at the call"
)]
fn row(over: Value) -> Value {
    let mut row = json!({ "id": "a", "schedule": "0 9 * * *", "message": "Report." });
    for (key, value) in over.as_object().unwrap() {
        row[key] = value.clone();
    }
    row
}

/// The only job of a file, as it is written back.
fn one(row: &Value) -> Value {
    let file = read(&json!([row])).unwrap();
    assert_eq!(file.quarantined, [], "{row}");
    serde_json::to_value(&file.jobs[0]).unwrap()
}

#[test]
fn what_is_missing_gets_its_default_in_the_order_of_the_file() {
    let text = serde_json::to_string(&one(&row(json!({})))).unwrap();
    let expected = r#"{"id":"a","name":"Report.","enabled":true,"createdAtMs":1772755200000,"updatedAtMs":1772755200000,"schedule":{"kind":"cron","expr":"0 9 * * *"},"sessionTarget":"isolated","wakeMode":"now","payload":{"kind":"agentTurn","message":"Report."},"delivery":{"mode":"announce","channel":"last"},"state":{}}"#;
    assert_eq!(text, expected);
}

#[test]
fn fields_find_their_places() {
    for (over, pointer, expected) in [
        (
            json!({ "schedule": { "cron": "1 2 * * *" } }),
            "/schedule",
            json!({ "kind": "cron", "expr": "1 2 * * *" }),
        ),
        (
            json!({ "schedule": { "every": "10m" } }),
            "/schedule",
            json!({ "kind": "every", "everyMs": 600_000 }),
        ),
        (
            json!({ "schedule": { "everyMs": 5000 } }),
            "/schedule/kind",
            json!("every"),
        ),
        (
            json!({ "schedule": { "atMs": "1772841600000" } }),
            "/schedule",
            json!({ "kind": "at", "at": "2026-03-07T00:00:00Z" }),
        ),
        (
            json!({ "schedule": { "atMs": 1_772_841_600_000_i64 } }),
            "/deleteAfterRun",
            json!(true),
        ),
        (
            json!({ "model": "m", "timeoutSeconds": 5 }),
            "/payload",
            json!({ "kind": "agentTurn", "message": "Report.", "model": "m", "timeoutSeconds": 5 }),
        ),
        (json!({ "deliver": false }), "/delivery/mode", json!("none")),
        (
            json!({ "deliver": true, "provider": "WECOM", "to": "party:1" }),
            "/delivery",
            json!({ "mode": "announce", "channel": "wecom", "to": "party:1" }),
        ),
        (
            json!({ "payload": { "kind": "AGENTTURN", "bestEffortDeliver": true } }),
            "/delivery/bestEffort",
            json!(true),
        ),
        (
            json!({ "delivery": { "mode": "deliver" } }),
            "/delivery/mode",
            json!("announce"),
        ),
        (json!({ "enabled": "true" }), "/enabled", json!(true)),
        (json!({ "id": 7 }), "/id", json!("7")),
        (
            json!({ "future": { "a": 1 } }),
            "/future",
            json!({ "a": 1 }),
        ),
        (
            json!({ "schedule": { "expr": "1 2 * * *", "future": 1 } }),
            "/schedule/future",
            json!(1),
        ),
    ] {
        assert_eq!(
            one(&row(over.clone())).pointer(pointer),
            Some(&expected),
            "{over}"
        );
    }
    let event = one(&json!({ "jobId": "b", "schedule": "@daily", "text": "Wake up." }));
    assert_eq!(event["id"], "b");
    assert_eq!(event["payload"]["kind"], "systemEvent");
    assert_eq!(event["sessionTarget"], "main");
    assert_eq!(event.get("delivery"), None);
}

#[test]
fn what_is_no_job_is_set_aside_and_the_others_load() {
    let rows = json!({ "version": 1, "jobs": [
        row(json!({ "id": "a/b" })),
        row(json!({})),
        row(json!({ "name": "again" })),
        row(json!({ "id": "c", "payload": { "kind": "command" } })),
        row(json!({ "id": "d", "schedule": "0 0 30 2 *" })),
        row(json!({ "id": "e", "channel": "telegram" })),
        row(json!({ "id": "f", "schedule": { "kind": "stream" } })),
        "words",
    ] });
    let file = read(&rows).unwrap();
    assert_eq!(file.jobs.len(), 1);
    let reasons: Vec<&str> = file
        .quarantined
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    let says = [
        "128", "twice", "shell", "upcoming", "telegram", "stream", "object",
    ];
    assert_eq!(reasons.len(), says.len());
    for (reason, says) in reasons.iter().zip(says) {
        assert!(reason.contains(says), "{reason}");
    }
    assert_eq!(file.quarantined[6].job, "words");
}

#[test]
fn reading_what_was_written_changes_nothing() {
    let first = read(&json!([row(json!({ "future": 1, "to": "party:1" }))])).unwrap();
    let again = read(&json!({ "version": 1, "jobs": first.jobs })).unwrap();
    assert_eq!(again, first);
}

#[test]
fn a_file_that_is_none_says_why() {
    let zone = TimeZone::UTC;
    let syntax = read_file("{\n  \"jobs\": [,]\n}", NOW, &zone).unwrap_err();
    assert!(syntax.to_string().contains("line 2 column 12"), "{syntax}");
    for (root, says) in [
        (json!({ "version": 2, "jobs": [] }), "version 2"),
        (json!({ "version": 1 }), "no list"),
        (json!("x"), "no list"),
    ] {
        let error = read(&root).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
