use super::*;

#[expect(clippy::too_many_lines, reason = "one table")]
#[test]
fn every_row_of_conversions() {
    let (text, news, button) = ("text_notice", "news_notice", "button_interaction");
    let (vote, multiple) = ("vote_interaction", "multiple_interaction");
    let source = |colour: Value| json!({ "source": { "desc": "s", "desc_color": colour } });
    let style =
        |style: Value| json!({ "button_list": [{ "text": "b", "key": "k", "style": style }] });
    let ratio =
        |ratio: Value| json!({ "card_image": { "url": "https://e.x", "aspect_ratio": ratio } });
    let mode = |mode: Value| json!({ "checkbox": { "question_key": "q", "mode": mode } });
    let ticked = |yes: Value| json!({ "options": [{ "id": "a", "text": "A", "is_checked": yes }] });
    let off = |yes: Value| json!({ "checkbox": { "question_key": "q", "disable": yes } });
    let action = |action: Value| json!({ "card_action": action });
    let quote = |mut quote: Value| {
        quote["title"] = json!("q");
        json!({ "quote_area": quote })
    };
    let line = |mut line: Value| {
        line["keyname"] = json!("k");
        json!({ "horizontal_content_list": [line] })
    };
    let jump = |mut jump: Value| {
        jump["title"] = json!("j");
        json!({ "jump_list": [jump] })
    };
    let url = "https://e.x";
    let rows = [
        (text, source(json!("2")), "/source/desc_color", json!(2)),
        (text, source(json!("2.6")), "/source/desc_color", json!(3)),
        (text, source(json!(" RED ")), "/source/desc_color", json!(2)),
        (text, source(json!("green")), "/source/desc_color", json!(3)),
        (text, source(json!("")), "/source/desc_color", json!(0)),
        (
            text,
            source(json!("mauve")),
            "/source/desc_color",
            Value::Null,
        ),
        (text, source(json!(4)), "/source/desc_color", Value::Null),
        (text, source(json!(-1)), "/source/desc_color", Value::Null),
        (text, source(json!(true)), "/source/desc_color", Value::Null),
        (text, source(json!(null)), "/source/desc_color", Value::Null),
        (
            text,
            json!({ "source": { "desc": 5 } }),
            "/source/desc",
            json!("5"),
        ),
        (
            text,
            json!({ "source": { "desc": true } }),
            "/source/desc",
            json!("true"),
        ),
        (
            text,
            json!({ "source": { "desc": [] } }),
            "/source",
            Value::Null,
        ),
        (text, json!({ "source": "CI" }), "/source", Value::Null),
        (button, style(json!("1")), "/button_list/0/style", json!(1)),
        (
            button,
            style(json!("primary")),
            "/button_list/0/style",
            json!(1),
        ),
        (
            button,
            style(json!("Danger")),
            "/button_list/0/style",
            json!(2),
        ),
        (
            button,
            style(json!("secondary")),
            "/button_list/0/style",
            json!(3),
        ),
        (
            button,
            style(json!("huge")),
            "/button_list/0/style",
            Value::Null,
        ),
        (button, style(json!(0)), "/button_list/0/style", Value::Null),
        (button, style(json!(5)), "/button_list/0/style", Value::Null),
        (vote, mode(json!("multi")), "/checkbox/mode", json!(1)),
        (vote, mode(json!("单选")), "/checkbox/mode", json!(0)),
        (vote, mode(json!("")), "/checkbox/mode", json!(0)),
        (vote, mode(json!(9)), "/checkbox/mode", json!(1)),
        (vote, mode(json!("all")), "/checkbox/mode", Value::Null),
        (
            vote,
            ticked(json!("YES")),
            "/checkbox/option_list/0/is_checked",
            json!(true),
        ),
        (
            vote,
            ticked(json!(0)),
            "/checkbox/option_list/0/is_checked",
            json!(false),
        ),
        (
            vote,
            ticked(json!("ja")),
            "/checkbox/option_list/0/is_checked",
            Value::Null,
        ),
        (vote, off(json!("true")), "/checkbox/disable", json!(true)),
        (vote, off(json!("?")), "/checkbox/disable", Value::Null),
        (
            news,
            ratio(json!("1.8")),
            "/card_image/aspect_ratio",
            json!(1.8),
        ),
        (
            news,
            ratio(json!(9)),
            "/card_image/aspect_ratio",
            json!(2.24),
        ),
        (
            news,
            ratio(json!(0)),
            "/card_image/aspect_ratio",
            json!(1.31),
        ),
        (
            news,
            ratio(json!("wide")),
            "/card_image/aspect_ratio",
            Value::Null,
        ),
        (
            text,
            action(json!({ "type": "1", "url": url })),
            "/card_action/type",
            json!(1),
        ),
        (
            text,
            action(json!({ "type": 7, "url": url })),
            "/card_action/type",
            json!(1),
        ),
        (
            text,
            action(json!({ "type": 0, "url": url })),
            "/card_action/url",
            json!(url),
        ),
        (
            text,
            action(json!({ "appid": "wx" })),
            "/card_action/type",
            json!(2),
        ),
        (
            text,
            action(json!({ "type": 1, "appid": "wx" })),
            "/card_action/type",
            json!(2),
        ),
        (
            button,
            action(json!({ "type": 0, "url": url })),
            "/card_action",
            Value::Null,
        ),
        (
            text,
            quote(json!({ "type": "0", "url": url })),
            "/quote_area/type",
            Value::Null,
        ),
        (
            text,
            quote(json!({ "type": 3, "url": url })),
            "/quote_area/type",
            json!(1),
        ),
        (
            text,
            quote(json!({ "type": 2 })),
            "/quote_area/type",
            Value::Null,
        ),
        (
            text,
            line(json!({ "type": 2, "userid": "u" })),
            "/horizontal_content_list/0/type",
            json!(3),
        ),
        (
            text,
            line(json!({ "type": 2, "url": url })),
            "/horizontal_content_list/0/type",
            json!(1),
        ),
        (
            text,
            line(json!({ "type": 3, "userid": " " })),
            "/horizontal_content_list/0/type",
            Value::Null,
        ),
        (
            text,
            line(json!({ "type": 3, "userid": 7 })),
            "/horizontal_content_list/0/userid",
            json!("7"),
        ),
        (
            text,
            jump(json!({ "type": 9, "question": "?" })),
            "/jump_list/0/type",
            json!(3),
        ),
        (
            text,
            jump(json!({ "type": "3", "question": "?" })),
            "/jump_list/0/question",
            json!("?"),
        ),
        (
            text,
            jump(json!({ "type": 1, "url": "file:///x" })),
            "/jump_list/0/type",
            Value::Null,
        ),
        (
            multiple,
            json!({ "selectors": [{ "question_key": 5, "selected_id": 1,
            "options": [{ "id": 1, "text": 2 }] }] }),
            "/select_list/0",
            json!({ "question_key": "5", "title": "选项 1", "selected_id": "1",
                "option_list": [{ "id": "1", "text": "2" }] }),
        ),
    ];
    for (kind, fields, pointer, expected) in rows {
        let found = part(with(kind, fields.clone()), pointer);
        assert_eq!(found, expected, "{kind} {fields}");
    }
}

