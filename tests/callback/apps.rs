//! An agent app: acknowledged at once, answered through the API.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use wecom::agent::AttachmentKind;
use wecom::sim::MemberFile;

use crate::house::{AGENT_ID, House, USER, text};
use crate::support::eventually;

#[tokio::test]
async fn a_message_is_acknowledged_and_answered_by_the_api() {
    let (house, turns) = House::played(json!({})).await;
    let answer = house.app(&text("1", "a &amp; b")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "success"));
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "a &amp; b", "CDATA is as written");
    turn.say("<think>hm</think>The answer");
    turn.done();
    let (to, said) = house.app_says("The answer").await;
    assert_eq!((to.as_str(), said.as_str()), (USER, "The answer"));
    let entry = house.sim.apps().messages().pop().unwrap();
    assert_eq!((entry.agent_id, entry.msgtype.as_str()), (AGENT_ID, "text"));
}

#[tokio::test]
async fn a_message_that_comes_again_is_answered_once() {
    let (house, turns) = House::played(json!({})).await;
    for _ in 0..3 {
        assert_eq!(house.app(&text("7", "hi")).await.body, "success");
    }
    turns.next().await.done();
    assert!(turns.none_for(Duration::from_millis(200)).await);
    let plain = "<MsgType>text</MsgType><Content>a &amp;&#32;b</Content><MsgId>8</MsgId>";
    house.app(plain).await;
    assert_eq!(turns.next().await.request.text, "a & b");
}

