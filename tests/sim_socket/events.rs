//! The event stream that the page watches.

use serde_json::json;
use wecom::sim::{DEMO_BOT, Injection, Sim};

use super::http::{EventStream, get};
use super::{start, subscribed};

fn say(sim: &Sim, user: &str, text: &str) {
    sim.inject(Injection::text(DEMO_BOT, user, text)).unwrap();
}

#[tokio::test]
async fn changes_are_told_and_can_be_resumed() {
    let sim = start().await;
    let mut events = EventStream::open(&sim, "").await;
    sim.add_user("ChenHao", "陈浩").unwrap();
    let state = events.next().await.unwrap();
    assert_eq!((state.name.as_str(), &state.data), ("state", &json!({})));

    let mut client = subscribed(&sim).await;
    let bot = events.next().await.unwrap();
    assert_eq!(
        (bot.name.as_str(), &bot.data),
        ("bot", &json!({ "id": DEMO_BOT, "connected": true }))
    );

    let asked = sim.inject(Injection::text(DEMO_BOT, "LiNa", "?")).unwrap();
    let entry = events.next().await.unwrap();
    assert_eq!(
        (entry.name.as_str(), &entry.data["content"]),
        ("entry", &json!("?"))
    );
    client.stream(asked.req_id.as_str(), "s", "a", false).await;
    let opened = events.next().await.unwrap();
    assert_eq!(
        (&opened.data["content"], &opened.data["finished"]),
        (&json!("a"), &json!(false))
    );
    client.stream(asked.req_id.as_str(), "s", "ab", true).await;
    let closed = events.next().await.unwrap();
    assert_eq!(
        (&closed.data["content"], &closed.data["id"]),
        (&json!("ab"), &opened.data["id"])
    );

    let mut resumed = EventStream::open(&sim, &format!("?after={}", bot.id)).await;
    assert_eq!(resumed.next().await.unwrap(), entry);
    let latest = resumed.next().await.unwrap();
    assert_eq!(latest, closed, "a stream is told once, as it is now");
    let seq = get(&sim, "/sim/state").await["seq"].as_u64().unwrap();
    assert_eq!(seq, closed.id);
}

#[tokio::test]
async fn a_number_from_elsewhere_resets() {
    let sim = start().await;
    let mut events = EventStream::open(&sim, "?after=4000000").await;
    assert_eq!(events.next().await.unwrap().name, "reset");
    say(&sim, "LiNa", "on");
    assert_eq!(events.next().await.unwrap().data["content"], "on");
}

#[tokio::test]
async fn a_slow_reader_is_reset() {
    let sim = start().await;
    let users: Vec<String> = (0..100).map(|n| format!("user{n}")).collect();
    for user in &users {
        sim.add_user(user.as_str(), user).unwrap();
    }
    let mut events = EventStream::open(&sim, "").await;
    // More than the sockets' buffers take, and more changes than are kept.
    let text = "很长".repeat(400);
    for _ in 0..150 {
        for user in &users {
            say(&sim, user, &text);
        }
    }
    let mut told = 0;
    let reset = loop {
        let event = events.next().await.unwrap();
        if event.name == "reset" {
            break event;
        }
        told += 1;
    };
    assert!(told < 15_000, "not all of them");
    let seq = get(&sim, "/sim/state").await["seq"].as_u64().unwrap();
    assert_eq!(reset.id, seq, "it goes on from the newest");
    say(&sim, "LiNa", "on");
    assert_eq!(events.next().await.unwrap().data["content"], "on");
}

#[tokio::test]
async fn the_stream_ends_with_the_simulator() {
    let sim = start().await;
    let mut events = EventStream::open(&sim, "").await;
    sim.stop().await;
    assert_eq!(events.next().await, None);
}
