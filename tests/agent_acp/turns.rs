//! What a program says, as the chat shows it.

use wecom::sim::EntryKind;
use wecom::texts;

use crate::support::{PATIENCE, direct, group};
use crate::{ask, house};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_grows_while_the_program_speaks() {
    let house = house().await;
    let asked = house.say("stream");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "one two three four five");
    let updates = answer.revisions;
    assert!(updates >= 3, "it grew: {updates} updates");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thoughts_stay_inside_and_tools_part_paragraphs() {
    let house = house().await;
    assert_eq!(ask(&house, "think").await, "the answer");
    assert_eq!(ask(&house, "tool").await, "Let me look.\n\nFound it.");
    assert_eq!(ask(&house, "garbage").await, "still here");
    let cut = ask(&house, "tokens").await;
    assert_eq!(cut, format!("so far\n\n{}", texts::acp::MAX_TOKENS));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_question_says_where_one_is_and_groups_hear_who_wrote() {
    let house = house().await;
    let first = ask(&house, "hello").await;
    assert!(
        first.contains("direct chat of WeCom") && first.ends_with("|hello"),
        "{first}"
    );
    assert_eq!(ask(&house, "again").await, "again");
    let asked = house.say_in_group("lisi", "@Helper hello");
    let answer = house.answer(&group(), &asked).await;
    assert!(
        answer.text().ends_with("|[lisi]\nhello"),
        "{}",
        answer.text()
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_an_answer_is_sent() {
    let house = house().await;
    let asked = house.say("image");
    let is_image = |entry: &wecom::sim::Entry| entry.kind == EntryKind::Image;
    house
        .sim
        .wait_for(&direct(), PATIENCE, is_image)
        .await
        .unwrap();
    assert_eq!(house.answer(&direct(), &asked).await.text(), "a picture");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_has_an_end() {
    let house = house().await;
    let pid = ask(&house, "pid").await;
    house.say("endless");
    // What comes behind it waits for its end; the session and the program stay.
    assert_eq!(ask(&house, "pid").await, pid);
    house.close().await;
}
