use serde_json::{Value, json};

use super::*;

/// Every field of every type, as the documentation writes them.
fn full() -> Vec<Value> {
    let source = json!({ "icon_url": "https://e.x/i.png", "desc": "CI", "desc_color": 3 });
    let menu = json!({ "desc": "更多", "action_list": [{ "text": "不再提醒", "key": "mute" }] });
    let title = json!({ "title": "标题", "desc": "说明" });
    let quote = json!({ "type": 2, "appid": "wx1", "pagepath": "/p", "title": "t",
        "quote_text": "q" });
    let lines = json!([
        { "keyname": "人", "value": "李四", "type": 3, "userid": "LiSi" },
        { "keyname": "页", "value": "打开", "type": 1, "url": "https://e.x" },
        { "keyname": "空" },
    ]);
    let jumps = json!([
        { "title": "问", "type": 3, "question": "为什么？" },
        { "title": "开", "type": 1, "url": "https://e.x" },
        { "title": "小", "type": 2, "appid": "wx1" },
        { "title": "无" },
    ]);
    let action = json!({ "type": 1, "url": "https://e.x" });
    let selection = json!({ "question_key": "q", "title": "选", "disable": true,
        "selected_id": "a", "option_list": [{ "id": "a", "text": "A" }] });
    let submit = json!({ "text": "提交", "key": "s" });
    let feedback = json!({ "id": "fb" });
    vec![
        json!({ "card_type": "text_notice", "source": source, "action_menu": menu,
            "main_title": title, "emphasis_content": { "title": "98%", "desc": "通过" },
            "quote_area": quote, "sub_title_text": "文", "horizontal_content_list": lines,
            "jump_list": jumps, "card_action": action, "task_id": "t", "feedback": feedback }),
        json!({ "card_type": "news_notice", "source": source, "action_menu": menu,
            "main_title": title, "quote_area": quote,
            "card_image": { "url": "https://e.x/p.png", "aspect_ratio": 1.8 },
            "image_text_area": { "type": 1, "url": "https://e.x", "title": "t", "desc": "d",
                "image_url": "https://e.x/p.png" },
            "vertical_content_list": [{ "title": "t", "desc": "d" }, { "title": "t" }],
            "horizontal_content_list": lines, "jump_list": jumps,
            "card_action": { "type": 2, "appid": "wx1", "pagepath": "/p" },
            "task_id": "t", "feedback": feedback }),
        json!({ "card_type": "button_interaction", "source": source, "action_menu": menu,
            "main_title": title, "quote_area": quote, "sub_title_text": "文",
            "horizontal_content_list": lines, "card_action": action,
            "button_selection": selection,
            "button_list": [{ "text": "好", "style": 1, "key": "ok" }, { "text": "否", "key": "no" }],
            "task_id": "t", "feedback": feedback }),
        json!({ "card_type": "vote_interaction", "source": source, "main_title": title,
            "checkbox": { "question_key": "q", "mode": 1, "disable": false, "option_list": [
                { "id": "a", "text": "A", "is_checked": true }, { "id": "b", "text": "B" }] },
            "submit_button": submit, "task_id": "t", "feedback": feedback }),
        json!({ "card_type": "multiple_interaction", "source": source, "main_title": title,
            "select_list": [selection], "submit_button": submit, "task_id": "t",
            "feedback": feedback }),
    ]
}

#[test]
fn every_field_is_read_and_written_as_it_was() {
    for card in full() {
        let typed: TemplateCard = serde_json::from_value(card.clone()).unwrap();
        assert_eq!(typed.to_value(), card);
        assert_eq!(card["card_type"], typed.card_type().as_str());
        assert_eq!(typed.task_id(), "t");
        assert_eq!(typed.title(), Some("标题"));
    }
}

#[test]
fn absent_fields_are_not_written() {
    let card = json!({ "card_type": "text_notice", "sub_title_text": "文",
        "card_action": { "type": 1, "url": "https://e.x" }, "task_id": "t" });
    let typed: TemplateCard = serde_json::from_value(card.clone()).unwrap();
    assert_eq!(typed.to_value(), card);
    assert_eq!(typed.title(), Some("文"));
}

#[test]
fn an_action_without_its_field_is_none() {
    for action in [
        json!({ "type": 0 }),
        json!({ "type": 1 }),
        json!({ "type": 2, "url": "https://e.x" }),
        json!({ "type": 3, "question": "q" }),
    ] {
        let read: Result<Action, _> = serde_json::from_value(action.clone());
        assert!(read.is_err(), "{action}");
    }
}

#[test]
fn a_types_name_is_read_whatever_its_case() {
    for kind in CardType::ALL {
        let shouted = format!(" {} ", kind.as_str().to_uppercase());
        assert_eq!(CardType::parse(&shouted), Some(kind));
    }
    assert_eq!(CardType::parse("visa"), None);
}
