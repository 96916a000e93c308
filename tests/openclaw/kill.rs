//! A daemon that is killed while it sends a message of OpenClaw's.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::house::House;
use crate::support::{BOT, PATIENCE};

/// The daemon as a process, which stops for good at `place`.
async fn run(house: &House, place: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .arg("run")
        .env_clear()
        .env("WECOM_HOME", house.home.path())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(place) = place {
        command.env("WECOM_FAILPOINT", place);
    }
    let child = command.spawn().unwrap();
    house
        .sim
        .wait_subscribed(&BOT.into(), PATIENCE)
        .await
        .unwrap();
    child
}

async fn reaches(child: &mut Child, place: &str) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let wanted = format!("failpoint reached: {place}");
    let reading = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line == wanted {
                return;
            }
        }
        panic!("it ended before `{place}`");
    };
    timeout(PATIENCE, reading).await.unwrap();
}

async fn killed_at(place: &str, sent: usize) {
    let house = House::empty(|_| {}).await;
    let message: Value = json!({"t": "out", "id": "1", "to": "party:1", "text": "x", "key": "k"});
    let mut daemon = run(&house, Some(place)).await;
    let mut plugin = house.plugin().await;
    plugin.send(message.clone()).await;
    reaches(&mut daemon, place).await;
    daemon.kill().await.unwrap();
    assert_eq!(plugin.next().await, None, "no answer came");

    let _daemon = run(&house, None).await;
    let mut plugin = house.plugin().await;
    plugin.send(message).await;
    let result = plugin.expect("out.result").await;
    let told = (&result["ok"], &result["retryable"]);
    assert_eq!(told, (&json!(false), &json!(false)), "{result}");
    assert_eq!(house.sim.apps().messages().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_daemon_was_killed_is_not_doubled() {
    killed_at("out sent", 1).await;
    killed_at("out claimed", 0).await;
}
