//! Template cards from an agent's answer to a click and back.

use serde_json::json;
use wecom::agent::AgentEvent;
use wecom::sim::{AckError, Entry, EntryKind, FaultRequest};
use wecom::texts;

use crate::support::agents::{Scripted, Turn};
use crate::support::{BOT, GROUP, House, OTHER, PATIENCE, Plan, USER, direct, eventually, group};

const LEAVE: &str = r#"{"card_type":"button_interaction",
  "main_title":{"title":"请假申请","desc":"两天"},
  "button_list":[{"text":"同意","style":1,"key":"approve"},{"text":"拒绝","style":2,"key":"reject"}],
  "task_id":"leave_1767225600000"}"#;

fn fenced(card: &str) -> String {
    format!("```json\n{card}\n```")
}

/// Says it in pieces that end in awkward places, as models do.
fn say_in_pieces(turn: Turn, text: &str) {
    let chars: Vec<char> = text.chars().collect();
    for piece in chars.chunks(7) {
        turn.say(&piece.iter().collect::<String>());
    }
    turn.done();
}

async fn card_in(house: &House, chat: &wecom::sim::SimChat) -> Entry {
    let is_card = |entry: &Entry| entry.kind == EntryKind::TemplateCard;
    house.sim.wait_for(chat, PATIENCE, is_card).await.unwrap()
}

fn task_id(card: &Entry) -> String {
    let card = card.card.as_ref().unwrap();
    card["task_id"].as_str().unwrap().to_owned()
}

/// Every frame of the bot's socket, both ways.
fn frames(house: &House) -> Vec<String> {
    let frames = house.sim.frames(&BOT.into());
    frames.iter().map(|frame| format!("{frame:?}")).collect()
}

#[tokio::test]
async fn a_card_is_a_message_of_its_own_and_its_json_is_never_seen() {
    let (house, turns) = House::played().await;
    let asked = house.say("请两天假");
    let answer = format!("请审批：\n\n{}\n\n谢谢。", fenced(LEAVE));
    say_in_pieces(turns.next().await, &answer);
    let text = house.answer(&direct(), &asked).await;
    assert_eq!(text.text(), "请审批：\n\n谢谢。");
    let card = card_in(&house, &direct()).await;
    let sent = card.card.as_ref().unwrap();
    assert_eq!(sent["main_title"]["title"], "请假申请");
    assert_ne!(task_id(&card), "leave_1767225600000", "made unique");
    assert!(task_id(&card).starts_with("leave_"), "{}", task_id(&card));
    for entry in house.bot_entries(&direct()) {
        assert!(!entry.text().contains("card_type"), "{entry:?}");
    }
    let streamed = frames(&house)
        .iter()
        .filter(|frame| frame.contains("aibot_respond_msg"))
        .any(|frame| frame.contains("card_type"));
    assert!(!streamed, "no frame of the stream held the card's JSON");
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_is_a_card_alone_closes_its_stream_with_a_word() {
    let events = vec![AgentEvent::Text(LEAVE.to_owned()), AgentEvent::Done];
    let house = House::open(Plan::agent(Scripted(events))).await;
    let asked = house.say("hi");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), texts::CARD_SENT);
    card_in(&house, &direct()).await;
    house.close().await;
}

