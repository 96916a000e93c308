use serde_json::json;

use super::super::prepare;
use super::*;

#[test]
fn a_notice_with_everything() {
    let card = json!({ "card_type": "text_notice", "main_title": { "title": "构建 4711", "desc": "main 分支" },
        "emphasis_content": { "title": "98%", "desc": "通过" },
        "quote_area": { "title": "日志", "quote_text": "一行\n又一行", "type": 1, "url": "https://e.x/q" },
        "sub_title_text": "跳过两个",
        "horizontal_content_list": [
            { "keyname": "负责人", "value": "李四", "type": 3, "userid": "LiSi" },
            { "keyname": "报告", "value": "打[开]", "type": 1, "url": "https://e.x/(1)" },
            { "keyname": "坏", "value": "链接", "type": 1, "url": "javascript:alert(1)" }],
        "vertical_content_list": [{ "title": "更快", "desc": "两倍" }, { "title": "更小" }],
        "jump_list": [{ "title": "为什么", "type": 3, "question": "为什么跳过？" },
            { "title": "官网", "type": 1, "url": "https://e.x" }, { "title": "无" }],
        "card_action": { "type": 1, "url": "https://e.x/4711" } });
    let lines = render(&card).replace("  \n", "↵\n");
    insta::assert_snapshot!(lines, @r"
    **构建 4711**

    main 分支

    98% — 通过

    > 日志
    > 一行
    > 又一行

    [查看详情](https://e.x/q)

    跳过两个

    负责人: 李四↵
    报告: [打 开](https://e.x/%281%29)↵
    坏: 链接

    **更快**↵
    两倍↵
    **更小**

    可以问我：为什么跳过？↵
    [官网](https://e.x)↵
    无

    [查看详情](https://e.x/4711)
    ");
}

#[test]
fn what_asks_can_be_answered() {
    let buttons = json!({ "card_type": "button_interaction", "title": "请假", "description": "两天",
        "buttons": ["同意", { "label": "拒绝", "key": "no" }] });
    insta::assert_snapshot!(render(&buttons), @r"
    **请假**

    两天

    1. 同意
    2. 拒绝

    请回复编号或文字。
    ");
    let vote =
        json!({ "main_title": "午饭", "mode": "multi", "options": [{ "name": "面" }, 2, null] });
    insta::assert_snapshot!(render(&vote), @r"
    **午饭**

    1. 面
    2. 2

    可多选，请回复编号或文字。
    ");
    let several = json!({ "title": "场地",
        "selectors": [{ "title": "日期", "options": ["周一", "周二"] },
            { "label": "时段", "options": [{ "id": "am" }] }] });
    insta::assert_snapshot!(render(&several), @r"
    **场地**

    **日期**

    1. 周一
    2. 周二

    **时段**

    1. am

    请逐项回复编号或文字。
    ");
}

#[test]
fn a_prepared_card_says_the_same_as_its_short_form() {
    for short in [
        json!({ "card_type": "vote_interaction", "title": "午饭", "mode": 1, "options": ["面", "饭"] }),
        json!({ "card_type": "multiple_interaction", "title": "场地",
            "selectors": [{ "title": "日期", "options": ["周一"] }] }),
        json!({ "card_type": "button_interaction", "title": "请假", "buttons": ["好", "不"] }),
        json!({ "card_type": "text_notice", "title": "通知", "description": "详情" }),
    ] {
        let prepared = prepare(short.clone(), 0).unwrap();
        assert_eq!(prepared.rendering(), render(&short));
    }
}

#[test]
fn nothing_to_read_is_nothing() {
    for card in [
        json!(null),
        json!([1]),
        json!({}),
        json!({ "title": [], "options": {} }),
    ] {
        assert_eq!(render(&card), "");
    }
}
