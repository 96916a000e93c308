use serde_json::json;

use super::super::prepare;
use super::super::sent::CardSession;
use super::*;
use crate::ids::{Chat, ChatKind};
use crate::wecom::bot::CardSelection;

const NOON: i64 = 1_767_225_600_000;

fn sent(card: Value) -> SentCard {
    let chat = Chat {
        account: "default".into(),
        kind: ChatKind::Group,
        id: "wrGroup".into(),
    };
    let session = CardSession {
        agent: "main".to_owned(),
        key: "k".to_owned(),
    };
    SentCard::registered(&prepare(card, NOON).unwrap(), chat, session, NOON)
}

fn event(key: &str, selections: &[(&str, &[&str])]) -> CardEvent {
    CardEvent {
        card_type: "whatever".to_owned(),
        event_key: key.to_owned(),
        task_id: "t".to_owned(),
        selections: selections
            .iter()
            .map(|(question, ids)| CardSelection {
                question_key: (*question).to_owned(),
                option_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            })
            .collect(),
    }
}

/// Clicks and remembers, as the runtime does.
fn click(card: &mut SentCard, user: &str, event: &CardEvent) -> Update {
    let user = UserId::new(user);
    let update = update(card, event, &user);
    if let Some(answer) = update.answer.clone() {
        card.answers.insert(user, answer);
    }
    update
}

fn buttons() -> SentCard {
    sent(json!({ "card_type": "button_interaction", "title": "请假",
        "button_selection": { "question_key": "why", "option_list": [
            { "id": "ok", "text": "好" }, { "id": "no", "text": "忙" }] },
        "button_list": [{ "text": "同意", "key": "yes" },
            { "text": "先放一放等大家都回来再说", "key": "no" }] }))
}

fn vote() -> SentCard {
    sent(json!({ "card_type": "vote_interaction", "title": "午饭",
        "checkbox": { "question_key": "q", "mode": 1, "option_list": [
            { "id": "a", "text": "面", "is_checked": true }, { "id": "b", "text": "饭" }] },
        "submit_button": { "text": "投票", "key": "s" } }))
}

#[test]
fn a_press_leaves_one_button_that_does_nothing() {
    let mut card = buttons();
    let pristine = card.card.to_value();
    let press = event("yes", &[("why", &["no"])]);
    let first = click(&mut card, "LiSi", &press);
    assert!(first.route);
    let copy = first.card.unwrap();
    let key = copy["button_list"][0]["key"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), INERT_PREFIX.len() + 4);
    let mut expected = pristine.clone();
    expected["button_list"] = json!([{ "text": "✓ 同意", "style": 4, "key": key }]);
    expected["button_selection"]["disable"] = json!(true);
    expected["button_selection"]["selected_id"] = json!("no");
    assert_eq!(copy, expected);
    assert_eq!(card.card.to_value(), pristine);

    // The inert button, and the same press again (the update came late): the same copy.
    for again in [event(&key, &[]), press] {
        let again = click(&mut card, "LiSi", &again);
        assert_eq!((again.card.as_ref(), again.route), (Some(&copy), false));
    }
    // Another button before the update came: that is news.
    let other = click(&mut card, "LiSi", &event("no", &[]));
    assert!(other.route);
    let text = &other.card.unwrap()["button_list"][0]["text"];
    assert_eq!(text, "✓ 先放一放等大家都");
}

#[test]
fn an_inert_press_of_someone_unknown_is_swallowed() {
    let update = click(&mut buttons(), "LiSi", &event("inert:abcd", &[]));
    let nothing = Update {
        card: None,
        route: false,
        answer: None,
    };
    assert_eq!(update, nothing);
    assert!(is_inert(&event("inert:abcd", &[])));
    assert!(!is_inert(&event("yes", &[])));
}

