//! Turns on a link that holds.

use serde_json::json;
use wecom::sim::{Attachment, EntryKind};
use wecom::texts;

use crate::house::House;
use crate::support::{BOT, PATIENCE, USER, direct};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_grows_and_what_is_delivered_stands_in_for_it() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("hello");
    let mut run = plugin.turn().await;
    let frame = &run.frame;
    assert_eq!(frame["account"], "default");
    assert_eq!(frame["chat"], json!({"kind": "direct", "id": USER}));
    assert_eq!(frame["sender"]["id"], USER);
    assert_eq!(frame["text"], "hello");
    assert_eq!(frame["resumed"], false);
    assert_eq!(frame.get("agent"), None);
    assert!(frame["system"].as_str().unwrap().contains("MEDIA:"));
    plugin
        .tell(&mut run, json!({"kind": "run", "run": "r1"}))
        .await;
    plugin.tell(&mut run, json!({"kind": "reasoning"})).await;
    for text in [
        "I look.",
        "I look. Wait",
        "I look. Wait a",
        "I look. Wait a bit",
    ] {
        plugin.partial(&mut run, text).await;
        house.stream(&asked, |entry| entry.text() == text).await;
    }
    for (phase, ok) in [("start", None), ("end", Some(true))] {
        let tool = json!({"kind": "tool", "name": "read", "phase": phase, "ok": ok});
        plugin.tell(&mut run, tool).await;
    }
    plugin.tell(&mut run, json!({"kind": "message"})).await;
    plugin.partial(&mut run, "Found").await;
    house.stream(&asked, |entry| entry.text() == "Found").await;
    plugin.finish(&mut run, "Found it.").await;
    let answer = house.answer(&asked).await;
    assert_eq!(answer.text(), "Found it.");
    assert!(answer.revisions >= 4, "{} updates", answer.revisions);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_reaches_the_run() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("think hard");
    let mut run = plugin.turn().await;
    plugin.partial(&mut run, "hm").await;
    house.stream(&asked, |entry| entry.text() == "hm").await;
    house.say("/stop");
    let cancelled = plugin.expect("turn.cancel").await;
    assert_eq!(cancelled["turn"], run.frame["turn"]);
    plugin.tell(&mut run, json!({"kind": "done"})).await;
    let answer = house.answer(&asked).await;
    assert!(
        answer.text().ends_with(texts::STOPPED_PARTIAL),
        "{}",
        answer.text()
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_both_ways_under_their_names() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let person = house.sim.member(BOT, USER);
    let png = b"\x89PNG\r\n\x1a\n picture".as_slice();
    let asked = person.send(Attachment::image(png)).unwrap();
    let mut run = plugin.turn().await;
    let media = run.frame["media"][0].clone();
    assert_eq!(media["mime"], "image/png");
    assert_eq!(std::fs::read(media["path"].as_str().unwrap()).unwrap(), png);

    let staged = tempfile::Builder::new()
        .prefix("staged-")
        .tempdir()
        .unwrap();
    let stored = staged
        .path()
        .join("report---01234567-89ab-cdef-0123-456789abcdef.txt");
    std::fs::write(&stored, b"figures").unwrap();
    let delivery = json!({"kind": "deliver", "deliver": "block", "text": "Here.",
                          "media": [{"path": stored, "name": "季报.txt"}]});
    plugin.tell(&mut run, delivery).await;
    plugin.tell(&mut run, json!({"kind": "done"})).await;
    let is_file = |entry: &wecom::sim::Entry| entry.kind == EntryKind::File;
    let sent = house
        .sim
        .wait_for(&direct(), PATIENCE, is_file)
        .await
        .unwrap();
    let shown = serde_json::to_string(&sent).unwrap();
    assert!(shown.contains("季报.txt"), "{shown}");
    assert_eq!(house.answer(&asked).await.text(), "Here.");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_openclaw_are_told_in_our_words() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("hello");
    let mut run = plugin.turn().await;
    let error = json!({"kind": "deliver", "deliver": "final", "error": true,
                       "text": "⚠️ API rate limit reached. Please try again later."});
    plugin.tell(&mut run, error).await;
    plugin.tell(&mut run, json!({"kind": "done"})).await;
    let answer = house.answer(&asked).await;
    assert!(answer.text().contains("现在太忙"), "{}", answer.text());

    let asked = house.say("again");
    let mut run = plugin.turn().await;
    let error = json!({"kind": "error", "class": "toolong", "message": "context overflow"});
    plugin.tell(&mut run, error).await;
    let answer = house.answer(&asked).await;
    assert!(answer.text().contains("/new"), "{}", answer.text());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_is_begun_before_the_question() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("/new what is up?");
    let mut command = plugin.turn().await;
    assert_eq!(command.frame["text"], "/new");
    assert_eq!(command.frame["command"], true);
    plugin.finish(&mut command, "New session started.").await;
    let mut run = plugin.turn().await;
    assert_eq!(run.frame["text"], "what is up?");
    plugin.finish(&mut run, "all well").await;
    assert_eq!(house.answer(&asked).await.text(), "all well");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_made_on_demand_is_there_before_its_first_turn() {
    let house = House::with(|settings| {
        settings["channels"]["wecom"]["dynamicAgents"] = json!({"enabled": true});
    })
    .await;
    let mut plugin = house.plugin().await;
    for text in ["one", "two"] {
        let asked = house.say(text);
        if text == "one" {
            let ensure = plugin.expect("agent.ensure").await;
            assert_eq!(ensure["agent"], format!("wecom-default-dm-{USER}"));
            plugin
                .send(json!({"t": "agent.ready", "id": ensure["id"], "ok": true}))
                .await;
        }
        let frame = plugin.next().await.unwrap();
        assert_eq!(frame["t"], "turn", "asked for once");
        assert_eq!(frame["agent"], format!("wecom-default-dm-{USER}"));
        assert_eq!(
            frame["session"],
            format!("agent:wecom-default-dm-{USER}:wecom:default:dm:{USER}")
        );
        let mut run = crate::plugin::Run { frame, n: 0 };
        plugin.finish(&mut run, text).await;
        assert_eq!(house.answer(&asked).await.text(), text);
    }
    house.close().await;
}
