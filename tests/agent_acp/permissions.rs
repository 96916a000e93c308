//! What a program may do: a card, and the click of the one who wrote.

use std::time::Duration;

use wecom::sim::{Entry, EntryKind, SimChat};
use wecom::texts;

use crate::house;
use crate::support::{BOT, GROUP, House, OTHER, PATIENCE, USER, direct, group};

async fn card_in(house: &House, chat: &SimChat) -> Entry {
    let is_card = |entry: &Entry| entry.kind == EntryKind::TemplateCard;
    house.sim.wait_for(chat, PATIENCE, is_card).await.unwrap()
}

fn press(house: &House, card: &Entry, user: &str, label: &str) {
    let card = card.card.as_ref().unwrap();
    let buttons = card["button_list"].as_array().unwrap();
    let button = buttons.iter().find(|button| button["text"] == label);
    let key = button.unwrap()["key"].as_str().unwrap();
    let task = card["task_id"].as_str().unwrap();
    let member = house.sim.member(BOT, user).in_group(GROUP);
    member.press(task, key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_of_the_one_who_wrote_lets_the_program_go_on() {
    let house = house().await;
    let asked = house.say_in_group(USER, "@Helper ask");
    let card = card_in(&house, &group()).await;
    let shown = card.card.as_ref().unwrap();
    assert_eq!(shown["main_title"]["title"], texts::acp::PERMISSION);
    assert_eq!(shown["sub_title_text"], "rm notes.txt");
    press(&house, &card, OTHER, texts::acp::REJECT_ONCE);
    tokio::time::sleep(Duration::from_millis(300)).await;
    press(&house, &card, USER, texts::acp::ALLOW_ONCE);
    let answer = house.answer(&group(), &asked).await;
    assert_eq!(answer.text(), "May I? chosen: yes");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_turn_takes_its_request_back_and_the_session_goes_on() {
    let house = house().await;
    let session = crate::ask(&house, "session").await;
    let asked = house.say("ask");
    card_in(&house, &direct()).await;
    house.say("/stop");
    let answer = house.answer(&direct(), &asked).await;
    assert!(
        answer.text().contains(texts::STOPPED_PARTIAL),
        "{}",
        answer.text()
    );
    assert_eq!(crate::ask(&house, "session").await, session);
    house.close().await;
}
