//! A bot in webhook mode: what is answered at once, and what is fetched.

use std::time::Duration;

use serde_json::{Value, json};
use wecom::texts;

use crate::house::{BOT, House, USER, said};
use crate::support::{agents, eventually};

fn content(answer: &Value) -> &str {
    answer["stream"]["content"].as_str().unwrap_or_default()
}

fn stream_of(answer: &Value) -> String {
    assert_eq!(answer["msgtype"], "stream", "{answer}");
    answer["stream"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_grows_while_it_is_fetched() {
    let (house, turns) = House::played(json!({})).await;
    let first = house.say("m1", "hello").await;
    assert_eq!(
        (content(&first), &first["stream"]["finish"]),
        ("1", &json!(false))
    );
    let stream = stream_of(&first);

    let turn = turns.next().await;
    assert_eq!(turn.request.text, "hello");
    assert_eq!(
        content(&house.poll("q1", &stream).await),
        "1",
        "the placeholder stays"
    );
    turn.say("It is ");
    let answer = eventually("the text is shown", async || {
        let answer = house
            .poll(&format!("q{}", rand::random::<u32>()), &stream)
            .await;
        (content(&answer) == "It is ").then_some(answer)
    })
    .await;
    assert_eq!(answer["stream"]["finish"], false);
    turn.say("noon.");
    turn.done();
    let last = house.poll_to_end(&stream).await;
    assert_eq!(content(&last), "It is noon.");
}

#[tokio::test]
async fn a_callback_that_comes_again_starts_nothing() {
    let (house, turns) = House::played(json!({})).await;
    let first = house.say("m1", "hello").await;
    assert_eq!(house.say("m1", "hello").await, first);
    let turn = turns.next().await;
    turn.say("once");
    turn.done();
    let stream = stream_of(&first);
    let last = house.poll_to_end(&stream).await;
    assert_eq!(
        house.say("m1", "hello").await,
        last,
        "the answer, and not an empty bubble"
    );
    assert!(turns.none_for(Duration::from_millis(200)).await);
}

#[tokio::test]
async fn quick_messages_are_answered_together() {
    let (house, turns) = House::played(json!({ "streamPlaceholderContent": "…" })).await;
    let first = house.say("m1", "one").await;
    assert_eq!(content(&first), "…");
    let turn = turns.next().await;
    let second = house.say("m2", "two").await;
    assert_eq!(content(&second), texts::QUEUED);
    let third = house.say("m3", "three").await;
    assert_eq!(content(&third), texts::webhook::MERGED);
    assert_ne!(stream_of(&second), stream_of(&third));

    turn.say("first");
    turn.done();
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "two\nthree");
    assert_eq!(turn.request.message_id, "m2".into());
    assert_eq!(
        content(&house.poll("q1", &stream_of(&third)).await),
        texts::webhook::MERGED
    );
    turn.say("both");
    turn.done();
    assert_eq!(
        content(&house.poll_to_end(&stream_of(&second)).await),
        "both"
    );
    let third = house.poll_to_end(&stream_of(&third)).await;
    assert_eq!(content(&third), texts::webhook::ANSWERED_TOGETHER);
    assert_eq!(
        content(&house.poll_to_end(&stream_of(&first)).await),
        "first"
    );
}

#[tokio::test]
async fn what_waits_together_survives_a_restart_as_one() {
    let (house, turns) = House::played(json!({})).await;
    house.say("m1", "one").await;
    let turn = turns.next().await;
    let second = house.say("m2", "two").await;
    house.say("m3", "three").await;
    turn.done();
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "two\nthree");

    let (agent, turns) = agents::played();
    let house = house.reopen(Some(std::sync::Arc::new(agent))).await;
    let mut texts = Vec::new();
    loop {
        let turn = turns.next().await;
        texts.push(turn.request.text.clone());
        let is_both = turn.request.text == "two\nthree";
        turn.say("again");
        turn.done();
        if is_both {
            break;
        }
    }
    assert!(!texts.contains(&"three".to_owned()), "{texts:?}");
    assert_eq!(
        content(&house.poll_to_end(&stream_of(&second)).await),
        "again"
    );
}

