//! Taking over what OpenClaw left, and giving it back.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::place::{Place, write};

/// A folder as OpenClaw writes it: jobs with their state beside them, rows of older editions,
/// rows that can't be jobs here, and a history with a broken line in it.
fn foreign(place: &Place) -> std::path::PathBuf {
    let folder = place.path("openclaw/cron");
    let jobs = json!({ "version": 1, "jobs": [
        { "id": "weekly-menu", "name": "Weekly menu", "agentId": "main", "enabled": true,
          "createdAtMs": 1_767_225_600_000_i64, "updatedAtMs": 1_767_225_600_000_i64,
          "schedule": { "kind": "cron", "expr": "30 8 * * 1", "tz": "Asia/Shanghai" },
          "sessionTarget": "isolated", "wakeMode": "now",
          "payload": { "kind": "agentTurn", "message": "Collect this week's canteen menu." },
          "delivery": { "mode": "announce", "channel": "wecom", "to": "user:Lina" },
          "futureField": { "kept": true },
          "state": { "nextRunAtMs": 1, "runningAtMs": 2 } },
        { "jobId": 42, "schedule": { "cron": "0 7 * * *" }, "message": "Weather?",
          "deliver": true, "channel": "wecom", "to": "user:lina", "enabled": "true" },
        { "name": "no id", "schedule": { "every": "10m" }, "payload": { "kind": "AGENTTURN", "message": "Look." },
          "delivery": { "mode": "none" } },
        { "id": "nightly-shell", "name": "shell", "schedule": { "kind": "cron", "expr": "0 3 * * *" },
          "payload": { "kind": "command", "command": "rm -rf /tmp/x" } },
        { "id": "weekly-menu", "name": "again", "schedule": "@daily", "message": "x" },
    ] });
    write(&folder.join("jobs.json"), &jobs.to_string());
    let states = json!({ "version": 1, "jobs": {
        "weekly-menu": { "updatedAtMs": 1, "state": {
            "lastRunAtMs": 1_767_600_000_000_i64, "lastRunStatus": "error", "lastStatus": "error",
            "lastError": "timed out", "consecutiveErrors": 2, "runningAtMs": 5,
        } },
    } });
    write(&folder.join("jobs-state.json"), &states.to_string());
    let history = "\
        {\"ts\":1767600001000,\"jobId\":\"weekly-menu\",\"action\":\"finished\",\"status\":\"ok\",\"summary\":\"Noodles\",\"runAtMs\":1767600000000,\"durationMs\":900,\"model\":\"m1\",\"usage\":{\"total_tokens\":7}}\n\
        {\"ts\":17676000\n\
        {\"ts\":1767600002000,\"action\":\"finished\",\"status\":\"error\",\"error\":\"timed out\"}\n";
    write(&folder.join("runs/weekly-menu.jsonl"), history);
    folder
}

