//! Who may connect, and who is connected.

use std::time::Duration;

use serde_json::json;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Injection, Sim, SimError, SimOptions};

use super::client::Client;
use super::{DEADLINE, bot, start, start_with, subscribed};

#[tokio::test]
async fn a_subscribe_is_answered_and_counted() {
    let sim = start().await;
    let mut client = Client::connect_to(&format!("{}ws", sim.bot_url()), &sim).await;
    let ack = client.subscribe(DEMO_BOT, DEMO_SECRET).await;
    assert_eq!(
        ack,
        json!({ "headers": { "req_id": "aibot_subscribe_1" }, "errcode": 0, "errmsg": "ok" })
    );
    let ping = client.request("ping", json!(null)).await;
    assert_eq!(
        (&ping["errcode"], &ping["errmsg"]),
        (&json!(0), &json!("ok"))
    );
    let info = sim.connection(&bot());
    assert!(info.subscribed);
    assert_eq!(
        (info.connects_total, info.subscribes_total, info.pings_total),
        (1, 1, 1)
    );
    let frames = sim.frames(&bot());
    assert_eq!(frames[0].body["secret"], "***");
    assert_eq!((frames.len(), sim.violations().len()), (2, 0));
    drop(client);
    sim.wait_connection(&bot(), DEADLINE, |info| !info.subscribed)
        .await
        .unwrap();
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_the_socket_stays() {
    let sim = start().await;
    let mut client = Client::connect(&sim).await;
    for (id, secret) in [(DEMO_BOT, "wrong"), ("aibNOBODY", DEMO_SECRET)] {
        let ack = client.subscribe(id, secret).await;
        assert_eq!(ack["errcode"], 853_000, "{id}");
        assert_eq!(ack["errmsg"], "invalid bot_id or secret");
    }
    assert_eq!(sim.connection(&bot()).refusals_total, 1);
    assert!(sim.violations().is_empty());
    let ack = client.subscribe(DEMO_BOT, DEMO_SECRET).await;
    assert_eq!(ack["errcode"], 0, "the same socket may try again");
    assert_eq!(
        sim.connection(&bot()).connects_total,
        1,
        "one connection tried"
    );
}

#[tokio::test]
async fn before_the_subscribe_nothing_works() {
    let sim = start().await;
    let mut client = Client::connect(&sim).await;
    for cmd in ["ping", "aibot_send_msg", "aibot_respond_msg"] {
        let ack = client.request(cmd, json!({})).await;
        assert_eq!(ack["errcode"], 846_609, "{cmd}");
        assert_eq!(ack["errmsg"], "aibot websocket not subscribed");
    }
    assert_eq!(sim.violations().len(), 3);
    let ack = client
        .request("aibot_subscribe", json!({ "bot_id": DEMO_BOT }))
        .await;
    assert_eq!(
        (&ack["errcode"], sim.violations().len()),
        (&json!(40_058), 4)
    );
    assert!(!sim.connection(&bot()).subscribed);
}

#[tokio::test]
async fn the_newest_subscriber_takes_over() {
    let options = SimOptions {
        kick_close: Duration::from_millis(50),
        ..SimOptions::default()
    };
    let sim = start_with(options).await;
    let mut old = subscribed(&sim).await;
    let mut new = subscribed(&sim).await;

    let told = old.next().await;
    assert_eq!(told["cmd"], "aibot_event_callback");
    assert_eq!(
        told["body"]["event"],
        json!({ "eventtype": "disconnected_event" })
    );
    assert_eq!(told["body"]["aibotid"], DEMO_BOT);
    assert!(told["body"].get("from").is_none() && told["body"].get("chattype").is_none());
    assert!(
        old.rest().await.is_empty(),
        "nothing more until it is closed"
    );

    assert!(
        sim.inject(Injection::text(DEMO_BOT, "LiNa", "hi"))
            .unwrap()
            .delivered
    );
    assert_eq!(new.next().await["body"]["text"]["content"], "hi");
    let info = sim.connection(&bot());
    assert_eq!(
        (info.subscribed, info.kicks_total, info.subscribes_total),
        (true, 1, 2)
    );
    assert!(sim.violations().is_empty());
}

#[tokio::test]
async fn a_kicked_connection_may_speak_but_is_not_heard() {
    let options = SimOptions {
        kick_close: DEADLINE,
        ..SimOptions::default()
    };
    let sim = start_with(options).await;
    let mut old = subscribed(&sim).await;
    let _new = subscribed(&sim).await;
    let ack = old.request("ping", json!(null)).await;
    assert_eq!(ack["errcode"], 846_609);
    assert!(
        sim.violations().is_empty(),
        "it may not have read the event yet"
    );
}

#[tokio::test]
async fn two_bots_share_the_address() {
    let sim = start().await;
    sim.add_bot("aibOTHER", "s2", "Other").unwrap();
    let mut one = subscribed(&sim).await;
    let mut two = Client::connect(&sim).await;
    assert_eq!(two.subscribe("aibOTHER", "s2").await["errcode"], 0);
    sim.inject(Injection::text("aibOTHER", "LiNa", "for two"))
        .unwrap();
    sim.inject(Injection::text(DEMO_BOT, "LiNa", "for one"))
        .unwrap();
    assert_eq!(two.next().await["body"]["text"]["content"], "for two");
    assert_eq!(one.next().await["body"]["text"]["content"], "for one");
    let ack = two.subscribe(DEMO_BOT, DEMO_SECRET).await;
    assert_eq!(ack["errcode"], 40_058, "a connection has one bot");
    assert!(sim.connection(&bot()).subscribed);
}

#[tokio::test]
async fn stopping_cuts_and_frees_the_port() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let addr = sim.addr();
    let watcher = sim.clone();
    sim.stop().await;
    watcher.stopped().await;
    assert!(client.rest().await.is_empty());
    let options = SimOptions {
        bind: addr,
        ..SimOptions::default()
    };
    let again = Sim::start(options.clone()).await.unwrap();
    let taken = Sim::start(options).await;
    assert!(matches!(taken, Err(SimError::Bind { .. })), "{taken:?}");
    again.stop().await;
}

#[tokio::test]
async fn the_last_handle_stops_it() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    drop(sim);
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn others_are_only_let_in_on_request() {
    let options = SimOptions {
        bind: "0.0.0.0:0".parse().unwrap(),
        ..SimOptions::default()
    };
    let refused = Sim::start(options.clone()).await;
    assert!(
        matches!(refused, Err(SimError::NotLoopback(_))),
        "{refused:?}"
    );
    let asked = SimOptions {
        allow_remote: true,
        ..options
    };
    Sim::start(asked).await.unwrap().stop().await;
}
