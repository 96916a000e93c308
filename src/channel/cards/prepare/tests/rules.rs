use super::*;

#[test]
fn what_a_card_needs_is_completed() {
    let default = json!({ "type": 1, "url": DEFAULT_URL });
    let rows = [
        (
            json!({ "card_type": "text_notice" }),
            "/sub_title_text",
            json!("通知"),
        ),
        (
            json!({ "card_type": "text_notice" }),
            "/card_action",
            default.clone(),
        ),
        (
            json!({ "card_type": "text_notice", "card_action": { "type": 1 } }),
            "/card_action",
            default.clone(),
        ),
        (
            json!({ "card_type": "text_notice", "card_action": { "type": 1, "url": "javascript:x" } }),
            "/card_action",
            default.clone(),
        ),
        (
            json!({ "card_type": "text_notice", "main_title": { "desc": "d" } }),
            "/sub_title_text",
            json!("通知"),
        ),
        (
            json!({ "card_type": "text_notice", "sub_title_text": "s" }),
            "/main_title",
            Value::Null,
        ),
        (
            json!({ "card_type": "news_notice", "card_image": { "url": "https://e.x" } }),
            "/main_title",
            json!({ "title": "通知" }),
        ),
        (
            json!({ "card_type": "button_interaction", "buttons": ["a"] }),
            "/main_title/title",
            json!("通知"),
        ),
        (
            json!({ "card_type": "button_interaction", "buttons": ["a"] }),
            "/card_action",
            Value::Null,
        ),
        (
            json!({ "card_type": "vote_interaction", "options": ["a"] }),
            "/submit_button/text",
            json!("提交"),
        ),
        (
            with(
                "text_notice",
                json!({ "action_menu": { "action_list": ["停"] } }),
            ),
            "/action_menu",
            json!({ "desc": "更多", "action_list": [{ "text": "停", "key": "menu_1" }] }),
        ),
        (
            with("text_notice", json!({ "action_menu": { "desc": "空" } })),
            "/action_menu",
            Value::Null,
        ),
        (
            with(
                "button_interaction",
                json!({ "button_selection": { "options": [] } }),
            ),
            "/button_selection",
            Value::Null,
        ),
    ];
    for (card, pointer, expected) in rows {
        assert_eq!(part(card.clone(), pointer), expected, "{card}");
    }
}

#[test]
fn news_without_a_picture_is_a_text() {
    let card = json!({ "card_type": "news_notice", "title": "版本 5", "description": "三项更新",
        "card_image": { "url": "pictures/v5.png" },
        "vertical_content_list": [{ "title": "搜索", "desc": "更快" }, { "title": "导出" }] });
    let expected = json!({ "card_type": "text_notice", "main_title": { "title": "版本 5" },
        "sub_title_text": "三项更新\n搜索：更快\n导出",
        "card_action": { "type": 1, "url": DEFAULT_URL } });
    assert_eq!(sent(card), expected);
}

#[test]
fn without_anything_to_choose_it_is_not_sent() {
    let cases = [
        (
            json!({ "card_type": "button_interaction", "title": "问" }),
            "button_list",
        ),
        (
            json!({ "card_type": "button_interaction", "title": "问", "button_list": [{ "key": "k" }] }),
            "button_list",
        ),
        (
            json!({ "card_type": "vote_interaction", "title": "问", "options": {} }),
            "options",
        ),
        (
            json!({ "card_type": "multiple_interaction", "title": "问",
            "selectors": [{ "title": "x", "options": [] }] }),
            "selectors",
        ),
    ];
    for (card, list) in cases {
        let unsendable = prepare(card, NOON).unwrap_err();
        assert_eq!(unsendable.reason, Reason::Empty(list));
        assert!(unsendable.rendering.starts_with("**问**"));
    }
    for value in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "card_type": "visa" }),
    ] {
        assert_eq!(prepare(value, NOON).unwrap_err().reason, Reason::NotACard);
    }
}

