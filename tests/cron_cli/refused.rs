//! What is wrong is said, with what to write, and nothing is changed.

use serde_json::{Value, json};

use crate::place::{Place, write};

/// Words between `|`, the exit status, and a part of what is said.
const TABLE: [(&str, i32, &str); 27] = [
    (
        "add|--name|n|--message|m|--to|user:a",
        2,
        "--cron, --every and --at",
    ),
    (
        "add|--name|n|--cron|@daily|--to|user:a",
        2,
        "--message, --text and --system-event",
    ),
    ("add|--cron|@daily|--message|m", 2, "--name"),
    (
        "add|--name|n|--cron|@daily|--every|1h|--message|m",
        2,
        "cannot be used with",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--text|t",
        2,
        "cannot be used with",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--session|main",
        2,
        "--system-event",
    ),
    (
        "add|--name|n|--cron|@daily|--system-event|e|--session|isolated",
        2,
        "--session main",
    ),
    (
        "add|--name|n|--every|1h|--message|m|--tz|UTC",
        2,
        "cannot be used with",
    ),
    (
        "add|--name|n|--at|2099-01-01T00:00Z|--message|m|--tz|UTC",
        2,
        "has no offset",
    ),
    (
        "add|--name|n|--at|20m|--message|m|--tz|UTC",
        2,
        "has no offset",
    ),
    (
        "add|--name|n|--every|10|--message|m",
        2,
        "a unit is missing",
    ),
    (
        "add|--name|n|--every|soon|--message|m",
        2,
        "write numbers with",
    ),
    ("add|--name|n|--at|tomorrow|--message|m", 2, "is no time"),
    ("add|--name|n|--at|2099-01-01|--message|m", 2, "with a T"),
    ("add|--name|n|--cron|@daily|--text|t", 2, "--to"),
    (
        "add|--name|n|--cron|@daily|--text|t|--to|user:a|--model|m",
        2,
        "go with --message",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--command|rm",
        2,
        "shell commands are not run",
    ),
    (
        "add|--name|n|--at|2020-01-01T00:00Z|--message|m|--to|user:a",
        1,
        "schedule.at is in the past",
    ),
    (
        "add|--name|n|--cron|0 25 * * *|--message|m|--to|user:a",
        1,
        "is no cron expression",
    ),
    (
        "add|--name|n|--cron|0 0 30 2 *|--message|m|--to|user:a",
        1,
        "no upcoming run time",
    ),
    (
        "add|--name|n|--cron|@daily|--tz|Mars/Base|--message|m|--to|user:a",
        1,
        "is no time zone",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--to|party:1",
        1,
        "corpSecret",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--to|user:a|--account|nobody",
        1,
        "no account `nobody`",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--to|user:a|--agent|nobody",
        1,
        "no agent `nobody`",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--to|user:a|--channel|slack",
        2,
        "unknown delivery channel",
    ),
    (
        "add|--name| |--cron|@daily|--message|m|--to|user:a",
        1,
        "must not be blank",
    ),
    (
        "add|--name|n|--cron|@daily|--message|m|--webhook|ftp://a.b/c",
        1,
        "http or https",
    ),
];

#[tokio::test]
async fn a_job_that_cannot_be_is_not_made() {
    let place = Place::new(&json!({}));
    for (words, code, says) in TABLE {
        let words: Vec<&str> = words.split('|').collect();
        let said = place.cron(&words).await;
        assert_eq!(said.code, code, "{words:?}: {}", said.err);
        assert!(said.err.contains(says), "{words:?}: {}", said.err);
        // What the parser itself refuses is never JSON.
        if !said.out.is_empty() {
            assert_eq!(said.json()["ok"], false, "{words:?}");
        }
    }
    assert_eq!(place.json(&["status"]).await["jobs"], 0);
}

#[tokio::test]
async fn an_unknown_job_is_not_found_and_a_common_name_is_not_enough() {
    let place = Place::new(&json!({}));
    for command in ["show", "get", "enable", "disable", "edit", "rm", "runs"] {
        let mut words = vec![command, "ghost"];
        words.extend((command == "edit").then_some("--enable"));
        let said = place.cron(&words).await;
        assert_eq!(said.code, 1, "{command}");
        assert!(
            said.err.contains("Automation not found: ghost"),
            "{command}: {}",
            said.err
        );
    }
    for id in ["twin-job-1", "twin-job-2"] {
        place
            .json(&[
                "add",
                "--id",
                id,
                "--name",
                "Twin",
                "--cron",
                "@daily",
                "--message",
                "x",
                "--to",
                "user:a",
            ])
            .await;
    }
    for wanted in ["twin", "twin-job"] {
        let said = place.cron(&["rm", wanted]).await;
        assert_eq!(said.code, 1, "{wanted}");
        assert!(said.err.contains("twin-job-1, twin-job-2"), "{}", said.err);
    }
    let taken = place
        .cron(&[
            "add",
            "--id",
            "twin-job-1",
            "--name",
            "x",
            "--cron",
            "@daily",
            "--message",
            "x",
            "--to",
            "user:a",
        ])
        .await;
    assert!(taken.err.contains("already"), "{}", taken.err);
    let nothing = place.cron(&["edit", "twin-job-1"]).await;
    assert_eq!(nothing.code, 2, "{}", nothing.err);
    assert_eq!(place.json(&["status"]).await["jobs"], 2);
}

#[tokio::test]
async fn ten_thousand_jobs_are_enough() {
    let place = Place::new(&json!({}));
    let job = |n: u32| {
        json!({
            "id": format!("job-{n:05}"), "name": format!("Job {n}"),
            "schedule": { "kind": "cron", "expr": format!("{} {} * * *", n % 60, n / 60 % 24) },
            "payload": { "kind": "agentTurn", "message": "x" }, "delivery": { "mode": "none" },
        })
    };
    let jobs: Vec<Value> = (0..10_000).map(job).collect();
    let file = place.path("many.json");
    write(&file, &json!({ "version": 1, "jobs": jobs }).to_string());
    let report = place.json(&["import", file.to_str().unwrap()]).await;
    assert_eq!(report["added"], 10_000);
    let one_more = place
        .cron(&[
            "add",
            "--name",
            "n",
            "--cron",
            "@daily",
            "--message",
            "m",
            "--to",
            "user:a",
        ])
        .await;
    assert_eq!(one_more.code, 1);
    assert!(
        one_more.err.contains("10000 jobs already"),
        "{}",
        one_more.err
    );
    let page = place.json(&["list", "--json", "--offset", "9990"]).await;
    assert_eq!(page["total"], 10_000);
    assert_eq!(page["jobs"].as_array().unwrap().len(), 10);
    assert_eq!(page["hasMore"], false);
    write(
        &file,
        &json!((0..10_001).map(job).collect::<Vec<Value>>()).to_string(),
    );
    let too_many = place.cron(&["import", file.to_str().unwrap()]).await;
    assert!(too_many.err.contains("at most 10000"), "{}", too_many.err);
}
