//! Links that are cut, gateways that are killed, and a daemon that is restarted.

use serde_json::json;
use wecom::sim::EntryKind;
use wecom::texts;

use crate::house::House;
use crate::support::{BOT, direct};

/// Messages and streams of the bot in the direct chat.
fn answers(house: &House) -> usize {
    let entries = house.sim.transcript(&direct());
    let is_answer = |kind| matches!(kind, EntryKind::Stream | EntryKind::Markdown);
    let of_bot = entries.iter().filter(|entry| entry.from.id == BOT);
    of_bot.filter(|entry| is_answer(entry.kind)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_goes_on_after_a_cut() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("count");
    let mut run = plugin.turn().await;
    plugin.partial(&mut run, "one").await;
    plugin.partial(&mut run, "one two").await;
    house
        .stream(&asked, |entry| entry.text() == "one two")
        .await;
    drop(plugin);
    let mut plugin = crate::plugin::Plugin::dial(&house.socket()).await;
    plugin.hello().await;
    let turn = run.frame["turn"].clone();
    let resumed = plugin
        .knows(&json!([{"turn": turn, "n": 3}, {"turn": "t-old", "n": 9}]))
        .await;
    assert_eq!(resumed, json!([{"turn": turn, "n": 2}]));
    // What may have arrived is repeated, and does no harm.
    run.n = 1;
    plugin.partial(&mut run, "one two").await;
    plugin.partial(&mut run, "one two three").await;
    house
        .stream(&asked, |entry| entry.text() == "one two three")
        .await;
    plugin.finish(&mut run, "one two three four").await;
    assert_eq!(house.answer(&asked).await.text(), "one two three four");
    assert_eq!(answers(&house), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_to_a_killed_gateway_is_asked_again_and_answered_once() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("count");
    let mut run = plugin.turn().await;
    plugin.partial(&mut run, "one").await;
    house.stream(&asked, |entry| entry.text() == "one").await;
    drop(plugin);
    let mut plugin = house.plugin().await;
    let mut again = plugin.turn().await;
    assert_eq!(again.frame["msg"], run.frame["msg"]);
    assert_ne!(again.frame["turn"], run.frame["turn"]);
    assert_eq!(again.frame["resumed"], true);
    plugin.finish(&mut again, "one two").await;
    assert_eq!(house.answer(&asked).await.text(), "one two");
    assert_eq!(answers(&house), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_goes_on_by_itself_sends_the_answer_as_a_message() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("count");
    let mut run = plugin.turn().await;
    plugin.partial(&mut run, "one").await;
    house.stream(&asked, |entry| entry.text() == "one").await;
    drop(plugin);
    let mut plugin = house.plugin().await;
    let mut again = plugin.turn().await;
    let done = json!({"kind": "done", "elsewhere": true});
    plugin.tell(&mut again, done).await;
    assert_eq!(house.answer(&asked).await.text(), texts::openclaw::GOES_ON);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_waits_for_a_gateway_and_who_asked_is_told() {
    let house = House::open().await;
    let asked = house.say("anybody there?");
    house
        .stream(&asked, |entry| entry.text() == texts::openclaw::KEPT)
        .await;
    let mut plugin = house.plugin().await;
    let mut run = plugin.turn().await;
    plugin.finish(&mut run, "yes").await;
    assert_eq!(house.answer(&asked).await.text(), "yes");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_waits_survives_the_daemon() {
    let mut house = House::open().await;
    let asked = house.say("anybody there?");
    house
        .stream(&asked, |entry| entry.text() == texts::openclaw::KEPT)
        .await;
    house.restart().await;
    let mut plugin = house.plugin().await;
    let mut run = plugin.turn().await;
    assert_eq!(run.frame["text"], "anybody there?");
    assert_eq!(run.frame["resumed"], true);
    plugin.finish(&mut run, "yes").await;
    assert_eq!(house.answer(&asked).await.text(), "yes");
    assert_eq!(answers(&house), 1);
    house.close().await;
}
