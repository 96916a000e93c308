use std::path::Path;

use serde_json::json;

use super::*;
use crate::clock::ManualClock;
use crate::config::{Environment, load, locate};
use crate::store::SqliteStore;

/// 2026-03-06T00:00:00Z, a Friday.
const NOW: i64 = 1_772_755_200_000;
/// 2026-03-09T00:30:00Z
const MONDAY: i64 = 1_773_016_200_000;

fn desk(home: &Path) -> (Desk, Arc<ManualClock>) {
    let file = home.join("wecom.json");
    let text =
        "{ channels: { wecom: { botId: 'b', secret: 's' } }, cron: { defaultTimeZone: 'UTC' } }";
    std::fs::write(&file, text).unwrap();
    let environment = Environment::from_process();
    let location = locate(Some(&file), &environment);
    let config = load(&location, &environment).unwrap().config;
    let clock = ManualClock::at(NOW);
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    (
        Desk::new(store, LiveConfig::new(config), clock.clone()),
        clock,
    )
}

fn job(id: &str) -> Job {
    serde_json::from_value(json!({
        "id": id, "name": "Weekly Menu", "sessionTarget": "isolated",
        "schedule": { "kind": "cron", "expr": "30 8 * * 1", "tz": "Asia/Shanghai" },
        "payload": { "kind": "agentTurn", "message": "Collect.", "model": "m" },
    }))
    .unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "values are written at the call"
)]
fn patch(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_new_job_is_due_and_found_by_id_name_and_beginning() {
    let home = tempfile::tempdir().unwrap();
    let (desk, _) = desk(home.path());
    let made = desk.add(job("weekly-menu")).await.unwrap();
    assert_eq!(made.state.next_run_at_ms, Some(MONDAY));
    for wanted in ["weekly-menu", "weekly menu", "weekly-m"] {
        assert_eq!(desk.find(wanted).await.unwrap().job, made, "{wanted}");
    }
    assert!(matches!(
        desk.find("weekly").await,
        Err(DeskError::NotFound { .. })
    ));
    assert!(matches!(
        desk.add(job("weekly-menu")).await,
        Err(DeskError::Exists { .. })
    ));
    desk.add(job("weekly-menu-2")).await.unwrap();
    assert!(matches!(
        desk.find("Weekly Menu").await,
        Err(DeskError::Ambiguous { .. })
    ));
    assert_eq!(
        desk.find("weekly-menu").await.unwrap().job.id.as_str(),
        "weekly-menu"
    );
}

#[tokio::test]
async fn only_a_changed_schedule_makes_a_job_due_anew() {
    let home = tempfile::tempdir().unwrap();
    let (desk, clock) = desk(home.path());
    desk.add(job("menu")).await.unwrap();
    clock.advance(60_000);
    let words = patch(json!({ "payload": { "message": "Cook.", "model": null } }));
    let edited = desk.edit("menu", &words).await.unwrap();
    assert_eq!(edited.payload.words(), "Cook.");
    assert_eq!(
        serde_json::to_value(&edited.payload).unwrap().get("model"),
        None
    );
    assert_eq!(edited.state.schedule_activated_at_ms, Some(NOW));
    assert_eq!(edited.updated_at_ms, NOW + 60_000);
    let when = patch(json!({ "schedule": { "kind": "every", "everyMs": 60_000 } }));
    let edited = desk.edit("menu", &when).await.unwrap();
    assert_eq!(edited.state.next_run_at_ms, Some(NOW + 120_000));
    let off = desk.enable("menu", false).await.unwrap();
    assert_eq!(off.state.next_run_at_ms, None);
    assert_eq!(desk.find("menu").await.unwrap().job, off);
}

#[tokio::test]
async fn what_cannot_be_delivered_is_refused_with_all_that_is_missing() {
    let home = tempfile::tempdir().unwrap();
    let (desk, _) = desk(home.path());
    for (over, field, says) in [
        (
            json!({ "delivery": { "mode": "announce", "channel": "wecom", "to": "party:1" } }),
            "delivery.to",
            "corpSecret",
        ),
        (
            json!({ "delivery": { "mode": "announce", "channel": "wecom", "to": "user:a", "accountId": "x" } }),
            "delivery.to",
            "no account `x`",
        ),
        (
            json!({ "agentId": "nobody" }),
            "agentId",
            "no agent `nobody`",
        ),
    ] {
        let mut wanted = job("menu");
        patch::apply(&mut wanted, &patch(over)).unwrap();
        let Err(DeskError::Invalid(found)) = desk.add(wanted).await else {
            panic!("{field} was let through");
        };
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].field, field);
        assert!(found[0].message.contains(says), "{}", found[0].message);
    }
    assert!(desk.all().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_declaration_key_makes_one_job() {
    let home = tempfile::tempdir().unwrap();
    let (desk, _) = desk(home.path());
    let mut first = job("a");
    first.declaration_key = Some("menu".to_owned());
    let mut second = job("b");
    second.declaration_key = Some("menu".to_owned());
    second.name = "New".to_owned();
    desk.add(first).await.unwrap();
    let changed = desk.add(second).await.unwrap();
    assert_eq!((changed.id.as_str(), changed.name.as_str()), ("a", "New"));
    assert_eq!(desk.all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_is_told_to_who_listens_later() {
    let home = tempfile::tempdir().unwrap();
    let (desk, _) = desk(home.path());
    desk.add(job("a")).await.unwrap();
    let limit = std::time::Duration::from_secs(5);
    tokio::time::timeout(limit, desk.changes().scheduler())
        .await
        .unwrap();
    desk.remove("a").await.unwrap();
    tokio::time::timeout(limit, desk.changes().scheduler())
        .await
        .unwrap();
}
