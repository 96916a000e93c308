use super::*;

fn ids(options: &Value) -> Vec<&str> {
    let options = options.as_array().unwrap().iter();
    options
        .map(|option| option["id"].as_str().unwrap())
        .collect()
}

#[test]
fn a_short_vote_becomes_a_whole_one() {
    let card = sent(json!({ "card_type": "vote_interaction", "title": "午饭",
        "description": "选一个", "mode": "multi", "submit_text": "投票", "vote_question": "x",
        "options": [{ "id": "noodles", "text": "面", "price": 3 }, { "value": "rice", "label": "饭" },
            { "name": "汤" }, "沙拉", 5, { "id": "only" }, {}, null] }));
    let key = card["checkbox"]["question_key"].as_str().unwrap();
    assert!(key.starts_with("vote_1767225600000_"), "{key}");
    let submit = card["submit_button"]["key"].as_str().unwrap();
    assert!(submit.starts_with("submit_vote_1767225600000_"), "{submit}");
    let expected = json!({ "card_type": "vote_interaction",
        "main_title": { "title": "午饭", "desc": "选一个" },
        "checkbox": { "question_key": key, "mode": 1, "option_list": [
            { "id": "noodles", "text": "面" }, { "id": "rice", "text": "饭" },
            { "id": "opt_3", "text": "汤" }, { "id": "opt_4", "text": "沙拉" },
            { "id": "opt_5", "text": "5" }, { "id": "only", "text": "only" }] },
        "submit_button": { "text": "投票", "key": submit } });
    assert_eq!(card, expected);
}

#[test]
fn short_selections_become_whole_ones() {
    let twelve: Vec<_> = (0..12).map(|n| n.to_string()).collect();
    let card = sent(
        json!({ "card_type": "multiple_interaction", "title": "场地", "selectors": [
        { "title": "日期", "selected": "b", "options": [{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }] },
        { "label": "时段", "options": [{ "id": "x", "text": "X" }, { "id": "y", "text": "Y", "selected": true }] },
        { "options": twelve },
        { "title": "多余", "options": ["z"] }] }),
    );
    let list = card["select_list"].as_array().unwrap();
    let titles: Vec<_> = list
        .iter()
        .map(|it| it["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["日期", "时段", "选项 3"]);
    assert_eq!(
        (&list[0]["selected_id"], &list[1]["selected_id"]),
        (&json!("b"), &json!("y"))
    );
    assert_eq!(list[2]["option_list"].as_array().unwrap().len(), 10);
    for (number, selection) in (1..).zip(list) {
        let key = selection["question_key"].as_str().unwrap();
        assert!(
            key.starts_with(&format!("sel_{number}_1767225600000_")),
            "{key}"
        );
    }
    assert_eq!(card["submit_button"]["text"], "提交");
}

#[test]
fn the_wire_form_comes_first() {
    let options = json!([{ "id": "a", "text": "A" }]);
    let vote = json!({ "card_type": "vote_interaction", "title": "t", "options": ["no"],
        "checkbox": { "question_key": "mine", "option_list": options } });
    assert_eq!(part(vote, "/checkbox/option_list"), options);
    let several = json!({ "card_type": "multiple_interaction", "title": "t", "selectors": ["no"],
        "select_list": [{ "question_key": "mine", "title": "?", "option_list": options }] });
    assert_eq!(part(several, "/select_list/0/option_list"), options);
    let half = json!({ "card_type": "vote_interaction", "title": "t", "options": ["yes"],
        "checkbox": { "question_key": "mine", "mode": 1 } });
    let expected = json!({ "question_key": "mine", "mode": 1,
        "option_list": [{ "id": "opt_1", "text": "yes" }] });
    assert_eq!(part(half, "/checkbox"), expected);
}

#[test]
fn buttons_in_short() {
    let card = json!({ "card_type": "button_interaction", "title": "t", "buttons": [
        "好", { "label": "不", "value": "no", "style": "danger" }, { "key": "nameless" },
        { "text": "三", "id": 3 }] });
    let expected = json!([{ "text": "好", "key": "btn_1" }, { "text": "不", "style": 2, "key": "no" },
        { "text": "三", "key": "3" }]);
    assert_eq!(part(card, "/button_list"), expected);
}

#[test]
fn a_title_beside_the_headline_is_the_headline() {
    for kind in ["text_notice", "news_notice", "button_interaction"] {
        let card = with(
            kind,
            json!({ "title": "新", "description": "说明",
            "main_title": { "title": "旧", "desc": "旧" } }),
        );
        let expected = json!({ "title": "新", "desc": "说明" });
        assert_eq!(part(card, "/main_title"), expected, "{kind}");
    }
    let card = json!({ "card_type": "text_notice", "main_title": "一句话" });
    assert_eq!(part(card, "/main_title"), json!({ "title": "一句话" }));
}

#[test]
fn ids_are_told_apart() {
    let long = "长".repeat(60);
    let card = json!({ "card_type": "vote_interaction", "title": "t", "options": [
        { "id": "a", "text": "1" }, { "id": "a", "text": "2" }, { "id": "a_2", "text": "3" },
        { "id": "a", "text": "4" }, { "id": long, "text": "5" }, { "id": long, "text": "6" }] });
    let options = part(card, "/checkbox/option_list");
    let ids = ids(&options);
    let cut = "长".repeat(42);
    assert_eq!(ids, ["a", "a_2", "a_2_2", "a_3", &cut, &format!("{cut}_2")]);
    assert!(ids.iter().all(|id| id.len() <= 128));
    let buttons = with(
        "button_interaction",
        json!({ "button_list": [
        { "text": "a", "key": "k" }, { "text": "b", "key": "k" }] }),
    );
    assert_eq!(part(buttons, "/button_list/1/key"), "k_2");
}

#[test]
fn twenty_five_options_are_cut_to_twenty() {
    let options: Vec<_> = (0..25).map(|n| format!("第{n}项")).collect();
    let card = with("vote_interaction", json!({ "options": options }));
    let prepared = prepare(card, NOON).unwrap();
    let sent = prepared.card.to_value();
    assert_eq!(
        sent["checkbox"]["option_list"].as_array().unwrap().len(),
        20
    );
    assert!(prepared.changes.contains(&Change {
        field: "options".to_owned(),
        kind: ChangeKind::Cut
    }));
}
