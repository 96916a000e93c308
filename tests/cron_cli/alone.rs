//! Without a daemon: the store itself, under its lock, and the job file.

use serde_json::{Value, json};

use crate::place::{Place, write};

const ADD: [&str; 13] = [
    "add",
    "--name",
    "Daily Report",
    "--agent",
    "main",
    "--cron",
    "0 9 * * 1-5",
    "--tz",
    "Asia/Shanghai",
    "--message",
    "Write it.",
    "--to",
    "user:Lina",
];

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[tokio::test]
async fn every_command_works_on_the_store() {
    let place = Place::new(&json!({}));
    let empty = place.cron(&["list"]).await;
    assert_eq!((empty.code, empty.out.as_str()), (0, "No automations.\n"));
    let status = place.json(&["status"]).await;
    assert_eq!(status["jobs"], 0);
    assert_eq!(status["storage"], "sqlite");

    let added = place.cron(&ADD).await;
    assert_eq!(added.code, 0, "{}", added.err);
    assert!(added.err.contains("no daemon runs"), "{}", added.err);
    let job = added.json();
    let id = job["id"].as_str().unwrap();
    assert_eq!(job["sessionTarget"], "isolated");
    assert_eq!(
        job["delivery"],
        json!({ "mode": "announce", "channel": "wecom", "to": "user:Lina" })
    );
    assert!(job["state"]["nextRunAtMs"].is_i64());
    assert_eq!(
        place.mirror()["jobs"][0]["id"],
        id,
        "the job file is written"
    );

    // The name in any case, the id, and its beginning name the job.
    for wanted in ["daily report", id, &id[..8]] {
        assert_eq!(place.json(&["get", wanted]).await, job, "{wanted}");
    }
    let shown = place.cron(&["show", "Daily Report"]).await.out;
    for line in [
        format!("id: {id}").as_str(),
        "name: Daily Report",
        "enabled: yes",
        "schedule: cron 0 9 * * 1-5 @ Asia/Shanghai",
        "session: isolated",
        "agent: main",
        "delivery: announce -> wecom:user:Lina",
        "target: wecom:user:Lina",
        "status: idle",
    ] {
        assert!(lines(&shown).contains(&line), "{line:?} in\n{shown}");
    }

    let off = place.json(&["disable", id]).await;
    assert_eq!(off["enabled"], false);
    let hidden = place.cron(&["list"]).await;
    assert_eq!(hidden.out, "No automations. 1 is disabled (--all).\n");
    let table = place.cron(&["list", "--all"]).await.out;
    let heading = "ID                                    Declaration               Name";
    assert!(table.starts_with(heading), "{table}");
    assert!(table.contains("announce -> wecom:user:Lina"), "{table}");
    assert!(table.contains("  disabled  "), "{table}");
    assert_eq!(place.json(&["enable", id]).await["enabled"], true);

    // The message alone leaves the times alone; another schedule does not.
    let edited = place
        .json(&["edit", id, "--message", "Write it well."])
        .await;
    assert_eq!(edited["payload"]["message"], "Write it well.");
    let elsewhere = place
        .json(&["edit", id, "--to", "user:Wang", "--model", "m1"])
        .await;
    assert_eq!(elsewhere["delivery"]["to"], "user:Wang");
    assert_eq!(elsewhere["delivery"]["channel"], "wecom");
    assert_eq!(elsewhere["payload"]["model"], "m1");
    let cleared = place
        .json(&[
            "edit",
            id,
            "--clear-model",
            "--every",
            "90m",
            "--failure-alert-after",
            "3",
        ])
        .await;
    assert_eq!(cleared["payload"].get("model"), None);
    assert_eq!(cleared["schedule"]["everyMs"], 90 * 60_000);
    assert_eq!(cleared["failureAlert"], json!({ "after": 3 }));

    let listed = place.json(&["list", "--json"]).await;
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["jobs"][0]["status"], "idle");
    assert_eq!(listed["jobs"][0]["effectiveAgentId"], "main");
    assert_eq!(
        listed["deliveryPreviews"][id]["label"],
        "announce -> wecom:user:Wang"
    );

    let run = place.cron(&["run", id]).await;
    assert_eq!(run.code, 69, "{}", run.err);
    assert!(run.err.contains("wecom run"), "{}", run.err);
    assert_eq!(run.json()["error"]["type"], "cli_error");
    assert_eq!(place.json(&["runs"]).await["entries"], json!([]));

    let removed = place.json(&["delete", "Daily Report"]).await;
    assert_eq!(removed, json!({ "ok": true, "removed": true }));
    assert_eq!(place.mirror()["jobs"], json!([]));
}

