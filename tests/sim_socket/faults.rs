//! Everything that can be made to go wrong.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, FaultRequest, Faults, Injection, RecordedFrame, Sim};

use super::client::Client;
use super::http::{call, put_faults};
use super::{DEADLINE, bot, direct, start, subscribed};

async fn faults(sim: &Sim, request: Value) -> Value {
    put_faults(sim, DEMO_BOT, request).await
}

fn ask(sim: &Sim) -> String {
    let injected = sim.inject(Injection::text(DEMO_BOT, "LiNa", "?")).unwrap();
    injected.req_id.to_string()
}

#[tokio::test]
async fn drop_cuts_the_connection() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "drop": true })).await;
    assert!(client.rest().await.is_empty());
    sim.wait_connection(&bot(), DEADLINE, |info| !info.subscribed)
        .await
        .unwrap();
    subscribed(&sim).await;
}

#[tokio::test]
async fn a_half_open_link_reads_and_is_silent() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "half_open": true })).await;
    client.send("ping", json!(null)).await;
    let heard = sim
        .wait_frame(&bot(), DEADLINE, |frame| frame.cmd == "ping")
        .await
        .unwrap();
    assert_eq!((heard.ack, heard.ack_sent), (None, false));
    let again = json!({ "bot_id": DEMO_BOT, "secret": DEMO_SECRET });
    client.send("aibot_subscribe", again).await;
    let is_again = |frame: &RecordedFrame| frame.cmd == "aibot_subscribe" && frame.ack.is_none();
    let again = sim.wait_frame(&bot(), DEADLINE, is_again).await.unwrap();
    assert_eq!(again.body["secret"], "***");
    assert!(
        !sim.inject(Injection::text(DEMO_BOT, "LiNa", "lost"))
            .unwrap()
            .delivered
    );
    assert!(client.is_silent());
    let mut next = subscribed(&sim).await;
    assert_eq!(
        next.request("ping", json!(null)).await["errcode"],
        0,
        "a new link works"
    );
    assert!(client.is_silent(), "nor is it told of the other");
}

#[tokio::test]
async fn acks_are_late() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "ack_delay_ms": 300 })).await;
    let before = tokio::time::Instant::now();
    let ping = client.send("ping", json!(null)).await;
    sim.wait_frame(&bot(), DEADLINE, |frame| frame.cmd == "ping")
        .await
        .unwrap();
    sim.inject(Injection::text(DEMO_BOT, "LiNa", "overtakes"))
        .unwrap();
    assert_eq!(
        client.next().await["cmd"],
        "aibot_msg_callback",
        "pushes are not"
    );
    client.ack(&ping).await;
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn acks_are_lost_but_frames_count() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let left = faults(
        &sim,
        json!({ "ack_loss": { "cmd": "aibot_respond_msg", "times": 1 } }),
    )
    .await;
    assert_eq!(
        left["ack_loss"],
        json!([{ "cmd": "aibot_respond_msg", "times": 1 }])
    );
    let req_id = ask(&sim);
    let body =
        json!({ "msgtype": "stream", "stream": { "id": "s", "finish": true, "content": "a" } });
    client
        .send_as("aibot_respond_msg", &req_id, body.clone())
        .await;
    assert_eq!(client.request("ping", json!(null)).await["errcode"], 0);
    assert_eq!(client.next().await["cmd"], "aibot_msg_callback");
    assert!(
        client.is_silent(),
        "the ack of the first would have come before the ping's"
    );
    assert_eq!(sim.transcript(&direct("LiNa")).pop().unwrap().text(), "a");
    let frame = sim
        .frames(&bot())
        .into_iter()
        .find(|f| f.cmd == "aibot_respond_msg")
        .unwrap();
    assert_eq!((frame.errcode(), frame.ack_sent), (Some(0), false));
    assert_eq!(
        client.reply("aibot_respond_msg", &req_id, body).await["errcode"],
        0
    );
}

#[tokio::test]
async fn acks_are_errors_and_frames_do_not_count() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let errors = json!([{ "cmd": "aibot_respond_msg", "errcode": 45_009, "errmsg": "slow down",
        "times": 2 }]);
    faults(&sim, json!({ "ack_errors": errors })).await;
    let req_id = ask(&sim);
    for _ in 0..2 {
        let ack = client.stream(&req_id, "s", "a", true).await;
        assert_eq!(
            (&ack["errcode"], &ack["errmsg"]),
            (&json!(45_009), &json!("slow down"))
        );
    }
    assert_eq!(sim.transcript(&direct("LiNa")).len(), 1);
    assert_eq!(client.stream(&req_id, "s", "a", true).await["errcode"], 0);
    assert_eq!(sim.faults(bot()).standing().unwrap(), Faults::default());
}

#[tokio::test]
async fn subscribes_are_refused_or_ignored() {
    let sim = start().await;
    let refuse = json!({ "errcode": 45_033, "errmsg": "too frequent", "times": 1 });
    faults(
        &sim,
        json!({ "refuse_subscribe": refuse, "ignore_subscribe": { "times": 1 } }),
    )
    .await;
    let mut client = Client::connect(&sim).await;
    let body = json!({ "bot_id": DEMO_BOT, "secret": DEMO_SECRET });
    client.send("aibot_subscribe", body).await;
    let ignored = sim.wait_frame(&bot(), DEADLINE, |_| true).await.unwrap();
    assert_eq!(ignored.ack, None);
    let ack = client.subscribe(DEMO_BOT, DEMO_SECRET).await;
    assert_eq!(
        (&ack["errcode"], &ack["errmsg"]),
        (&json!(45_033), &json!("too frequent"))
    );
    assert!(client.is_silent());
    assert_eq!(client.subscribe(DEMO_BOT, DEMO_SECRET).await["errcode"], 0);
}

