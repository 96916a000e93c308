//! What a callback is, and what happens where nobody answers it.

use std::time::Duration;

use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, Entry, EntryKind, Injection, SimOptions};

use super::receiver::{How, Receiver};
use super::{DEADLINE, answer_in, app, direct, done, pace, quiet, reasons, start, start_with};

#[tokio::test]
async fn a_message_is_told_as_documented() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let said = sim.member(DEMO_BOT, "LiNa").say("你好").unwrap();
    assert!(said.heard && said.delivered);
    done(&sim, "text").await;
    let group = sim.member(DEMO_BOT, "LiNa").in_group("wrDEMOProject01");
    assert!(!group.say("nobody is meant").unwrap().heard);
    group.say("@小助手 hello").unwrap();
    sim.wait_hook_call(DEADLINE, |call| call.done && call.plain.contains("@小助手"))
        .await
        .unwrap();

    let frames = receiver.frames();
    assert_eq!(frames.len(), 2, "{frames:?}");
    let base = format!(
        "http://{}/cgi-bin/aibot/response?response_code=",
        sim.addr()
    );
    for (frame, chat) in frames.iter().zip([None, Some("wrDEMOProject01")]) {
        let url = frame["response_url"].as_str().unwrap();
        assert!(url.starts_with(&base), "{url}");
        let mut expected = json!({
            "msgid": frame["msgid"], "aibotid": DEMO_BOT, "chattype": "single",
            "from": { "userid": "LiNa" }, "response_url": url,
            "msgtype": "text", "text": { "content": "你好" },
        });
        if let Some(chat) = chat {
            expected["chatid"] = json!(chat);
            expected["chattype"] = json!("group");
            expected["text"]["content"] = json!("@小助手 hello");
        }
        assert_eq!(*frame, expected);
    }
    assert_eq!(frames[0]["msgid"], json!(said.msgid));
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn events_are_told_and_answered() {
    let card = json!({ "card_type": "vote_interaction", "main_title": { "title": "Lunch" },
        "task_id": "lunch@1", "submit_button": { "text": "Send", "key": "send" },
        "checkbox": { "question_key": "q", "mode": 0, "option_list": [
            { "id": "a", "text": "noodles" }, { "id": "b", "text": "rice" } ] } });
    let mut changed = card.clone();
    changed["checkbox"]["disable"] = json!(true);
    let first = card.clone();
    let receiver = Receiver::start(move |got| {
        let frame = got.frame().unwrap();
        got.seal(&match frame["event"]["eventtype"].as_str() {
            Some("enter_chat") => json!({ "msgtype": "text", "text": { "content": "welcome" } }),
            Some("template_card_event") => json!({
                "response_type": "update_template_card", "userids": ["LiNa"],
                "template_card": changed,
            }),
            Some(_) => json!({}),
            None => json!({ "msgtype": "template_card", "template_card": first }),
        })
    })
    .await;
    let sim = start(&receiver).await;
    let lina = sim.member(DEMO_BOT, "LiNa");
    assert!(lina.enter_chat().unwrap().delivered);
    let welcome = answer_in(&sim, &direct("LiNa")).await;
    assert_eq!(
        (welcome.kind, welcome.text()),
        (EntryKind::Welcome, "welcome")
    );
    lina.say("vote!").unwrap();
    let is_card = |entry: &Entry| entry.card.is_some();
    let shown = sim
        .wait_for(&direct("LiNa"), DEADLINE, is_card)
        .await
        .unwrap();
    assert_eq!(shown.card, Some(card));
    lina.choose("lunch@1", "send", &[("q", &["b"])]).unwrap();
    let is_changed = |entry: &Entry| entry.card_copies.contains_key("LiNa");
    sim.wait_for(&direct("LiNa"), DEADLINE, is_changed)
        .await
        .unwrap();
    lina.rate("f1", &wecom::sim::Rating::Accurate).unwrap();
    done(&sim, "feedback_event").await;

    let frames = receiver.frames();
    let event = |name: &str| {
        let is_it = |frame: &&Value| frame["event"]["eventtype"] == name;
        frames.iter().find(is_it).unwrap()
    };
    let entered = event("enter_chat");
    assert!(entered["create_time"].is_i64() && entered.get("response_url").is_none());
    let clicked = event("template_card_event");
    assert!(clicked["response_url"].is_string());
    assert_eq!(
        clicked["event"]["template_card_event"],
        json!({ "card_type": "vote_interaction", "event_key": "send", "task_id": "lunch@1",
            "selected_items": { "selected_item": [
                { "question_key": "q", "option_ids": { "option_id": ["b"] } } ] } })
    );
    assert_eq!(
        event("feedback_event")["event"]["feedback_event"]["type"],
        1
    );
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_not_answered_is_told_three_times_and_a_click_once() {
    let receiver = Receiver::start(|_| How::Hang).await;
    let mut pace = pace();
    pace.answer_within = Duration::from_millis(100);
    let sim = start_with(&receiver, SimOptions::default(), pace).await;
    sim.member(DEMO_BOT, "LiNa").say("hello?").unwrap();
    let call = done(&sim, "text").await;
    assert_eq!(call.attempts.len(), 3);
    for attempt in &call.attempts {
        assert!(attempt.ms >= 100 && attempt.status.is_none(), "{attempt:?}");
    }
    let came = receiver.got();
    assert_eq!(came.len(), 3);
    for again in &came {
        assert_eq!((&again.query, &again.body), (&came[0].query, &came[0].body));
    }
    let click = json!({ "task_id": "t", "event_key": "k", "card_type": "button_interaction" });
    let click = Injection::event(DEMO_BOT, "LiNa", "template_card_event").with_detail(click);
    sim.inject(click).unwrap();
    assert_eq!(done(&sim, "template_card_event").await.attempts.len(), 1);
    assert_eq!(
        reasons(&sim),
        ["no answer within 100ms", "no answer within 100ms"]
    );
    sim.app_member(app(), "LiNa").say("and you?").unwrap();
    let of_app = |call: &wecom::sim::HookCall| call.done && call.plain.contains("and you?");
    let call = sim.wait_hook_call(DEADLINE, of_app).await.unwrap();
    assert_eq!(call.attempts.len(), 3);
}

#[tokio::test]
async fn an_answer_in_the_second_attempt_counts() {
    let receiver = Receiver::start(|got| match got.before {
        0 => How::Break,
        _ => got.seal(&json!({ "msgtype": "stream",
            "stream": { "id": "s", "finish": true, "content": "late" } })),
    })
    .await;
    let sim = start(&receiver).await;
    sim.member(DEMO_BOT, "LiNa").say("hello?").unwrap();
    assert_eq!(answer_in(&sim, &direct("LiNa")).await.text(), "late");
    let call = done(&sim, "text").await;
    assert_eq!(call.attempts.len(), 2);
    assert_eq!(call.status(), Some(200));
    assert!(call.answer.unwrap().contains("late"));
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn where_nobody_listens_is_no_breach_of_the_protocol() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    // A port that nobody has: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/bot", free.local_addr().unwrap());
    drop(free);
    let mut hook = receiver.bot_hook();
    hook.url = url;
    sim.set_webhook(DEMO_BOT, Some(hook)).unwrap();
    sim.member(DEMO_BOT, "LiNa").say("hello?").unwrap();
    let call = done(&sim, "text").await;
    assert_eq!(call.attempts.len(), 3);
    assert!(call.problem.is_some() && sim.violations().is_empty());
}

#[tokio::test]
async fn a_conversation_keeps_its_order_and_holds_up_no_other() {
    let receiver = Receiver::start(|got| {
        if got.plain.contains("stuck") {
            return How::Hang;
        }
        got.seal(&json!({}))
    })
    .await;
    let sim = start(&receiver).await;
    sim.member(DEMO_BOT, "zhangwei").say("stuck").unwrap();
    let lina = sim.member(DEMO_BOT, "LiNa");
    for n in 0..20 {
        lina.say(&n.to_string()).unwrap();
    }
    sim.member(DEMO_BOT, "zhangwei").say("next").unwrap();
    sim.wait_hook_call(DEADLINE, |call| call.done && call.plain.contains("next"))
        .await
        .unwrap();
    sim.wait_hook_call(DEADLINE, |call| call.done && call.plain.contains("\"19\""))
        .await
        .unwrap();
    let frames = receiver.frames();
    let texts = frames
        .iter()
        .filter(|frame| frame["from"]["userid"] == "LiNa");
    let texts: Vec<&str> = texts
        .map(|frame| frame["text"]["content"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn a_repeat_has_the_same_content_in_a_new_envelope() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let said = sim.member(DEMO_BOT, "LiNa").say("once").unwrap();
    done(&sim, "text").await;
    assert!(sim.redeliver(&said.msgid).unwrap());
    let two = |_: &wecom::sim::HookCall| receiver.got().len() == 2;
    sim.wait_hook_call(DEADLINE, two).await.unwrap();
    let got = receiver.got();
    assert_eq!(got[0].plain, got[1].plain);
    assert_ne!(got[0].query, got[1].query);
}

#[tokio::test]
async fn an_address_is_checked_as_the_console_does() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let hooks = sim.hooks();
    let bot = wecom::ids::BotId::from(DEMO_BOT);
    let good = hooks.check(bot.clone()).await.unwrap();
    assert_eq!(
        (good.problem, good.answer),
        (None, Some(good.plain.clone()))
    );
    assert_eq!(hooks.check(app()).await.unwrap().problem, None);
    let spoilt: [fn(String) -> Option<String>; 3] = [
        |text| Some(format!("\"{text}\"")),
        |text| Some(format!("{text}\n")),
        |_| Some(String::new()),
    ];
    for spoil in spoilt {
        *receiver.echo.lock().unwrap() = spoil;
        let bad = hooks.check(bot.clone()).await.unwrap();
        assert_eq!(
            bad.problem.as_deref(),
            Some("the answer is not exactly the echoed text")
        );
    }
    *receiver.echo.lock().unwrap() = |_| None;
    let mut pace = pace();
    pace.check_within = Duration::from_millis(100);
    let hasty = start_with(&receiver, SimOptions::default(), pace).await;
    let slow = hasty.hooks().check(bot).await.unwrap();
    assert_eq!(slow.problem.as_deref(), Some("no answer within 100ms"));
    sim.set_webhook(DEMO_BOT, None).unwrap();
    let none = hooks.check(wecom::ids::BotId::from(DEMO_BOT)).await;
    assert!(none.is_err());
}

#[tokio::test]
async fn what_cannot_be_an_address_is_refused() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    for url in [
        "",
        "127.0.0.1/bot",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ] {
        let mut hook = receiver.bot_hook();
        hook.url = url.to_owned();
        assert!(sim.set_webhook(DEMO_BOT, Some(hook)).is_err(), "{url}");
    }
    let mut hook = receiver.bot_hook();
    hook.encoding_aes_key = "short".into();
    let error = sim.set_webhook(DEMO_BOT, Some(hook.clone())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the EncodingAESKey has 5 of 43 characters"
    );
    assert!(sim.apps().set_callback(&app(), Some(hook)).is_err());
    assert!(sim.set_webhook("nobody", None).is_err());
}

#[tokio::test]
async fn two_hundred_members_are_heard_once_each() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    for n in 0..200 {
        sim.add_user(format!("member{n}"), "M").unwrap();
    }
    for n in 0..200 {
        let member = sim.member(DEMO_BOT, format!("member{n}"));
        assert!(member.say("hi").unwrap().delivered);
    }
    for n in 0..200 {
        let user = Some(format!("member{n}").into());
        let is_it = |call: &wecom::sim::HookCall| call.done && call.user == user;
        let call = sim.wait_hook_call(DEADLINE, is_it).await.unwrap();
        assert_eq!(call.attempts.len(), 1);
    }
    let frames = receiver.frames().into_iter();
    let users: std::collections::BTreeSet<String> = frames
        .map(|frame| frame["from"]["userid"].to_string())
        .collect();
    assert_eq!((users.len(), receiver.got().len()), (200, 200));
    assert_eq!(reasons(&sim), Vec::<String>::new());
}
