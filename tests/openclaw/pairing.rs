//! Strangers, where OpenClaw has a list of its own.

use serde_json::json;
use wecom::sim::Entry;

use crate::house::House;
use crate::support::{PATIENCE, USER, direct, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_let_in_and_out_by_openclaw() {
    let house = House::with(|settings| {
        settings["channels"]["wecom"]["dmPolicy"] = "pairing".into();
    })
    .await;
    let mut plugin = house.plugin().await;
    house.say("hello");
    let request = plugin.expect("pairing.request").await;
    assert_eq!(
        (&request["account"], &request["user"]),
        (&json!("default"), &json!(USER))
    );
    plugin
        .send(
            json!({"t": "pairing.code", "id": request["id"], "code": "CLAW2345", "created": true}),
        )
        .await;
    let told = |entry: &Entry| {
        entry
            .text()
            .contains("openclaw pairing approve wecom CLAW2345")
    };
    house.sim.wait_for(&direct(), PATIENCE, told).await.unwrap();

    let allowed = |users: serde_json::Value| json!({"t": "pairing.allowed", "account": "default", "users": users});
    plugin.send(allowed(json!([format!("wecom:{USER}")]))).await;
    plugin.send(json!({"t": "ping"})).await;
    plugin.expect("pong").await;
    let asked = house.say("hello again");
    let mut run = plugin.turn().await;
    plugin.finish(&mut run, "welcome").await;
    assert_eq!(house.answer(&asked).await.text(), "welcome");

    plugin.send(allowed(json!([]))).await;
    plugin.send(json!({"t": "ping"})).await;
    plugin.expect("pong").await;
    let refused = house.refused().await;
    house.say("still me");
    eventually("a stranger again", || async {
        (house.refused().await > refused).then_some(())
    })
    .await;
    house.close().await;
}