#[tokio::test]
async fn a_declaration_key_makes_one_job_and_words_may_stand_alone() {
    let place = Place::new(&json!({}));
    let declared = |message: &str| {
        [
            "create",
            "@daily",
            message,
            "--to",
            "user:a",
            "--declaration-key",
            "k",
        ]
        .map(str::to_owned)
    };
    let first = place.json(&declared("Say good morning.")).await;
    assert_eq!(first["name"], "Say good morning.");
    let second = place.json(&declared("Say hello.")).await;
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["payload"]["message"], "Say hello.");
    let once = place.json(&["add", "20m", "Look.", "--to", "user:a"]).await;
    assert_eq!(once["schedule"]["kind"], "at");
    assert_eq!(once["deleteAfterRun"], true);
    let often = place
        .json(&["add", "every 20m", "Look.", "--to", "user:a"])
        .await;
    assert_eq!(often["schedule"]["everyMs"], 20 * 60_000);
}

#[tokio::test]
async fn times_are_read_in_the_zone_that_is_named() {
    let place = Place::new(&json!({}));
    let at = |at: &str, tz: Option<&str>| {
        let words = [
            "add", "--name", "n", "--text", "t", "--to", "user:a", "--at", at,
        ];
        let mut words = words.map(str::to_owned).to_vec();
        words.extend(
            tz.into_iter()
                .flat_map(|tz| ["--tz".to_owned(), tz.to_owned()]),
        );
        words
    };
    for (given, tz, stored) in [
        (
            "2099-03-06T09:00",
            Some("Asia/Shanghai"),
            "2099-03-06T01:00:00Z",
        ),
        ("2099-03-06T09:00", None, "2099-03-06T09:00:00Z"),
        ("2099-03-06T09:00+08:00", None, "2099-03-06T01:00:00Z"),
    ] {
        let job = place.json(&at(given, tz)).await;
        assert_eq!(job["schedule"]["at"], stored, "{given} {tz:?}");
    }
    let note = place.cron(&at("2099-03-06T09:00", None)).await.err;
    assert!(note.contains("read as UTC"), "{note}");
}

#[tokio::test]
async fn an_edited_job_file_is_taken_over_and_what_is_wrong_in_it_is_kept() {
    let place = Place::new(&json!({}));
    for name in ["a", "b"] {
        place
            .json(&[
                "add",
                "--name",
                name,
                "--id",
                name,
                "--cron",
                "@daily",
                "--message",
                "x",
                "--to",
                "user:a",
            ])
            .await;
    }
    let file = place.path("cron/jobs.json");
    let mut mirror = place.mirror();
    let jobs = mirror["jobs"].as_array_mut().unwrap();
    jobs[0]["schedule"]["expr"] = json!("not a schedule");
    jobs[1]["name"] = json!("renamed");
    jobs.push(json!({ "id": "c", "schedule": "@hourly", "message": "new", "delivery": { "mode": "none" } }));
    write(&file, &mirror.to_string());
    let report = place.json(&["reload"]).await;
    for (key, count) in [
        ("added", 1),
        ("changed", 1),
        ("removed", 0),
        ("quarantined", 1),
    ] {
        assert_eq!(report[key], count, "{key}: {report}");
    }
    let listed = place.cron(&["list", "--all"]).await;
    assert!(listed.out.contains("  invalid"), "{}", listed.out);
    assert!(listed.err.contains("no cron expression"), "{}", listed.err);
    let kept = place.json(&["get", "a"]).await;
    assert_eq!(
        kept["schedule"]["expr"], "@daily",
        "the job stays as it was"
    );
    let ids: Vec<Value> = (place.mirror()["jobs"].as_array().unwrap().iter())
        .map(|job| job["id"].clone())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(
        place.json(&["reload"]).await["changed"],
        0,
        "nothing is left to do"
    );

    // A broken file changes nothing and is left as it is.
    write(&file, "{ \"jobs\": [ {");
    let broken = place.cron(&["reload"]).await;
    assert_eq!(broken.code, 1);
    assert!(broken.err.contains("line 1 column"), "{}", broken.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ \"jobs\": [ {");
    let still = place.cron(&["disable", "b"]).await;
    assert_eq!(still.code, 0, "the change stands: {}", still.err);
    assert!(still.err.contains("before it is mended"), "{}", still.err);
    std::fs::remove_file(&file).unwrap();
    place.json(&["reload"]).await;
    assert_eq!(place.mirror()["jobs"].as_array().unwrap().len(), 3);
}