#[tokio::test]
async fn an_answer_that_was_not_fetched_is_there_after_a_restart() {
    let (house, turns) = House::played(json!({})).await;
    let first = house.say("m1", "hello").await;
    let turn = turns.next().await;
    turn.say("ready");
    turn.done();
    let store = house.store.clone();
    let account = "default".into();
    eventually("the answer is decided", async || {
        let open = store.open_messages(&account).await.unwrap();
        let is_answered =
            |stage: &wecom::store::Stage| matches!(stage, wecom::store::Stage::Answered { .. });
        open.iter()
            .any(|message| is_answered(&message.stage))
            .then_some(())
    })
    .await;
    drop(store);
    let (agent, turns) = agents::played();
    let house = house.reopen(Some(std::sync::Arc::new(agent))).await;
    assert_eq!(
        content(&house.poll_to_end(&stream_of(&first)).await),
        "ready"
    );
    assert!(
        turns.none_for(Duration::from_millis(200)).await,
        "the agent is not asked twice"
    );
    eventually("the message is closed", async || {
        let open = house.store.open_messages(&"default".into()).await.unwrap();
        open.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_nobody_knows_ends() {
    let house = House::open(json!({})).await;
    let answer = house.poll("q", "0123").await;
    assert_eq!(answer["stream"]["finish"], true);
    assert_eq!(answer["stream"]["id"], "0123");
    assert_eq!(content(&answer), texts::webhook::NO_LONGER_HERE);
    let nameless = json!({ "msgid": "q2", "msgtype": "stream", "stream": {} });
    assert_eq!(house.bot(&nameless).await, json!({}));
}

#[tokio::test]
async fn notices_are_the_answer_itself() {
    let house = House::open(json!({})).await;
    let help = house.say("m1", "/help").await;
    assert_eq!(help["stream"]["finish"], true);
    assert!(content(&help).contains("/status"), "{help}");
    assert_eq!(
        house.say("m1", "/help").await,
        help,
        "asked again, the same"
    );
    let stop = house.say("m2", "/stop").await;
    assert_eq!(content(&stop), texts::STOP_NOTHING);
    let path = house.say("m3", "look at /tmp/foo please").await;
    assert_eq!(path["stream"]["finish"], false, "a path is no command");
    let unknown = json!({
        "msgid": "m4", "chattype": "single", "from": { "userid": USER }, "msgtype": "hologram",
    });
    assert_eq!(content(&house.bot(&unknown).await), texts::UNKNOWN_TYPE);
}

#[tokio::test]
async fn a_running_answer_is_stopped_past_the_queue() {
    let (house, turns) = House::played(json!({})).await;
    let first = house.say("m1", "long").await;
    let turn = turns.next().await;
    turn.say("so far");
    let stop = house.say("m2", "/stop").await;
    assert_eq!(content(&stop), texts::STOP_DONE);
    let last = house.poll_to_end(&stream_of(&first)).await;
    assert!(content(&last).ends_with(texts::STOPPED_PARTIAL), "{last}");
}

#[tokio::test]
async fn what_is_no_message_gets_nothing() {
    let house = House::open(json!({})).await;
    for callback in [
        json!({}),
        json!({ "msgid": "a", "msgtype": "text", "text": { "content": "x" } }),
        json!({ "msgid": "b", "from": { "userid": "sys" }, "msgtype": "text", "text": { "content": "x" } }),
        json!({ "msgid": "c", "chattype": "group", "from": { "userid": USER }, "msgtype": "text", "text": { "content": "x" } }),
        json!({ "msgid": "d", "chattype": "single", "from": { "userid": USER }, "msgtype": "text", "text": { "content": " " } }),
        json!({ "msgid": "e", "from": { "userid": USER }, "msgtype": "event", "event": { "eventtype": "feedback_event", "feedback_event": { "id": "f", "type": 1 } } }),
        json!({ "msgid": "f", "from": { "userid": USER }, "msgtype": "event", "event": { "eventtype": "of_tomorrow" } }),
    ] {
        assert_eq!(house.bot(&callback).await, json!({}), "{callback}");
    }
}

#[tokio::test]
async fn who_opens_the_chat_is_greeted_if_he_may_speak() {
    let enter = |user: &str, id: &str| {
        json!({
            "msgid": id, "aibotid": BOT, "chattype": "single", "from": { "userid": user },
            "msgtype": "event", "event": { "eventtype": "enter_chat" },
        })
    };
    let rules = json!({ "welcomeText": "你好！", "dmPolicy": "allowlist", "allowFrom": [USER] });
    let house = House::open(rules).await;
    let greeting = json!({ "msgtype": "text", "text": { "content": "你好！" } });
    assert_eq!(house.bot(&enter(USER, "e1")).await, greeting);
    assert_eq!(house.bot(&enter("stranger", "e2")).await, json!({}));
}

#[tokio::test]
async fn strangers_get_a_code_once() {
    let house = House::open(json!({ "dmPolicy": "pairing" })).await;
    let first = house.say("m1", "hi").await;
    assert_eq!(first["stream"]["finish"], true);
    assert!(content(&first).contains(USER), "{first}");
    assert_eq!(house.say("m2", "hi").await, json!({}), "the code was given");
    let house = House::open(json!({ "dmPolicy": "disabled" })).await;
    assert_eq!(house.say("m1", "hi").await, json!({}));
}

#[tokio::test]
async fn groups_have_their_rules_here_too() {
    let rules = json!({ "groupPolicy": "allowlist", "groupAllowFrom": ["wrONE"] });
    let (house, turns) = House::played(rules).await;
    let in_group = |chat: &str, id: &str, text: &str| {
        json!({
            "msgid": id, "aibotid": BOT, "chattype": "group", "chatid": chat,
            "from": { "userid": USER }, "msgtype": "text", "text": { "content": text },
        })
    };
    assert_eq!(
        house.bot(&in_group("wrTWO", "m1", "@Helper hi")).await,
        json!({})
    );
    let first = house.bot(&in_group("wrONE", "m2", "@Helper hi")).await;
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "hi");
    assert_eq!(turn.request.chat.id, "wrONE".into());
    turn.say("hello group");
    turn.done();
    assert_eq!(
        content(&house.poll_to_end(&stream_of(&first)).await),
        "hello group"
    );
}

#[tokio::test]
async fn a_long_answer_is_cut_and_its_end_comes_from_the_app() {
    let (house, turns) = House::played(json!({})).await;
    let first = house.say("m1", "tell me").await;
    let turn = turns.next().await;
    turn.say(&format!("{}\n\n{}", "企".repeat(6_000), "业".repeat(1_000)));
    turn.done();
    let last = house.poll_to_end(&stream_of(&first)).await;
    assert!(content(&last).len() <= 20_480, "{}", content(&last).len());
    assert!(content(&last).ends_with(texts::webhook::REST_FOLLOWS));
    assert!(content(&last).starts_with("企"));
    let (to, _) = house.app_says("业业").await;
    assert_eq!(to, USER);
    let rest: String = house
        .sent_by_app()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(rest.chars().filter(|c| *c == '业').count(), 1_000);
    assert!(
        house
            .sent_by_app()
            .iter()
            .all(|(_, text)| text.len() <= 2_048)
    );
}

#[tokio::test]
async fn pictures_are_shown_and_files_come_from_the_app() {
    const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

    let (house, turns) = House::played(json!({})).await;
    let workspace = house.config.agents.workspace_of("main");
    std::fs::create_dir_all(&workspace).unwrap();
    std::fs::write(workspace.join("plot.png"), PICTURE).unwrap();
    std::fs::write(workspace.join("季度.txt"), "some words of a report").unwrap();

    let first = house.say("m1", "show me").await;
    let turn = turns.next().await;
    let path = |name: &str| workspace.join(name).display().to_string();
    turn.say(&format!(
        "Here.\nMEDIA: {}\nMEDIA: {}\n",
        path("plot.png"),
        path("季度.txt")
    ));
    turn.done();
    let last = house.poll_to_end(&stream_of(&first)).await;
    let items = last["stream"]["msg_item"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    let image = &items[0]["image"];
    let bytes = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        image["base64"].as_str().unwrap(),
    );
    assert_eq!(bytes.unwrap(), PICTURE);
    let digest = <md5::Md5 as md5::Digest>::digest(PICTURE);
    let digest = format!("{:032x}", u128::from_be_bytes(digest.into()));
    assert_eq!(image["md5"], digest.as_str());
    let expected = format!("Here.\n\n{}", texts::webhook::file_by_app("季度.txt"));
    assert_eq!(content(&last), expected);
    let messages = house.sim.apps().messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].msgtype, "file");
    assert_eq!(messages[0].touser, USER);
}

