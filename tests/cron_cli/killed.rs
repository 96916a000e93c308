//! The daemon is killed in the midst of a run: what it had to send arrives once or not at
//! all, never twice.

use serde_json::{Value, json};
use wecom::store::{CronStore, SqliteStore};

use crate::place::House;
use crate::support::USER;

/// Kills a daemon at a step of a reminder and starts another one. The records of the runs,
/// newest first, and what arrived.
async fn killed_at(step: &str, runs: usize) -> (Vec<Value>, Vec<String>) {
    let cron = json!({ "retry": { "backoffMs": [200] } });
    let mut house = House::stopping_at(step, &cron).await;
    let target = format!("user:{USER}");
    let added = house
        .place
        .json(&[
            "add",
            "--name",
            "once",
            "--at",
            "500ms",
            "--text",
            "only once",
            "--to",
            &target,
        ])
        .await;
    house.log_shows(&format!("failpoint reached: {step}")).await;
    house.kill().await;
    lease_is_over(&house).await;
    house.again().await;
    let records = house.runs(added["id"].as_str().unwrap(), runs).await;
    let messages = house.messages();
    house.close().await;
    (records, messages)
}

/// As if a minute had gone by: another process takes over what the dead one held.
async fn lease_is_over(house: &House) {
    let store = SqliteStore::open(&house.place.path("state.db")).unwrap();
    let open = store.open_cron_runs().await.unwrap();
    assert_eq!(open.len(), 1);
    let taken = store.take_over_cron_run(&open[0].run.run_id, "nobody", i64::MAX, 0);
    assert!(taken.await.unwrap());
}

#[tokio::test]
async fn before_the_delivery_it_arrives_once() {
    let (runs, messages) = killed_at("job written", 2).await;
    assert_eq!(runs[1]["errorReason"], "interrupted");
    assert_eq!(runs[0]["deliveryStatus"], "delivered");
    assert_eq!(messages, ["only once"]);
}

#[tokio::test]
async fn during_the_delivery_it_is_not_sent_again() {
    let (runs, messages) = killed_at("job delivering", 1).await;
    assert_eq!(runs[0]["deliveryStatus"], "unknown");
    assert_eq!(messages, Vec::<String>::new());
}