#[tokio::test]
async fn a_folder_is_taken_over_once_however_often_it_is_read() {
    let place = Place::new(&json!({}));
    let folder = foreign(&place);
    let before = std::fs::read(folder.join("jobs.json")).unwrap();
    let said = place.cron(&["import", folder.to_str().unwrap()]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    let report = said.json();
    for (key, count) in [
        ("added", 3),
        ("changed", 0),
        ("unchanged", 0),
        ("quarantined", 2),
    ] {
        assert_eq!(report[key], count, "{key}: {report}");
    }
    assert_eq!(
        report["runs"],
        json!({ "added": 2, "known": 0, "passed_over": 1 })
    );
    for says in [
        "nightly-shell: payload.kind `command` is not supported",
        "there twice",
    ] {
        assert!(said.err.contains(says), "{says}: {}", said.err);
    }
    assert_eq!(std::fs::read(folder.join("jobs.json")).unwrap(), before);

    let menu = place.json(&["get", "weekly-menu"]).await;
    assert_eq!(menu["futureField"], json!({ "kept": true }));
    assert_eq!(menu["createdAtMs"], 1_767_225_600_000_i64);
    let state = &menu["state"];
    assert_eq!(state["consecutiveErrors"], 2);
    assert_eq!(state["lastError"], "timed out");
    assert_eq!(state.get("runningAtMs"), None, "it does not run here");
    assert!(state["nextRunAtMs"].as_i64().unwrap() > 1_772_000_000_000);
    let weather = place.json(&["get", "42"]).await;
    assert_eq!(weather["name"], "Weather?");
    assert_eq!(weather["delivery"]["to"], "user:lina");

    let runs = place.json(&["runs", "weekly-menu", "--sort", "asc"]).await;
    assert_eq!(runs["total"], 2);
    assert_eq!(runs["entries"][0]["usage"]["total_tokens"], 7);
    assert_eq!(runs["entries"][0]["runAtIso"], "2026-01-05T08:00:00Z");

    let again = place.json(&["import", folder.to_str().unwrap()]).await;
    for (key, count) in [
        ("added", 0),
        ("changed", 0),
        ("unchanged", 3),
        ("quarantined", 2),
    ] {
        assert_eq!(again[key], count, "{key}: {again}");
    }
    assert_eq!(
        again["runs"],
        json!({ "added": 0, "known": 2, "passed_over": 1 })
    );
    assert_eq!(place.json(&["status"]).await["invalid"], 2, "each row once");

    // A row that is no job can be mended or forgotten.
    place.json(&["rm", "nightly-shell"]).await;
    assert_eq!(place.json(&["status"]).await["invalid"], 1);
}

#[tokio::test]
async fn what_openclaw_lists_is_taken_over_and_what_is_none_is_not() {
    let place = Place::new(&json!({}));
    let file = place.path("list.json");
    let list = json!({ "jobs": [ {
        "id": "a", "name": "a", "schedule": { "kind": "every", "everyMs": 60_000 },
        "sessionTarget": "isolated", "payload": { "kind": "agentTurn", "message": "x" },
        "delivery": { "mode": "none" }, "state": {}, "status": "idle", "effectiveAgentId": "main",
    } ], "total": 1 });
    write(&file, &list.to_string());
    assert_eq!(
        place.json(&["import", file.to_str().unwrap()]).await["added"],
        1
    );
    assert_eq!(place.json(&["get", "a"]).await.get("status"), None);
    for (text, says) in [
        ("{", "no JSON"),
        ("{\"version\":2,\"jobs\":[]}", "version 2"),
        ("{}", "no list `jobs`"),
    ] {
        write(&file, text);
        let said = place.cron(&["import", file.to_str().unwrap()]).await;
        assert_eq!(said.code, 1, "{text}");
        assert!(said.err.contains(says), "{text}: {}", said.err);
    }
    let missing = place.cron(&["import", "nowhere.json"]).await;
    assert!(missing.err.contains("there is no file"), "{}", missing.err);
}

#[tokio::test]
async fn what_is_exported_comes_back_whole() {
    let place = Place::new(&json!({}));
    let folder = foreign(&place);
    place.json(&["import", folder.to_str().unwrap()]).await;
    let out = place.path("out");
    std::fs::create_dir(&out).unwrap();
    let report = place.json(&["export", out.to_str().unwrap()]).await;
    assert_eq!(report["runs"], 2);
    for name in ["jobs.json", "runs/weekly-menu.jsonl"] {
        let mode = std::fs::metadata(out.join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let printed = place.json(&["export"]).await;
    assert_eq!(printed, place.mirror());

    let other = Place::new(&json!({}));
    let taken = other.json(&["import", out.to_str().unwrap()]).await;
    assert_eq!(
        (&taken["added"], &taken["runs"]["added"]),
        (&json!(3), &json!(2))
    );
    let definitions = |mirror: Value| -> Vec<Value> {
        let mut jobs = mirror["jobs"].as_array().unwrap().clone();
        for job in &mut jobs {
            job.as_object_mut().unwrap().shift_remove("state");
        }
        jobs
    };
    assert_eq!(definitions(other.mirror()), definitions(place.mirror()));
}