#[tokio::test]
async fn messages_without_words_have_some_for_the_agent() {
    let (house, turns) = House::played(json!({})).await;
    for (n, (inner, expected)) in [
        (
            "<MsgType>location</MsgType><Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Label>广州塔</Label>",
            "[位置] 广州塔（纬度 23.1，经度 113.3）",
        ),
        (
            "<MsgType>link</MsgType><Title>T</Title><Description>D</Description><Url>https://x</Url>",
            "[链接] T\nD\nhttps://x",
        ),
        ("<MsgType>hologram</MsgType>", "[hologram]"),
        (
            "<MsgType>voice</MsgType><Format>amr</Format><Recognition>你好</Recognition>",
            "你好",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        house.app(&format!("{inner}<MsgId>{n}</MsgId>")).await;
        let turn = turns.next().await;
        assert_eq!(turn.request.text, expected);
        turn.done();
    }
}

#[tokio::test]
async fn files_of_members_are_fetched_whatever_they_are() {
    let (house, turns) = House::played(json!({})).await;
    let file = |name: &str, content_type: &str, bytes: &'static [u8]| {
        house.sim.apps().add_file(MemberFile {
            name: Some(name.to_owned()),
            content_type: content_type.to_owned(),
            data: Bytes::from_static(bytes),
        })
    };
    let report = file(
        "报告.json",
        "application/json",
        br#"{"errcode":"no","rows":[1,2]}"#,
    );
    house
        .app(&format!(
            "<MsgType>file</MsgType><MediaId>{report}</MediaId><FileName>报告.json</FileName><MsgId>1</MsgId>"
        ))
        .await;
    let turn = turns.next().await;
    let [attachment] = turn.request.attachments.as_slice() else {
        panic!("{:?}", turn.request);
    };
    assert_eq!(attachment.name, "报告.json");
    let bytes = std::fs::read(&attachment.path).unwrap();
    assert_eq!(bytes, br#"{"errcode":"no","rows":[1,2]}"#);
    turn.done();

    let picture = file("p.png", "image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    house
        .app(&format!(
            "<MsgType>image</MsgType><PicUrl>http://x/y</PicUrl><MediaId>{picture}</MediaId><MsgId>2</MsgId>"
        ))
        .await;
    let turn = turns.next().await;
    assert_eq!(turn.request.attachments[0].kind, AttachmentKind::Image);
    assert_eq!(turn.request.attachments[0].content_type, "image/png");
    assert!(!turn.request.text.contains("http"), "{}", turn.request.text);
    turn.done();

    house
        .app("<MsgType>image</MsgType><MediaId>gone</MediaId><MsgId>3</MsgId>")
        .await;
    house.app_says(wecom::texts::media_in::NOT_FETCHED).await;
}

#[tokio::test]
async fn who_opens_the_app_is_greeted_once_a_day() {
    let app = json!({
        "corpId": crate::house::CORP, "corpSecret": crate::house::SECRET, "agentId": AGENT_ID,
        "token": crate::house::OTHER_TOKEN, "encodingAESKey": crate::house::OTHER_KEY,
        "welcomeText": "欢迎使用",
    });
    let house = House::open(json!({ "agent": app })).await;
    let enter = "<MsgType>event</MsgType><Event>enter_agent</Event><EventKey></EventKey>";
    for _ in 0..2 {
        assert_eq!(house.app(enter).await.body, "success");
    }
    house.app_says("欢迎使用").await;
    let house = house.reopen(None).await;
    house.app(enter).await;
    house.app(&text("1", "done")).await;
    house.app_says("done").await;
    let greetings = house.sent_by_app();
    let greetings = greetings.iter().filter(|(_, text)| text == "欢迎使用");
    assert_eq!(greetings.count(), 1);
}

#[tokio::test]
async fn the_app_has_rules_of_its_own() {
    let app = |more: serde_json::Value| {
        let mut app = json!({
            "corpId": crate::house::CORP, "corpSecret": crate::house::SECRET, "agentId": AGENT_ID,
            "token": crate::house::OTHER_TOKEN, "encodingAESKey": crate::house::OTHER_KEY,
        });
        for (key, value) in more.as_object().unwrap() {
            app[key] = value.clone();
        }
        json!({ "agent": app })
    };
    let (house, turns) = House::played(app(json!({ "dmPolicy": "disabled" }))).await;
    assert_eq!(house.app(&text("1", "hi")).await.body, "success");
    let bot = house.say("m1", "hi").await;
    assert_eq!(bot["msgtype"], "stream", "the bot's rules are others");
    turns.next().await.done();
    assert!(turns.none_for(Duration::from_millis(200)).await);

    let (house, turns) = House::played(app(json!({ "dmPolicy": "pairing" }))).await;
    house.app(&text("1", "hi")).await;
    house.app(&text("2", "hello?")).await;
    house.app_says(USER).await;
    assert!(turns.none_for(Duration::from_millis(200)).await);
    assert_eq!(house.sent_by_app().len(), 1, "the code is given once");
}

#[tokio::test]
async fn an_app_without_a_number_answers_with_the_one_that_was_called() {
    let app = json!({
        "corpId": crate::house::CORP, "corpSecret": crate::house::SECRET,
        "token": crate::house::OTHER_TOKEN, "encodingAESKey": crate::house::OTHER_KEY,
    });
    let house = House::open(json!({ "agent": app })).await;
    house.app(&text("1", "who?")).await;
    house.app_says("who?").await;
    assert_eq!(house.sim.apps().messages()[0].agent_id, AGENT_ID);
}

#[tokio::test]
async fn a_group_is_answered_in_private() {
    let house = House::open(json!({})).await;
    let inner = format!("{}<ChatId>wrGROUP</ChatId>", text("1", "hello all"));
    house.app(&inner).await;
    assert_eq!(house.app_says("hello all").await.0, USER);
}

#[tokio::test]
async fn a_card_of_the_app_is_closed_when_it_is_clicked() {
    let (house, turns) = House::played(json!({})).await;
    house.app(&text("1", "ask")).await;
    let turn = turns.next().await;
    let card = json!({
        "card_type": "button_interaction",
        "main_title": { "title": "Lunch?" },
        "button_list": [{ "text": "Yes", "key": "yes", "style": 3 }],
        "task_id": "lunch",
    });
    turn.say(&format!("```json\n{card}\n```\n"));
    turn.done();
    let sent = eventually("the card is sent", async || {
        let mut messages = house.sim.apps().messages().into_iter();
        messages.find(|entry| entry.msgtype == "template_card")
    })
    .await;
    assert_eq!(
        sent.body["button_list"][0]["style"], 4,
        "red is 4 with apps"
    );
    let task = sent.body["task_id"].as_str().unwrap();
    let click = format!(
        "<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>yes</EventKey>\
         <TaskId>{task}</TaskId><CardType>button_interaction</CardType><ResponseCode>RC</ResponseCode>"
    );
    house.app(&click).await;
    house.app(&click).await;
    let turn = turns.next().await;
    assert!(turn.request.text.contains("yes"), "{}", turn.request.text);
    turn.say("Noted.");
    turn.done();
    house.app_says("Noted.").await;
    eventually("the card is closed", async || {
        let count = house.sim.apps().count("message/update_template_card");
        (count == 1).then_some(())
    })
    .await;
    assert!(
        turns.none_for(Duration::from_millis(200)).await,
        "one press, one turn"
    );
}

#[tokio::test]
async fn one_message_of_a_member_at_a_time_and_in_order() {
    let (house, turns) = House::played(json!({})).await;
    for n in 1..=3 {
        house.app(&text(&n.to_string(), &format!("m{n}"))).await;
    }
    for n in 1..=3 {
        let turn = turns.next().await;
        assert_eq!(turn.request.text, format!("m{n}"));
        assert!(turns.none_for(Duration::from_millis(50)).await);
        turn.say(&format!("answer {n}"));
        turn.done();
    }
    house.app_says("answer 3").await;
    let said: Vec<String> = house
        .sent_by_app()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(said, ["answer 1", "answer 2", "answer 3"]);
}

#[tokio::test]
async fn a_file_over_the_limit_is_told_and_not_passed_on() {
    let (house, turns) = House::played(json!({ "media": { "maxBytes": 1_000 } })).await;
    for (n, size) in [(1, 1_000), (2, 1_001)] {
        let id = house.sim.apps().add_file(MemberFile {
            name: Some("big.bin".to_owned()),
            content_type: "application/octet-stream".to_owned(),
            data: Bytes::from(vec![7; size]),
        });
        let inner = format!("<MsgType>file</MsgType><MediaId>{id}</MediaId><MsgId>{n}</MsgId>");
        house.app(&inner).await;
    }
    let turn = turns.next().await;
    assert_eq!(turn.request.attachments[0].size, 1_000);
    turn.done();
    house.app_says("media.maxBytes").await;
    assert!(turns.none_for(Duration::from_millis(200)).await);
}

#[tokio::test]
async fn accounts_have_their_own_messages_and_the_default_one_an_alias() {
    use crate::house::{Caller, KEY, document};

    let app = |token: &str, key: &str, agent_id: u64| {
        json!({ "agent": {
            "corpId": crate::house::CORP, "corpSecret": crate::house::SECRET,
            "agentId": agent_id, "token": token, "encodingAESKey": key,
        }})
    };
    let more = json!({
        "defaultAccount": "two",
        "routing": { "failClosedOnDefaultRoute": false },
        "accounts": { "one": app("tokenOne", KEY, 7), "two": app("tokenTwo", KEY, 8) },
    });
    let (house, turns) = House::played(more).await;
    for (token, path) in [
        ("tokenOne", "/wecom/agent"),
        ("tokenTwo", "/wecom/agent"),
        ("tokenTwo", "/wecom/agent/default"),
    ] {
        let caller = Caller::with(token, KEY, crate::house::CORP);
        let (query, body) = caller.xml(&document(&text("1", token)));
        let answer = house.request("POST", path, &query, &body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "success"),
            "{token} {path}"
        );
    }
    let mut heard = Vec::new();
    for _ in 0..2 {
        let turn = turns.next().await;
        heard.push(format!(
            "{} {}",
            turn.request.chat.account, turn.request.text
        ));
        turn.done();
    }
    heard.sort_unstable();
    assert_eq!(
        heard,
        ["one tokenOne", "two tokenTwo"],
        "the same id is two messages"
    );
    assert!(turns.none_for(Duration::from_millis(200)).await);
    let caller = Caller::with("tokenOne", KEY, crate::house::CORP);
    let (query, body) = caller.xml(&document(&text("2", "x")));
    let answer = house
        .request("POST", "/wecom/agent/default", &query, &body)
        .await;
    assert_eq!(answer.status, 401, "the default account is the other one");
}