#[tokio::test]
async fn a_kick_needs_no_second_client() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "kick": true, "kick_close_ms": 20 })).await;
    let rest = client.rest().await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["body"]["event"]["eventtype"], "disconnected_event");
    assert_eq!(sim.connection(&bot()).kicks_total, 1);
}

#[tokio::test]
async fn streams_expire_on_request() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let req_id = ask(&sim);
    client.stream(&req_id, "s1", "a", false).await;
    faults(&sim, json!({ "expire_streams": true })).await;
    assert_eq!(
        client.stream(&req_id, "s1", "b", true).await["errcode"],
        846_608
    );
    assert_eq!(
        client.stream(&req_id, "s2", "b", false).await["errcode"],
        0,
        "new ones live"
    );
    faults(&sim, json!({ "stream_life_ms": 0 })).await;
    sim.wait_frame(&bot(), DEADLINE, |_| true).await.unwrap();
    let expired =
        async { while client.stream(&req_id, "s2", "c", false).await["errcode"] != 846_608 {} };
    timeout(DEADLINE, expired)
        .await
        .expect("a stream without life ends");
}

#[tokio::test]
async fn req_ids_are_forgotten_on_request() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let old = ask(&sim);
    faults(&sim, json!({ "forget_req_ids": true })).await;
    assert_eq!(
        client.stream(&old, "s", "a", true).await["errcode"],
        846_605
    );
    assert_eq!(
        client.stream(&ask(&sim), "s", "a", true).await["errcode"],
        0
    );
}

#[tokio::test]
async fn a_subscription_is_taken_away() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "unsubscribe": true })).await;
    let req_id = ask(&sim);
    assert_eq!(
        client.stream(&req_id, "s", "a", true).await["errcode"],
        846_609
    );
    assert!(sim.violations().is_empty(), "it could not know");
    assert_eq!(client.subscribe(DEMO_BOT, DEMO_SECRET).await["errcode"], 0);
    assert_eq!(client.stream(&req_id, "s", "a", true).await["errcode"], 0);
}

#[tokio::test]
async fn the_port_refuses_and_opens_again() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "refuse_tcp": 300 })).await;
    let refused = async { while TcpStream::connect(sim.addr()).await.is_ok() {} };
    timeout(DEADLINE, refused).await.expect("a refusal");
    assert_eq!(
        client.request("ping", json!(null)).await["errcode"],
        0,
        "who is in stays in"
    );
    let open = async {
        while TcpStream::connect(sim.addr()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(DEADLINE, open).await.expect("it opens again");
    subscribed(&sim).await;
}

#[tokio::test]
async fn the_connection_breaks_after_some_frames() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    faults(&sim, json!({ "disconnect_after_frames": 2 })).await;
    let req_id = ask(&sim);
    assert_eq!(client.stream(&req_id, "s", "a", false).await["errcode"], 0);
    let body =
        json!({ "msgtype": "stream", "stream": { "id": "s", "finish": true, "content": "b" } });
    client.send_as("aibot_respond_msg", &req_id, body).await;
    let rest = client.rest().await;
    assert_eq!(rest.len(), 1, "the push, and no ack: {rest:?}");
    assert_eq!(
        sim.transcript(&direct("LiNa")).pop().unwrap().text(),
        "b",
        "it took effect"
    );
}

#[tokio::test]
async fn pushes_without_answer_come_again() {
    let sim = start().await;
    let request = FaultRequest {
        redeliver_on_connect: Some(true),
        ..FaultRequest::default()
    };
    assert!(
        sim.faults(bot())
            .apply(&request)
            .unwrap()
            .redeliver_on_connect
    );
    assert!(
        !sim.inject(Injection::text(DEMO_BOT, "LiNa", "while away"))
            .unwrap()
            .delivered
    );
    let mut client = subscribed(&sim).await;
    let push = client.next().await;
    assert_eq!(push["body"]["text"]["content"], "while away");
    let answered = ask(&sim);
    client.stream(&answered, "s", "a", true).await;
    drop(client);
    let mut client = subscribed(&sim).await;
    assert_eq!(client.next().await, push, "still without answer");
    assert_eq!(client.request("ping", json!(null)).await["errcode"], 0);
    assert!(client.is_silent(), "the other one has its answer");
}

#[tokio::test]
async fn faults_are_shown_and_cleared() {
    let sim = start().await;
    faults(&sim, json!({ "ack_delay_ms": 5 })).await;
    let shown = faults(&sim, json!({ "redeliver_on_connect": true })).await;
    assert_eq!(
        (&shown["ack_delay_ms"], &shown["redeliver_on_connect"]),
        (&json!(5), &json!(true))
    );
    let path = format!("/sim/faults/{DEMO_BOT}");
    assert_eq!(call(&sim, "GET", &path, None).await.json(), shown);
    assert_eq!(call(&sim, "DELETE", &path, None).await.status, 204);
    assert_eq!(sim.faults(bot()).standing().unwrap(), Faults::default());
    let unknown = call(&sim, "PUT", &path, Some(&json!({ "dorp": true }))).await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.json()["error"].as_str().unwrap().contains("dorp"));
    sim.faults(bot()).clear().unwrap();
    assert!(sim.faults("aibNOBODY").clear().is_err());
}