#[test]
fn a_menu_of_buttons_stays_usable() {
    let mut card = sent(json!({ "card_type": "button_interaction", "title": "菜单",
        "buttons": [{ "text": "待办", "key": "menu:todo" }, { "text": "日程", "key": "menu:cal" }] }));
    for _ in 0..2 {
        let update = click(&mut card, "LiSi", &event("menu:todo", &[]));
        assert_eq!((update.card, update.route), (None, true));
    }
    let mut mixed = sent(json!({ "card_type": "button_interaction", "title": "菜单",
        "buttons": [{ "text": "待办", "key": "menu:todo" }, { "text": "好", "key": "ok" }] }));
    assert!(
        click(&mut mixed, "LiSi", &event("menu:todo", &[]))
            .card
            .is_some()
    );
}

#[test]
fn a_click_in_the_corner_menu_changes_nothing() {
    let menu = json!({ "desc": "更多", "action_list": [{ "text": "不再提醒", "key": "mute" }] });
    let mut notice = sent(json!({ "card_type": "text_notice", "title": "t", "action_menu": menu }));
    let mut pressed = buttons().card.to_value();
    pressed["action_menu"] = menu;
    for card in [&mut notice, &mut sent(pressed)] {
        let update = click(card, "LiSi", &event("mute", &[]));
        assert_eq!(
            (update.card, update.route, update.answer),
            (None, true, None)
        );
    }
}

#[test]
fn in_a_group_everyone_starts_from_the_card_as_sent() {
    let mut card = vote();
    let ticks = |update: &Update| {
        let copy = update.card.as_ref().unwrap();
        assert_eq!(copy["checkbox"]["disable"], true);
        assert_eq!(
            copy["submit_button"],
            json!({ "text": "已提交", "key": "s" })
        );
        let options = copy["checkbox"]["option_list"].as_array().unwrap().iter();
        let ticked = options.filter(|option| option["is_checked"] == true);
        ticked
            .map(|option| option["id"].clone())
            .collect::<Vec<_>>()
    };
    let li = click(&mut card, "LiSi", &event("s", &[("q", &["a", "b"])]));
    assert_eq!((ticks(&li), li.route), (vec![json!("a"), json!("b")], true));
    let wang = click(&mut card, "wang", &event("s", &[(" q ", &["", "b"])]));
    assert_eq!((ticks(&wang), wang.route), (vec![json!("b")], true));
    let none = click(&mut card, "zhao", &event("s", &[("", &["b"])]));
    assert_eq!((ticks(&none), none.route), (vec![], true));

    let again = click(&mut card, "wang", &event("s", &[("q", &["b"])]));
    assert_eq!((ticks(&again), again.route), (vec![json!("b")], false));
    let changed = click(&mut card, "wang", &event("s", &[("q", &["a"])]));
    assert_eq!((ticks(&changed), changed.route), (vec![json!("a")], true));
}

#[test]
fn several_selections_keep_what_was_not_chosen() {
    let mut card = sent(
        json!({ "card_type": "multiple_interaction", "title": "t", "select_list": [
        { "question_key": "day", "selected_id": "mon", "option_list": [
            { "id": "mon", "text": "一" }, { "id": "tue", "text": "二" }] },
        { "question_key": "hour", "selected_id": "10", "option_list": [{ "id": "10", "text": "十" }] },
        { "question_key": "room", "option_list": [{ "id": "a", "text": "甲" }] }] }),
    );
    let chosen: &[(&str, &[&str])] = &[("day", &["tue"]), ("room", &["gone"]), ("?", &["x"])];
    let copy = click(&mut card, "LiSi", &event("s", chosen)).card.unwrap();
    let list = copy["select_list"].as_array().unwrap();
    let chosen: Vec<_> = list
        .iter()
        .map(|it| it.get("selected_id").cloned())
        .collect();
    assert_eq!(chosen, [Some(json!("tue")), Some(json!("10")), None]);
    assert!(list.iter().all(|selection| selection["disable"] == true));
}

#[test]
fn what_is_kept_comes_back() {
    let mut card = vote();
    click(&mut card, "LiSi", &event("s", &[("q", &["a"])]));
    let stored = card.to_stored();
    assert_eq!(stored.task_id, card.card.task_id());
    assert_eq!(SentCard::from_stored(stored.clone()), Some(card));
    let foreign = crate::store::StoredCard {
        record: "{}".to_owned(),
        ..stored
    };
    assert_eq!(SentCard::from_stored(foreign), None);
}
