//! Messages of OpenClaw's own accord.

use serde_json::{Value, json};
use wecom::sim::{Entry, EntryKind};

use crate::house::House;
use crate::plugin::Plugin;
use crate::support::{PATIENCE, direct};

async fn out(plugin: &mut Plugin, mut frame: Value) -> Value {
    frame["t"] = "out".into();
    plugin.send(frame).await;
    plugin.expect("out.result").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_gets_a_repeated_message_once_by_the_app() {
    let mut house = House::open().await;
    let mut plugin = house.plugin().await;
    let message = json!({"id": "1", "to": "wecom:party:1", "text": "早会 9 点", "key": "q-1/0"});
    let first = out(&mut plugin, message.clone()).await;
    assert_eq!(
        (&first["ok"], &first["id"]),
        (&json!(true), &json!("1")),
        "{first}"
    );
    let mut again = message.clone();
    again["id"] = "2".into();
    let second = out(&mut plugin, again.clone()).await;
    assert_eq!(second["message"], first["message"]);
    // Another process of the daemon remembers it as well.
    house.restart().await;
    let mut plugin = house.plugin().await;
    let third = out(&mut plugin, again).await;
    assert_eq!(third["message"], first["message"]);
    let sent = house.sim.apps().messages();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].toparty, "1");
    let other = json!({"id": "3", "to": "1", "text": "早会 9 点", "key": "q-2/0"});
    assert_eq!(out(&mut plugin, other).await["ok"], true);
    assert_eq!(
        house.sim.apps().messages().len(),
        2,
        "another key is another message"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_to_a_member_under_its_name() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    // The bot writes to whoever wrote to it.
    let asked = house.say("hello");
    let mut run = plugin.turn().await;
    plugin.finish(&mut run, "hi").await;
    house.answer(&asked).await;
    let staged = tempfile::Builder::new()
        .prefix("staged-")
        .tempdir()
        .unwrap();
    let file = staged
        .path()
        .join("plan---01234567-89ab-cdef-0123-456789abcdef.txt");
    std::fs::write(&file, b"the plan of the week").unwrap();
    let frame = json!({"id": "1", "to": "user:zhangsan", "media": file, "key": "q-1/0"});
    let result = out(&mut plugin, frame).await;
    assert_eq!(result["ok"], true, "{result}");
    let is_file = |entry: &Entry| entry.kind == EntryKind::File;
    let sent = house
        .sim
        .wait_for(&direct(), PATIENCE, is_file)
        .await
        .unwrap();
    assert!(
        serde_json::to_string(&sent).unwrap().contains("plan.txt"),
        "{sent:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_sent_says_so_and_may_be_corrected_under_the_same_key() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let state = house.home.path().join("state.db");
    for frame in [
        json!({"id": "1", "to": "planet:mars", "text": "x", "key": "k"}),
        json!({"id": "1", "to": "party:1", "text": "x", "account": "elsewhere", "key": "k"}),
        json!({"id": "1", "to": "party:1", "media": state, "key": "k"}),
        json!({"id": "1", "to": "party:1", "key": "k"}),
    ] {
        let result = out(&mut plugin, frame.clone()).await;
        assert_eq!(
            (&result["ok"], &result["retryable"]),
            (&json!(false), &json!(false)),
            "{frame}"
        );
        assert!(
            result["error"]
                .as_str()
                .is_some_and(|error| !error.is_empty())
        );
    }
    let right = json!({"id": "2", "to": "party:1", "text": "x", "key": "k"});
    assert_eq!(out(&mut plugin, right).await["ok"], true);
    assert_eq!(house.sim.apps().messages().len(), 1);
    house.close().await;
}