#[tokio::test]
async fn a_card_goes_with_the_answer_and_its_click_is_answered() {
    let (house, turns) = House::played(json!({})).await;
    let first = house.say("m1", "ask me").await;
    let turn = turns.next().await;
    let card = json!({
        "card_type": "button_interaction",
        "main_title": { "title": "Lunch?" },
        "button_list": [{ "text": "Yes", "key": "yes" }, { "text": "No", "key": "no" }],
        "task_id": "lunch",
    });
    turn.say(&format!("Please choose.\n\n```json\n{card}\n```\n"));
    turn.done();
    let last = house.poll_to_end(&stream_of(&first)).await;
    assert_eq!(last["msgtype"], "stream_with_template_card", "{last}");
    assert_eq!(last["template_card"]["main_title"]["title"], "Lunch?");
    assert_eq!(last["stream"]["content"], "Please choose.");
    let task = last["template_card"]["task_id"].as_str().unwrap();

    let click = json!({
        "msgid": "c1", "aibotid": BOT, "chattype": "single", "from": { "userid": USER },
        "msgtype": "event",
        "event": { "eventtype": "template_card_event", "template_card_event": {
            "card_type": "button_interaction", "event_key": "yes", "task_id": task,
        }},
    });
    let update = house.bot(&click).await;
    assert_eq!(update["response_type"], "update_template_card", "{update}");
    assert_eq!(update["userids"], json!([USER]));
    assert_eq!(update["template_card"]["task_id"], task);
    assert_eq!(house.bot(&click).await, update, "asked again, the same");
    let turn = turns.next().await;
    assert!(turn.request.text.contains("yes"), "{}", turn.request.text);
    turn.say("Noted.");
    turn.done();
    let (to, text) = house.app_says("Noted.").await;
    assert_eq!(
        (to.as_str(), text.as_str()),
        (USER, "Noted."),
        "a click has no stream"
    );
}

