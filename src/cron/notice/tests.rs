use serde_json::{Value, json};

use super::*;
use crate::config::{Environment, Location, load_text};

const HOUR_MS: i64 = 3_600_000;

fn config(cron: &str) -> Config {
    let text = format!(
        "{{ channels: {{ wecom: {{ botId: 'b', secret: 's' }} }}, \
           commands: {{ ownerAllowFrom: ['*', 'wecom:boss'] }}, cron: {{ {cron} }} }}"
    );
    let location = Location {
        home: "/nonexistent".into(),
        path: "/nonexistent/wecom.json".into(),
        read_only: true,
    };
    load_text(&text, &location, &Environment::default())
        .unwrap()
        .config
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "values are written at the call"
)]
fn job(delivery: Value, alert: Value) -> Job {
    let mut job = json!({
        "id": "j1", "name": "早报", "sessionTarget": "isolated",
        "schedule": {"kind": "cron", "expr": "0 9 * * *"},
        "payload": {"kind": "agentTurn", "message": "go"},
        "delivery": delivery,
    });
    if !alert.is_null() {
        job["failureAlert"] = alert;
    }
    serde_json::from_value(job).unwrap()
}

fn to(target: &str) -> Value {
    json!({"mode": "announce", "channel": "wecom", "to": target})
}

fn failing(errors: u32) -> JobState {
    JobState {
        last_run_status: Some(RunStatus::Error),
        last_error_reason: Some(RunFailure::Network),
        consecutive_errors: errors,
        next_run_at_ms: Some(1_772_787_600_000),
        ..JobState::default()
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is compared with what may be nothing"
)]
fn fails(times: u32, is_off: bool) -> Option<Notice> {
    Some(Notice::Failing {
        why: RunFailure::Network,
        times,
        is_off,
    })
}

#[test]
fn nobody_is_told_unless_it_is_asked_for() {
    let (off, on) = (config(""), config("failureAlert: { enabled: true }"));
    let quiet = json!({"mode": "announce", "to": "user:a", "bestEffort": true});
    let place = json!({"mode": "announce", "to": "user:a", "failureDestination": {"to": "user:b"}});
    for (config, delivery, alert, told) in [
        (&off, to("user:a"), Value::Null, false),
        (&on, to("user:a"), Value::Null, true),
        (&on, to("user:a"), json!(false), false),
        (&off, to("user:a"), json!({}), true),
        (&off, place, Value::Null, true),
        (&on, quiet.clone(), Value::Null, false),
        (&on, quiet, json!({"after": 2}), true),
    ] {
        let job = job(delivery, alert);
        let notice = due(&job, &mut failing(2), true, false, config, 0);
        assert_eq!(notice.is_some(), told, "{job:?}");
    }
}

#[test]
fn one_notice_then_a_pause_then_one_of_the_recovery() {
    let config = config("failureAlert: { enabled: true, after: 2, cooldownMs: '1h' }");
    let job = job(to("user:a"), Value::Null);
    let mut state = failing(1);
    let mut told = |errors, at_ms| {
        state.consecutive_errors = errors;
        due(&job, &mut state, true, false, &config, at_ms)
    };
    assert_eq!(told(1, 0), None);
    assert_eq!(told(2, 1), fails(2, false));
    assert_eq!(told(3, HOUR_MS), None);
    assert_eq!(told(4, HOUR_MS + 1), fails(4, false));
    let mut well = JobState {
        last_run_status: Some(RunStatus::Ok),
        consecutive_errors: 0,
        ..state
    };
    let again = |state: &mut JobState| due(&job, state, true, false, &config, HOUR_MS + 2);
    assert_eq!(again(&mut well), Some(Notice::Recovered));
    assert_eq!(again(&mut well), None);
}

#[test]
fn that_a_job_is_switched_off_is_said_at_once() {
    let config = config("failureAlert: { enabled: true, after: 5 }");
    let job = job(to("user:a"), Value::Null);
    let mut state = failing(1);
    state.last_failure_alert_at_ms = Some(0);
    assert_eq!(
        due(&job, &mut state, false, false, &config, 1),
        fails(1, true)
    );
    assert_eq!(
        due(&job, &mut failing(9), true, true, &config, 1),
        None,
        "by hand"
    );
}

#[test]
fn skipped_runs_count_where_they_shall() {
    let job = job(to("user:a"), Value::Null);
    for (include, told) in [(true, true), (false, false)] {
        let config = config(&format!(
            "failureAlert: {{ enabled: true, after: 3, includeSkipped: {include} }}"
        ));
        let mut state = JobState {
            last_run_status: Some(RunStatus::Ok),
            consecutive_skipped: 3,
            ..JobState::default()
        };
        let notice = due(&job, &mut state, true, false, &config, 0);
        assert_eq!(notice.is_some(), told);
    }
}

#[test]
fn the_receiver_is_named_somewhere_and_is_never_many() {
    let plain = config("failureAlert: { enabled: true }");
    let elsewhere = config("failureAlert: { enabled: true, to: 'user:ops' }");
    let hook =
        config("failureAlert: { enabled: true, mode: 'webhook' }, webhook: 'https://h.example/x'");
    let message = |target: &str| {
        Some(Receiver::Message {
            account: None,
            target: target.to_owned(),
        })
    };
    let place = json!({"mode": "announce", "to": "user:a", "failureDestination": {"to": "user:b"}});
    for (config, delivery, alert, expected) in [
        (&plain, to("user:a"), Value::Null, message("user:a")),
        (&elsewhere, to("user:a"), Value::Null, message("user:ops")),
        (&elsewhere, place.clone(), Value::Null, message("user:b")),
        (
            &elsewhere,
            place,
            json!({"to": "user:c"}),
            message("user:c"),
        ),
        (&plain, to("party:1"), Value::Null, message("user:boss")),
        (
            &plain,
            to("user:a"),
            json!({"to": "@all"}),
            message("user:boss"),
        ),
        (
            &hook,
            to("user:a"),
            Value::Null,
            Some(Receiver::Address("https://h.example/x".to_owned())),
        ),
    ] {
        assert_eq!(receiver(&job(delivery, alert), config), expected);
    }
    let mut owned = job(to("tag:1"), Value::Null);
    owned.owner = serde_json::from_value(json!({"userId": "lina", "account": "hq"})).unwrap();
    let lina = Receiver::Message {
        account: Some("hq".to_owned()),
        target: "user:lina".to_owned(),
    };
    assert_eq!(receiver(&owned, &plain), Some(lina));
}

#[test]
fn the_text_says_what_and_what_next() {
    let config = config("defaultTimeZone: 'Asia/Shanghai'");
    let job = job(to("user:a"), Value::Null);
    let notice = fails(3, false).unwrap();
    assert_eq!(
        text(&job, &failing(3), notice, &config),
        "⚠️ 定时任务「早报」执行失败（连续第 3 次）：网络连接失败。下次执行：2026-03-06 17:00（CST）。"
    );
    let off = fails(1, true).unwrap();
    assert_eq!(
        text(&job, &failing(1), off, &config),
        "⚠️ 定时任务「早报」执行失败：网络连接失败。任务已停用，不会再自动执行。"
    );
}
