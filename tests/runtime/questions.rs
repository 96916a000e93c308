//! What a running turn asks: a card of buttons, answered by the one who wrote.

use std::time::Duration;

use tokio::sync::oneshot;
use wecom::agent::{AgentEvent, Choice, Question, Tone};
use wecom::sim::{Entry, EntryKind};
use wecom::texts;

use crate::support::agents::Turn;
use crate::support::{BOT, GROUP, House, OTHER, PATIENCE, USER, direct, eventually, group};

fn ask(turn: &Turn) -> oneshot::Receiver<usize> {
    let choice = |label: &str, tone| Choice {
        label: label.to_owned(),
        tone,
    };
    let choices = vec![choice("允许", Tone::Primary), choice("拒绝", Tone::Danger)];
    let (question, answered) = Question::new("运行命令？", "cargo test", choices);
    turn.tell(AgentEvent::Ask(question));
    answered
}

async fn question_in(house: &House, chat: &wecom::sim::SimChat) -> Entry {
    let is_card = |entry: &Entry| entry.kind == EntryKind::TemplateCard;
    house.sim.wait_for(chat, PATIENCE, is_card).await.unwrap()
}

/// Presses the button of that label.
fn press(house: &House, card: &Entry, user: &str, label: &str) {
    let card = card.card.as_ref().unwrap();
    let buttons = card["button_list"].as_array().unwrap();
    let button = buttons.iter().find(|button| button["text"] == label);
    let key = button.unwrap()["key"].as_str().unwrap();
    let task = card["task_id"].as_str().unwrap();
    let member = house.sim.member(BOT, user).in_group(GROUP);
    member.press(task, key).unwrap();
}

#[tokio::test]
async fn only_the_one_who_wrote_answers_and_the_turn_goes_on() {
    let (house, turns) = House::played().await;
    let asked = house.say_in_group(USER, "@Helper 跑一下测试");
    let turn = turns.next().await;
    turn.say("我先看看。");
    let mut answered = ask(&turn);
    let card = question_in(&house, &group()).await;
    assert_eq!(card.card.as_ref().unwrap()["sub_title_text"], "cargo test");
    press(&house, &card, OTHER, "允许");
    assert!(turns.none_for(Duration::from_millis(300)).await);
    assert!(answered.try_recv().is_err(), "somebody else pressed");
    press(&house, &card, USER, "拒绝");
    assert_eq!(answered.await, Ok(1));
    turn.say("那就不跑了。");
    turn.done();
    let answer = house.answer(&group(), &asked).await;
    assert_eq!(answer.text(), "我先看看。那就不跑了。");
    eventually("what was pressed shows", || async {
        let entries = house.bot_entries(&group());
        let card = entries
            .into_iter()
            .find(|entry| entry.kind == EntryKind::TemplateCard)?;
        let copy = card.card_copies.get(USER)?.to_string();
        copy.contains("拒绝").then_some(())
    })
    .await;
    assert!(
        turns.none_for(Duration::from_millis(300)).await,
        "an answer starts no turn"
    );
    house.close().await;
}

#[tokio::test]
async fn a_stopped_turn_withdraws_its_question() {
    let (house, turns) = House::played().await;
    let asked = house.say("跑一下测试");
    let turn = turns.next().await;
    let answered = ask(&turn);
    let card = question_in(&house, &direct()).await;
    house.say("/stop");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), texts::STOPPED);
    // The agent that a real back end would be drops its events with the turn; here they live
    // in the test.
    assert!(answered.await.is_err(), "nobody answers any more");
    let task = card.card.as_ref().unwrap()["task_id"].clone();
    let member = house.sim.member(BOT, USER);
    member
        .press(task.as_str().unwrap(), "wecom-choice:0")
        .unwrap();
    assert!(
        turns.none_for(Duration::from_millis(300)).await,
        "a late press reaches no agent"
    );
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_a_card_has_no_answer() {
    let (house, turns) = House::played().await;
    house.say("hi");
    let turn = turns.next().await;
    let (question, answered) = Question::new("?", "", Vec::new());
    turn.tell(AgentEvent::Ask(question));
    assert!(answered.await.is_err());
    turn.done();
    house.settled().await;
    house.close().await;
}

#[tokio::test]
async fn words_can_be_taken_back() {
    let (house, turns) = House::played().await;
    let asked = house.say("hi");
    let turn = turns.next().await;
    turn.say("我去查一下。");
    turn.tell(AgentEvent::Replace("查到了".to_owned()));
    turn.say("。");
    turn.done();
    assert_eq!(house.answer(&direct(), &asked).await.text(), "查到了。");
    house.close().await;
}
