//! The chat page in a real browser: what a person sees and does, against the simulator
//! and a bot that is driven step by step.
//!
//! The person is a script (`tests/interop/*.mjs`) that says each step it has reached;
//! the bot goes on when the person is there. Nothing waits for time to pass.

mod bot;
mod browser;
mod called;
mod media;

use serde_json::json;
use wecom::sim::{DEMO_BOT, Injection, Seed, Sim, SimOptions};

use bot::Bot;
use browser::Browser;

const GROUP: &str = "wrDEMOProject01";

const REPORT: &str = "# 部署报告

正在**收集**数据，参见 [日志](https://ci.example/4711) 与 `cargo test`。

1. 构建
2. 发布
   - 灰度

| 服务 | 耗时 |
| :--- | ---: |
| api | 12 ms |

```rust
fn main() { println!(\"<b>你好</b>\"); }
```

> 一切正常

<img src=x onerror=\"document.title='hacked'\"> [点我](javascript:alert(1))";

async fn start() -> Sim {
    let seed = Seed::demo();
    Sim::start(SimOptions {
        seed,
        ..SimOptions::default()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_person_talks_with_a_bot() {
    let sim = start().await;
    let mut bot = Bot::connect(&sim).await;
    let mut person = Browser::run("page.mjs", &sim.page_url()).await;

    let entered = bot.event("enter_chat").await;
    assert_eq!(entered["body"]["from"]["userid"], "zhangwei");
    let welcome = json!({ "msgtype": "text", "text": { "content": "你好，有什么可以帮你？" } });
    bot.reply("aibot_respond_welcome_msg", &entered, welcome)
        .await;
    person.reaches("welcomed").await;

    let asked = bot.message().await;
    assert_eq!(
        asked["body"]["text"],
        json!({ "content": "发一份部署报告" })
    );
    bot.stream(&asked, "s1", "<think></think>", false).await;
    person.reaches("thinking").await;
    bot.stream(&asked, "s1", "# 部署报告\n\n正在**收集", false)
        .await;
    person.reaches("growing").await;
    bot.stream(&asked, "s1", REPORT, true).await;
    person.reaches("finished").await;

    let asked = bot.message().await;
    bot.stream(&asked, "s2", "从前有座山，", false).await;
    let stop = bot.message().await;
    assert_eq!(stop["body"]["text"]["content"], "/stop");
    bot.stream(&asked, "s2", "从前有座山，（已停止）", true)
        .await;
    person.reaches("stopped").await;

    let quoting = bot.message().await;
    assert_eq!(
        quoting["body"]["quote"],
        json!({ "msgtype": "text", "text": { "content": "从前有座山，（已停止）" } })
    );
    approve_a_card(&mut bot, &quoting).await;
    person.reaches("card").await;

    let aside = Injection::text(DEMO_BOT, "wangfang", "@小助手 早").in_group(GROUP);
    sim.inject(&aside).unwrap();
    bot.message().await;
    person.reaches("unread").await;

    let asked = bot.message().await;
    assert_eq!(asked["body"]["chatid"], GROUP);
    assert_eq!(asked["body"]["text"]["content"], "@小助手 大家好");
    bot.stream(&asked, "s3", "大家好，我是小助手。", true).await;
    person.reaches("group").await;

    bot.cut().await;
    person.reaches("offline").await;
    let _again = Bot::connect(&sim).await;
    person.reaches("online").await;
    person.leaves().await;
    assert_eq!(sim.violations(), []);
}

/// Answers with a card; the person approves, which updates it.
async fn approve_a_card(bot: &mut Bot, asked: &serde_json::Value) {
    let mut card = json!({
        "card_type": "button_interaction",
        "main_title": { "title": "请假申请", "desc": "两天" },
        "button_selection": { "question_key": "reason", "title": "意见", "option_list": [
            { "id": "fine", "text": "同意" }, { "id": "busy", "text": "太忙" } ] },
        "button_list": [
            { "text": "批准", "style": 1, "key": "approve" },
            { "text": "驳回", "style": 2, "key": "reject" } ],
        "task_id": "task_leave_1" });
    let body = json!({ "msgtype": "template_card", "template_card": card });
    bot.reply("aibot_respond_msg", asked, body).await;

    let pressed = bot.event("template_card_event").await;
    assert_eq!(
        pressed["body"]["event"]["template_card_event"],
        json!({ "card_type": "button_interaction", "event_key": "approve",
            "task_id": "task_leave_1", "selected_items": { "selected_item": [
                { "question_key": "reason", "option_ids": { "option_id": ["busy"] } } ] } })
    );
    card["button_list"] = json!([{ "text": "批准 ✓", "style": 4, "key": "inert:1" }]);
    card["button_selection"]["disable"] = json!(true);
    let update = json!({ "response_type": "update_template_card", "userids": ["zhangwei"],
        "template_card": card });
    bot.reply("aibot_respond_update_msg", &pressed, update)
        .await;
}

#[tokio::test]
async fn a_long_history_is_drawn_as_it_is_read() {
    let sim = start().await;
    for n in 1..=300 {
        sim.inject(Injection::text(
            DEMO_BOT,
            "liuyang",
            &format!("第 {n} 条消息"),
        ))
        .unwrap();
    }
    let mut person = Browser::run("page-history.mjs", &sim.page_url()).await;
    person.reaches("at the end").await;
    person.reaches("at the beginning").await;
    let late = Injection::text(DEMO_BOT, "liuyang", "最后一条");
    sim.inject(&late).unwrap();
    person.reaches("told").await;
    person.leaves().await;
}

#[tokio::test]
async fn markdown_is_drawn_safely() {
    let sim = start().await;
    Browser::run("page-markdown.mjs", &sim.page_url())
        .await
        .leaves()
        .await;
}
