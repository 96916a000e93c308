use super::*;
use crate::channel::cards::Reason;

#[test]
fn what_cannot_be_a_card_stands_in_its_place_in_words() {
    let answer = "前\n```json\n{\"card_type\":\"button_interaction\",\"title\":\"请假\"}\n```\n中\n\
        ```json\n{\"card_type\":\"text_notice\",\"title\":\"通知\",\"task_id\":\"t\"}\n```\n后";
    let taken = take(answer, 1_767_225_600_000);
    assert_eq!(taken.text, "前\n\n**请假**\n\n中\n\n后");
    assert_eq!(taken.cards.len(), 1);
    assert!(
        taken.cards[0]
            .card
            .task_id()
            .starts_with("t_1767225600000_")
    );
}

#[test]
fn only_cards_that_can_be_sent_count() {
    let empty = r#"{"card_type":"vote_interaction","title":"空"}"#;
    let good = r#"{"card_type":"text_notice","title":"好"}"#;
    let all = [empty, good, good, empty, good, good, good, good];
    let taken = take(&format!("```\n[{}]\n```", all.join(",")), 0);
    assert_eq!(taken.cards.len(), MAX_CARDS);
    assert_eq!(taken.text, "**空**\n\n**空**\n\n**好**");
}

#[test]
fn why_and_what_changed_have_no_contents() {
    let value = serde_json::json!({ "card_type": "vote_interaction", "title": "秘密" });
    let unsendable = prepare(value, 0).unwrap_err();
    assert_eq!(unsendable.reason, Reason::Empty("options"));
    assert!(!format!("{unsendable} {unsendable:?}").contains("秘密"));
}
