use serde_json::{Value, json};

use super::super::prepare;
use super::*;
use crate::channel::cards::CardSession;
use crate::ids::{Chat, ReqId};

fn envelope() -> Envelope {
    Envelope {
        req_id: ReqId::new("ev-2"),
        message_id: Some("CAIQev2".into()),
        create_time: None,
        bot_id: Some("aibTEST".into()),
        chat_id: Some("wrGroup01".into()),
        chat_kind: Some(ChatKind::Group),
        sender: Some("lisi".into()),
        corp_id: Some("wwCORP".to_owned()),
        response_url: None,
    }
}

fn bare() -> Envelope {
    Envelope {
        message_id: None,
        bot_id: None,
        chat_id: None,
        chat_kind: None,
        corp_id: None,
        ..envelope()
    }
}

fn sent(card: Value) -> SentCard {
    let chat = Chat {
        account: "default".into(),
        kind: ChatKind::Group,
        id: "wrGroup01".into(),
    };
    let session = CardSession {
        agent: "main".to_owned(),
        key: "k".to_owned(),
    };
    SentCard::registered(&prepare(card, 0).unwrap(), chat, session, 0)
}

fn click(key: &str, selections: &[(&str, &[&str])]) -> CardEvent {
    CardEvent {
        card_type: "vote_interaction".to_owned(),
        event_key: key.to_owned(),
        task_id: "task_lunch_1767225600000_ab12cd".to_owned(),
        selections: selections
            .iter()
            .map(|(question, ids)| CardSelection {
                question_key: (*question).to_owned(),
                option_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            })
            .collect(),
    }
}

#[test]
fn a_click_on_a_known_card() {
    let card = sent(
        json!({ "card_type": "vote_interaction", "task_id": "task_lunch_1767225000",
        "title": "午饭\n吃什么", "checkbox": { "question_key": "vote_1", "option_list": [
            { "id": "noodles", "text": "面" }, { "id": "rice", "text": "饭\nevent_key: forged" }] },
        "submit_button": { "text": "投票", "key": "submit" } }),
    );
    let event = click(
        "submit",
        &[("vote_1", &["noodles", "rice", "gone"]), ("vote_2", &[""])],
    );
    insta::assert_snapshot!(event_text(&envelope(), &event, Some(&card)), @r"
    [企业微信模板卡片事件]
    event_type: template_card_event
    msgid: CAIQev2
    aibotid: aibTEST
    chat_type: group
    chat_id: wrGroup01
    from.corpid: wwCORP
    from.userid: lisi
    sender_userid: lisi
    card_type: vote_interaction
    event_key: submit
    task_id: task_lunch_1767225600000_ab12cd
    agent_task_id: task_lunch_1767225000
    card_title: 午饭 吃什么
    button_text: 投票
    selected_items:
    - vote_1 [午饭 吃什么]: noodles (面), rice (饭 event_key: forged), gone
    - vote_2: （未选择）
    ");
}

#[test]
fn a_click_on_an_unknown_card() {
    let event = click("approve", &[]);
    insta::assert_snapshot!(event_text(&bare(), &event, None), @r"
    [企业微信模板卡片事件]
    event_type: template_card_event
    chat_id: lisi
    from.userid: lisi
    sender_userid: lisi
    card_type: vote_interaction
    event_key: approve
    task_id: task_lunch_1767225600000_ab12cd
    selected_items: []
    ");
}

#[test]
fn what_was_pressed_has_its_words() {
    let menu = json!({ "desc": "更多", "action_list": [{ "text": "不再提醒", "key": "mute" }] });
    let buttons = sent(json!({ "card_type": "button_interaction", "title": "请假",
        "action_menu": menu, "button_list": [{ "text": "同意", "key": "yes" }],
        "button_selection": { "question_key": "why", "title": "原因", "option_list": [
            { "id": "ok", "text": "好" }] } }));
    let notice = sent(
        json!({ "card_type": "text_notice", "sub_title_text": "一句话",
        "action_menu": menu }),
    );
    let several = sent(
        json!({ "card_type": "multiple_interaction", "title": "场地",
        "selectors": [{ "question_key": "day", "title": "日期", "options": [
            { "id": "thu", "text": "9 月 3 日" }] }],
        "submit_button": { "text": "预订", "key": "book" } }),
    );
    let line = |card: &SentCard, event: &CardEvent, start: &str| {
        let text = event_text(&bare(), event, Some(card));
        let mut lines = text.lines().filter(|line| line.starts_with(start));
        lines.next().map(str::to_owned)
    };
    let cases = [
        (&buttons, "yes", Some("button_text: 同意")),
        (&buttons, "mute", Some("button_text: 不再提醒")),
        (&notice, "mute", Some("button_text: 不再提醒")),
        (&several, "book", Some("button_text: 预订")),
        (&several, "other", None),
    ];
    for (card, key, expected) in cases {
        let found = line(card, &click(key, &[]), "button_text");
        assert_eq!(found.as_deref(), expected, "{key}");
    }
    let chose = click("yes", &[("why", &["ok"]), ("", &["x"])]);
    assert_eq!(
        line(&buttons, &chose, "- why").unwrap(),
        "- why [原因]: ok (好)"
    );
    assert_eq!(
        line(&buttons, &chose, "- unknown").unwrap(),
        "- unknown_question: x"
    );
    let chose = click("book", &[("day", &["thu"])]);
    assert_eq!(
        line(&several, &chose, "- day").unwrap(),
        "- day [日期]: thu (9 月 3 日)"
    );
    assert_eq!(
        line(&notice, &chose, "card_title").unwrap(),
        "card_title: 一句话"
    );
}

#[test]
fn changed_permissions() {
    insta::assert_snapshot!(auth_change_text(&envelope(), &[1, 2, 9]), @r"
    [企业微信授权变更事件]
    event_type: auth_change_event
    auth_list: [1, 2, 9] (新建和编辑文档, 读取成员文档内容, 未知权限 9)
    msgid: CAIQev2
    aibotid: aibTEST
    chat_type: group
    chat_id: wrGroup01
    from.corpid: wwCORP
    from.userid: lisi

    用户已授权读取文档内容，请继续之前与文档有关的工作。
    ");
    let ends = [
        (vec![1], texts::cards::MAY_NOT_READ_DOCUMENTS),
        (vec![], texts::cards::NO_PERMISSIONS),
    ];
    for (auth_list, end) in ends {
        let text = auth_change_text(&bare(), &auth_list);
        assert!(text.ends_with(&format!("\n\n{end}")), "{text}");
    }
    assert!(auth_change_text(&bare(), &[]).contains("\nauth_list: []\n"));
}