#[test]
fn limits_are_kept() {
    let many = |n: usize, entry: Value| Value::Array(vec![entry; n]);
    let rows = [
        (
            "button_interaction",
            json!({ "button_list": many(9, json!("b")) }),
            "/button_list",
            6,
        ),
        (
            "text_notice",
            json!({ "horizontal_content_list": many(9, json!({ "keyname": "k" })) }),
            "/horizontal_content_list",
            6,
        ),
        (
            "news_notice",
            json!({ "vertical_content_list": many(9, json!({ "title": "t" })) }),
            "/vertical_content_list",
            4,
        ),
        (
            "text_notice",
            json!({ "jump_list": many(9, json!({ "title": "t" })) }),
            "/jump_list",
            3,
        ),
        (
            "text_notice",
            json!({ "action_menu": { "desc": "d", "action_list": many(9, json!("m")) } }),
            "/action_menu/action_list",
            3,
        ),
    ];
    for (kind, fields, pointer, max) in rows {
        let list = part(with(kind, fields), pointer);
        assert_eq!(list.as_array().unwrap().len(), max, "{pointer}");
    }
    let texts = [
        (
            "text_notice",
            json!({ "title": "长".repeat(53) }),
            "/main_title/title",
            52,
        ),
        (
            "text_notice",
            json!({ "title": "长".repeat(52) }),
            "/main_title/title",
            52,
        ),
        (
            "button_interaction",
            json!({ "button_list": ["长".repeat(99)] }),
            "/button_list/0/text",
            20,
        ),
        (
            "vote_interaction",
            json!({ "options": ["长".repeat(99)] }),
            "/checkbox/option_list/0/text",
            22,
        ),
        (
            "text_notice",
            json!({ "sub_title_text": "长".repeat(999) }),
            "/sub_title_text",
            224,
        ),
    ];
    for (kind, fields, pointer, chars) in texts {
        let text = part(with(kind, fields), pointer);
        let text = text.as_str().unwrap();
        assert_eq!(text.chars().count(), chars, "{pointer}");
    }
    let jump = json!({ "jump_list": [{ "title": "t", "type": 3, "question": "问".repeat(99) }] });
    let question = part(with("text_notice", jump), "/jump_list/0/question");
    assert_eq!(question, "问".repeat(66));
    let key = json!({ "button_list": [{ "text": "b", "key": "键".repeat(999) }] });
    let key = part(with("button_interaction", key), "/button_list/0/key");
    assert_eq!(key.as_str().unwrap().len(), 1_023);
}

#[test]
fn too_large_is_not_sent() {
    let url = format!("https://e.x/{}", "a".repeat(MAX_CARD_BYTES));
    let card = with(
        "text_notice",
        json!({ "card_action": { "type": 1, "url": url } }),
    );
    let unsendable = prepare(card, NOON).unwrap_err();
    assert!(matches!(unsendable.reason, Reason::TooLarge(bytes) if bytes > MAX_CARD_BYTES));
}

#[test]
fn a_key_of_ours_is_not_an_agents() {
    let card = with(
        "button_interaction",
        json!({ "button_list": [
        { "text": "a", "key": "inert: inert:yes" }, { "text": "b", "key": "inert:" }] }),
    );
    let keys = part(card, "/button_list");
    assert_eq!(
        (&keys[0]["key"], &keys[1]["key"]),
        (&json!("yes"), &json!("btn_2"))
    );
}

#[test]
fn task_ids_are_new_and_tell_what_the_agent_wrote() {
    let id = |written: Value| {
        let prepared = prepare(with("text_notice", json!({ "task_id": written })), NOON).unwrap();
        let id = prepared.card.task_id().to_owned();
        let (rest, random) = id.rsplit_once('_').unwrap();
        assert!(
            random.len() == 6 && random.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{id}"
        );
        let prefix = rest.strip_suffix("_1767225600000").unwrap().to_owned();
        assert!(id.len() <= 128);
        (prefix, prepared.agent_task_id)
    };
    let long = "x".repeat(200);
    let rows = [
        (
            json!("task_ci_1767225600000"),
            "task_ci",
            Some("task_ci_1767225600000"),
        ),
        (
            json!("task_ci_1234567"),
            "task_ci_1234567",
            Some("task_ci_1234567"),
        ),
        (json!(" 午饭 a@b-c.d "), "___a@b-c_d", Some("午饭 a@b-c.d")),
        (json!(long), &long[..80], Some(&long[..])),
        (json!(7), "7", Some("7")),
        (json!("_12345678"), "task_text_notice", Some("_12345678")),
        (json!(""), "task_text_notice", None),
        (json!(null), "task_text_notice", None),
        (json!({}), "task_text_notice", None),
    ];
    for (written, prefix, kept) in rows {
        let (found, agent) = id(written.clone());
        assert_eq!(
            (found.as_str(), agent.as_deref()),
            (prefix, kept),
            "{written}"
        );
    }
    let made: std::collections::HashSet<_> = (0..100)
        .map(|_| prepare(with("text_notice", json!({})), NOON).unwrap())
        .map(|prepared| prepared.card.task_id().to_owned())
        .collect();
    assert_eq!(made.len(), 100, "of one millisecond");
}