#[tokio::test]
async fn more_than_fits_in_a_batch_is_refused() {
    let (house, turns) = House::played(json!({ "debounceMs": 0 })).await;
    house.say("first", "hi").await;
    let turn = turns.next().await;
    let mut refused = 0;
    for n in 0..22 {
        let answer = house.say(&format!("m{n}"), "more").await;
        let is_refused = content(&answer) == texts::webhook::TOO_MANY_MERGED
            || content(&answer) == texts::BUSY
            || answer == json!({});
        refused += usize::from(is_refused);
    }
    assert_eq!(refused, 2, "twenty wait");
    turn.done();
    let turn = turns.next().await;
    assert_eq!(turn.request.text.lines().count(), 20);
    turn.done();
    let text = "x".repeat(70 * 1024);
    let first = house.bot(&said("long", &text)).await;
    assert_eq!(first["stream"]["finish"], false, "alone it may be long");
}

#[tokio::test]
async fn without_an_app_an_answer_that_is_too_long_says_what_is_missing() {
    let (house, turns) = House::played(json!({})).await;
    let mut config = house.config.clone();
    let account = config.accounts.values_mut().next().unwrap();
    account.agent_app.as_mut().unwrap().corp_secret = None;
    house.runtime.apply(&config).await;
    let first = house.say("m1", "tell me").await;
    let turn = turns.next().await;
    turn.say(&"企".repeat(7_000));
    turn.done();
    let last = house.poll_to_end(&stream_of(&first)).await;
    assert!(content(&last).len() <= 20_480);
    assert!(
        content(&last).ends_with(texts::webhook::REST_LOST),
        "{last}"
    );
    assert_eq!(house.sent_by_app(), []);
}
