use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::*;
use crate::clock::ManualClock;
use crate::config::{Environment, LiveConfig, load, locate};
use crate::store::SqliteStore;

/// 2026-03-06T00:00:00Z
const NOW: i64 = 1_772_755_200_000;

struct Home {
    directory: tempfile::TempDir,
    mirror: Mirror,
    desk: Desk,
    clock: Arc<ManualClock>,
}

fn home() -> Home {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("wecom.json");
    fs::write(&file, "{ cron: { defaultTimeZone: 'UTC' } }").unwrap();
    let environment = Environment::from_process();
    let location = locate(Some(&file), &environment);
    let config = load(&location, &environment).unwrap().config;
    let clock = ManualClock::at(NOW);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let desk = Desk::new(store.clone(), LiveConfig::new(config), clock.clone());
    let path = directory.path().join("cron/jobs.json");
    let mirror = Mirror::new(path, desk.clone(), store, clock.clone());
    Home {
        directory,
        mirror,
        desk,
        clock,
    }
}

fn job(id: &str) -> Job {
    serde_json::from_value(json!({
        "id": id, "name": id, "sessionTarget": "isolated",
        "schedule": { "kind": "every", "everyMs": 60_000 },
        "payload": { "kind": "agentTurn", "message": "Collect." },
    }))
    .unwrap()
}

impl Home {
    fn text(&self) -> String {
        fs::read_to_string(self.mirror.path()).unwrap()
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut root: Value = serde_json::from_str(&self.text()).unwrap();
        change(root["jobs"].as_array_mut().unwrap());
        fs::write(self.mirror.path(), root.to_string()).unwrap();
    }

    async fn ids(&self) -> Vec<String> {
        let all = self.desk.all().await.unwrap();
        all.iter().map(|seen| seen.job.id.to_string()).collect()
    }
}

#[tokio::test]
async fn what_was_written_is_private_and_reads_as_unchanged() {
    let home = home();
    home.desk.add(job("a")).await.unwrap();
    home.mirror.write().await.unwrap();
    let mode = fs::metadata(home.mirror.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        home.text()
            .starts_with("{\n  \"version\": 1,\n  \"jobs\": [\n    {\n      \"id\": \"a\",")
    );
    assert!(home.text().ends_with("}\n"));
    assert_eq!(home.mirror.write().await.unwrap(), Imported::default());
}

#[tokio::test]
async fn an_edit_adds_changes_and_removes_and_keeps_the_state() {
    let home = home();
    for id in ["a", "b"] {
        home.desk.add(job(id)).await.unwrap();
    }
    home.mirror.write().await.unwrap();
    home.clock.advance(30_000);
    home.edit(|jobs| {
        jobs.remove(1);
        jobs[0]["payload"]["message"] = json!("Cook.");
        jobs.push(json!({ "id": "c", "schedule": "@daily", "message": "x", "delivery": { "mode": "none" } }));
        jobs.push(json!({ "id": "d", "schedule": "never", "message": "x" }));
        jobs.push(json!({ "id": "e", "schedule": "@daily", "message": "x", "agentId": "nobody" }));
    });
    let imported = home.mirror.write().await.unwrap();
    let expected = Imported {
        added: 1,
        changed: 1,
        removed: 1,
        quarantined: 2,
        refused: imported.refused.clone(),
        ..Imported::default()
    };
    assert_eq!(expected.refused.len(), 2);
    assert_eq!(imported, expected);
    assert_eq!(home.ids().await, ["a", "c"]);
    let changed = home.desk.find("a").await.unwrap().job;
    assert_eq!(changed.payload.words(), "Cook.");
    assert_eq!(changed.state.next_run_at_ms, Some(NOW + 60_000));
    let aside =
        fs::read_to_string(home.directory.path().join("cron/jobs-quarantine.json")).unwrap();
    assert!(aside.contains("no cron expression") && aside.contains("no agent `nobody`"));
    home.mirror.write().await.unwrap();
    assert_eq!(home.mirror.write().await.unwrap(), Imported::default());
}

#[tokio::test]
async fn a_missing_or_broken_file_removes_nothing_and_a_broken_one_stays() {
    let home = home();
    home.desk.add(job("a")).await.unwrap();
    home.mirror.write().await.unwrap();
    fs::write(home.mirror.path(), "{ \"jobs\": [ ").unwrap();
    for _ in 0..2 {
        let error = home.mirror.write().await.unwrap_err();
        assert!(error.to_string().contains("line 1 column"), "{error}");
        assert_eq!(home.text(), "{ \"jobs\": [ ");
    }
    fs::remove_file(home.mirror.path()).unwrap();
    home.mirror.write().await.unwrap();
    assert_eq!(home.ids().await, ["a"]);
    assert!(home.text().contains("\"a\""));
}

#[tokio::test]
async fn of_a_job_that_both_touched_ours_stays_and_the_edit_is_kept() {
    let home = home();
    for id in ["a", "b"] {
        home.desk.add(job(id)).await.unwrap();
    }
    home.mirror.write().await.unwrap();
    home.clock.advance(1_000);
    let rename = json!({ "name": "ours" });
    home.desk
        .edit("a", rename.as_object().unwrap())
        .await
        .unwrap();
    home.desk.add(job("new")).await.unwrap();
    home.edit(|jobs| {
        jobs[0]["name"] = json!("theirs");
        jobs[1]["name"] = json!("edited");
    });
    let imported = home.mirror.write().await.unwrap();
    assert_eq!((imported.changed, imported.conflicts), (1, 1));
    assert_eq!(home.ids().await, ["a", "b", "new"]);
    assert_eq!(home.desk.find("a").await.unwrap().job.name, "ours");
    assert_eq!(home.desk.find("b").await.unwrap().job.name, "edited");
    let kept = home
        .directory
        .path()
        .join("cron/jobs.json.conflict-20260306T000001.000Z");
    assert!(fs::read_to_string(kept).unwrap().contains("theirs"));
}
