use serde_json::{Value, json};

use super::*;

/// 2026-03-06T00:00:00Z
const NOW: i64 = 1_772_755_200_000;

#[expect(
    clippy::needless_pass_by_value,
    reason = "values are written at the call"
)]
fn job(over: Value) -> Job {
    let mut job = json!({
        "id": "menu", "name": "Menu", "sessionTarget": "isolated",
        "schedule": { "kind": "cron", "expr": "30 8 * * 1", "tz": "Asia/Shanghai" },
        "payload": { "kind": "agentTurn", "message": "Collect the menu." },
    });
    for (key, value) in over.as_object().unwrap() {
        job[key] = value.clone();
    }
    serde_json::from_value(job).unwrap()
}

fn fields(over: Value, moment: Moment) -> Vec<&'static str> {
    problems(&job(over), moment, NOW, &TimeZone::UTC)
        .into_iter()
        .map(|problem| problem.field)
        .collect()
}

#[test]
fn every_rule_names_its_field_and_all_are_told() {
    let past = json!({ "kind": "at", "at": "2026-03-05T09:00:00" });
    let event = json!({ "kind": "systemEvent", "text": "x" });
    let text = json!({ "kind": "text", "text": "x" });
    for (over, expected) in [
        (json!({}), vec![]),
        (json!({ "name": " " }), vec!["name"]),
        (json!({ "name": "x".repeat(201) }), vec!["name"]),
        (
            json!({ "description": "x".repeat(2001) }),
            vec!["description"],
        ),
        (
            json!({ "payload": { "kind": "agentTurn", "message": " " } }),
            vec!["payload.message"],
        ),
        (
            json!({ "payload": { "kind": "text", "text": "x".repeat(65_537) } }),
            vec!["payload.text"],
        ),
        (json!({ "payload": event }), vec!["sessionTarget"]),
        (json!({ "sessionTarget": "main" }), vec!["sessionTarget"]),
        (
            json!({ "sessionTarget": "session:a", "payload": text }),
            vec!["sessionTarget"],
        ),
        (
            json!({ "sessionTarget": "main", "payload": event, "delivery": { "mode": "announce" } }),
            vec!["delivery.mode"],
        ),
        (
            json!({ "delivery": { "mode": "webhook", "to": "user:a" } }),
            vec!["delivery.to"],
        ),
        (
            json!({ "delivery": { "mode": "webhook", "to": "https://a.example/x" } }),
            vec![],
        ),
        (
            json!({ "schedule": { "kind": "cron", "expr": "0 0 30 2 *" } }),
            vec!["schedule.expr"],
        ),
        (
            json!({ "schedule": { "kind": "every", "everyMs": 10 } }),
            vec!["schedule.everyMs"],
        ),
        (json!({ "schedule": past }), vec!["schedule.at"]),
        (
            json!({ "name": "", "sessionTarget": "main" }),
            vec!["name", "sessionTarget"],
        ),
    ] {
        assert_eq!(fields(over.clone(), Moment::Created), expected, "{over}");
    }
    assert_eq!(
        fields(json!({ "schedule": past }), Moment::Kept),
        Vec::<&str>::new()
    );
}