#[tokio::test]
async fn a_press_changes_the_card_and_reaches_the_agent_who_answers_with_a_message() {
    let (house, turns) = House::played().await;
    house.say("请两天假");
    say_in_pieces(turns.next().await, &fenced(LEAVE));
    let card = card_in(&house, &direct()).await;
    let task = task_id(&card);
    house.sim.member(BOT, USER).press(&task, "approve").unwrap();

    let turn = turns.next().await;
    let told = turn.request.text.clone();
    for line in [
        "event_type: template_card_event",
        "event_key: approve",
        "button_text: 同意",
        "card_title: 请假申请",
        "agent_task_id: leave_1767225600000",
        "from.userid: zhangsan",
    ] {
        assert!(
            told.lines().any(|told| told == line),
            "{line:?} in {told:?}"
        );
    }
    turn.say("已批准。");
    turn.done();
    let answer = house.message(&direct()).await;
    assert_eq!(answer.text(), "已批准。");
    let changed = eventually("a changed card", || async {
        let entries = house.bot_entries(&direct());
        let card = entries
            .into_iter()
            .find(|entry| entry.kind == EntryKind::TemplateCard)?;
        card.card_copies.get(USER).cloned()
    })
    .await;
    let buttons = changed["button_list"].as_array().unwrap();
    assert_eq!(buttons.len(), 1);
    assert!(buttons[0]["text"].as_str().unwrap().contains("同意"));
    house.close().await;
}

#[tokio::test]
async fn a_press_after_a_restart_still_changes_the_card() {
    let (house, turns) = House::played().await;
    house.say("hi");
    say_in_pieces(turns.next().await, &fenced(LEAVE));
    let task = task_id(&card_in(&house, &direct()).await);
    house.settled().await;
    let silent: std::sync::Arc<dyn wecom::agent::Agent> =
        std::sync::Arc::new(Scripted(vec![AgentEvent::Done]));
    let house = house.reopen(Some(silent)).await;
    house.subscribed().await;
    house.sim.member(BOT, USER).press(&task, "reject").unwrap();
    eventually("a changed card", || async {
        let entries = house.bot_entries(&direct());
        let mut cards = entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::TemplateCard);
        cards
            .any(|card| card.card_copies.contains_key(USER))
            .then_some(())
    })
    .await;
    house.settled().await;
    let messages = house
        .bot_entries(&direct())
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::Markdown)
        .count();
    assert_eq!(messages, 0, "a silent agent sends nothing for an event");
    house.close().await;
}

#[tokio::test]
async fn in_a_group_each_presses_for_oneself_and_who_may_not_speak_may_not_press() {
    let (agent, turns) = crate::support::agents::played();
    let plan = Plan {
        channel: json!({"groups": {GROUP: {"allowFrom": [USER]}}}),
        ..Plan::agent(agent)
    };
    let house = House::open(plan).await;
    house.say_in_group(USER, "@Helper 请假");
    say_in_pieces(turns.next().await, &fenced(LEAVE));
    let task = task_id(&card_in(&house, &group()).await);
    let press = |user: &str| {
        let member = house.sim.member(BOT, user).in_group(GROUP);
        member.press(&task, "approve").unwrap();
    };
    press(OTHER);
    press(USER);
    let turn = turns.next().await;
    assert_eq!(
        turn.request.identity.requester().unwrap().as_str(),
        USER,
        "the press of the one who is not listed started no turn"
    );
    turn.done();
    house.settled().await;
    let card = card_in(&house, &group()).await;
    assert!(card.card_copies.contains_key(USER));
    assert!(!card.card_copies.contains_key(OTHER));
    house.close().await;
}

#[tokio::test]
async fn a_card_that_wecom_refuses_is_said_in_words() {
    let events = vec![
        AgentEvent::Text(format!("请审批：\n\n{}", fenced(LEAVE))),
        AgentEvent::Done,
    ];
    let house = House::open(Plan::agent(Scripted(events))).await;
    house.fault(&FaultRequest {
        ack_errors: Some(vec![AckError {
            cmd: Some("aibot_send_msg".to_owned()),
            errcode: 42_045,
            errmsg: String::new(),
            times: 1,
        }]),
        ..FaultRequest::default()
    });
    let asked = house.say("hi");
    let answer = house.answer(&direct(), &asked).await;
    for part in ["请审批：", "请假申请", "同意", "拒绝"] {
        assert!(answer.text().contains(part), "{:?}", answer.text());
    }
    assert!(!answer.text().contains("card_type"));
    house.close().await;
}