#[test]
fn what_a_type_does_not_have_is_left_out_and_noted() {
    let card = with(
        "vote_interaction",
        json!({ "jump_list": [], "foo": 1, "quote_area": {} }),
    );
    let prepared = prepare(card, NOON).unwrap();
    let sent = prepared.card.to_value();
    let keys: Vec<_> = sent.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "card_type",
            "main_title",
            "checkbox",
            "submit_button",
            "task_id"
        ]
    );
    let changes: Vec<_> = prepared.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "checkbox.question_key added",
            "jump_list dropped",
            "foo dropped",
            "quote_area dropped"
        ]
    );
}

#[test]
fn a_card_as_documented_is_sent_as_it_is() {
    for card in [
        json!({ "card_type": "text_notice", "main_title": { "title": "T", "desc": "D" },
            "emphasis_content": { "title": "98%", "desc": "passed" }, "sub_title_text": "S",
            "horizontal_content_list": [{ "keyname": "人", "value": "李", "type": 3, "userid": "l" }],
            "jump_list": [{ "title": "?", "type": 3, "question": "why" }],
            "card_action": { "type": 1, "url": "https://e.x/1" } }),
        json!({ "card_type": "vote_interaction", "main_title": { "title": "T" },
            "checkbox": { "question_key": "q", "mode": 1, "option_list": [
                { "id": "a", "text": "A", "is_checked": true }, { "id": "b", "text": "B" }] },
            "submit_button": { "text": "S", "key": "s" } }),
    ] {
        let prepared = prepare(card.clone(), NOON).unwrap();
        assert_eq!(prepared.changes, []);
        assert_eq!(sent(card.clone()), card);
    }
}
