//! The link itself: who is let in, and who is not.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tokio::net::TcpStream;
use wecom::sim::FaultRequest;

use crate::house::House;
use crate::plugin::Plugin;
use crate::support::BOT;

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_for_this_user_alone() {
    let house = House::open().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&house.socket()), 0o600);
    assert_eq!(mode(house.socket().parent().unwrap()), 0o700);
    let mut plugin = Plugin::dial(&house.socket()).await;
    let welcome = plugin.hello().await;
    assert_eq!(welcome["proto"], 1);
    assert!(
        welcome["http"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_say_hello_right_is_told_goodbye() {
    let house = House::open().await;
    for first in [
        json!({"t": "hello", "proto": 2, "plugin": "9", "openclaw": "x", "pid": 1}),
        json!({"t": "out", "id": "1", "to": "user:lisi", "text": "let me in"}),
    ] {
        let mut plugin = Plugin::dial(&house.socket()).await;
        plugin.send(first).await;
        assert_eq!(plugin.expect("bye").await["reason"], "proto");
        assert_eq!(plugin.next().await, None, "it is closed");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_too_long_closes_the_link_and_no_other_does() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    plugin
        .raw(b"no json\n{\"t\":\"weather\"}\n{\"t\":\"turn.ack\"}\n")
        .await;
    plugin.send(json!({"t": "ping"})).await;
    plugin.expect("pong").await;
    let long = vec![b'x'; 1024 * 1024 + 1];
    plugin.raw(&long).await;
    assert_eq!(plugin.next().await, None, "it is closed");
    house.plugin().await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_takes_the_place_of_the_first() {
    let house = House::open().await;
    let mut first = house.plugin().await;
    let mut second = house.plugin().await;
    assert_eq!(first.expect("bye").await["reason"], "replaced");
    assert_eq!(first.next().await, None, "it is closed");
    let asked = house.say("hello");
    let mut run = second.turn().await;
    second.finish(&mut run, "hi").await;
    assert_eq!(house.answer(&asked).await.text(), "hi");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_is_opened_by_its_token() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let token = "canary-link-token-0001";
    let house = House::with(|settings| {
        settings["openclaw"] = json!({"listen": address.to_string(), "token": token});
    })
    .await;
    for (given, answer) in [
        (None, "bye"),
        (Some("canary-link-token-0002"), "bye"),
        (Some(token), "welcome"),
    ] {
        let mut plugin = Plugin::over(TcpStream::connect(address).await.unwrap());
        plugin
            .send(
                json!({"t": "hello", "proto": 1, "plugin": "1", "openclaw": "2", "pid": 1,
                         "token": given}),
            )
            .await;
        let frame = plugin.next().await.unwrap();
        assert_eq!(frame["t"], answer, "{frame}");
        if answer == "bye" {
            assert_eq!(frame["reason"], "token");
        }
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_only_a_person_can_help_is_not_restarted_by_openclaw() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    plugin
        .send(json!({"t": "account.start", "account": "default", "config": {"botId": "x"}}))
        .await;
    loop {
        let status = plugin.expect("account.status").await;
        if status["connected"] == true && status.get("error").is_none() {
            assert_eq!(status["running"], true);
            break;
        }
    }
    assert_eq!(house.sim.connection(&BOT.into()).subscribes_total, 1);
    let kick = FaultRequest {
        kick: true,
        ..FaultRequest::default()
    };
    house.sim.faults(BOT).apply(&kick).unwrap();
    let error = loop {
        let status = plugin.expect("account.status").await;
        if let Some(error) = status["error"]
            .as_str()
            .filter(|_| status["connected"] == true)
        {
            break error.to_owned();
        }
    };
    assert!(error.contains("wecom channels resume default"), "{error}");
    plugin
        .send(json!({"t": "account.start", "account": "elsewhere", "config": {}}))
        .await;
    let status = plugin.expect("account.status").await;
    assert_eq!(
        (&status["running"], &status["connected"]),
        (&json!(false), &json!(true))
    );
    house.close().await;
}
