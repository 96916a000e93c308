//! What a model says, as the chat shows it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use wecom::sim::{Entry, EntryKind};
use wecom::texts;

use crate::model::{Answer, Event, Model, delta, end, said};
use crate::support::{BOT, PATIENCE, USER, direct, group};
use crate::{KEY, ask, house};

const PNG: &[u8] = include_bytes!("../../src/agent/demo/picture.png");

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_grows_while_the_model_speaks() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    let mut events = Vec::new();
    for word in ["one ", "two ", "three ", "four ", "five"] {
        events.extend([
            delta(json!({ "content": word })),
            Event::Pause(Duration::from_millis(700)),
        ]);
    }
    events.extend(end("stop"));
    model.answers(Answer::Stream(events));
    let asked = house.say("count");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "one two three four five");
    assert!(
        answer.revisions >= 3,
        "it grew: {} updates",
        answer.revisions
    );
    let asked = model.last();
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(asked.body["stream"], true);
    assert_eq!(
        asked.body["stream_options"],
        json!({ "include_usage": true })
    );
    assert_eq!(asked.talk(), [("user".to_owned(), "count".to_owned())]);
    assert!(
        asked
            .system()
            .contains("the member `zhangsan` in a direct chat")
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thoughts_are_never_shown() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    let word = |name: &str, text: &str| delta(json!({ name: text }));
    let mut own_member = vec![
        word("reasoning_content", "secret"),
        word("reasoning", "secret"),
    ];
    own_member.extend(said(&["the ", "answer"]));
    for answer in [
        said(&["<thi", "nk>\nsec", "ret</th", "ink>\n\nthe ", "answer"]),
        said(&["secret\n</think>\n\nthe ", "answer"]),
        own_member,
    ] {
        model.answers(Answer::Stream(answer));
        assert_eq!(ask(&house, "think").await, "the answer");
    }
    let seen = format!("{:?}", house.sim.transcript(&direct()));
    assert!(
        !seen.contains("secret</th") && !seen.contains("ink>"),
        "{seen}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_deviate_are_understood() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    let raw = |text: &str| Event::Raw(text.to_owned());
    let without_end = vec![
        raw(": keep-alive\n\n"),
        raw("data: {\"choices\":[{\"delta\":{\"content\":\"the \"}}],\"usage\":null}\n\n"),
        raw(
            "data:{\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"answer\"}]},",
        ),
        raw("\"finish_reason\":\"eos\"}]}\r\n\r\n"),
    ];
    let never_hangs_up = vec![
        delta(json!({ "content": "the answer" })),
        end("stop")[0].clone(),
        Event::Hang,
    ];
    for answer in [without_end, never_hangs_up] {
        model.answers(Answer::Stream(answer));
        assert_eq!(ask(&house, "hi").await, "the answer");
    }
    let whole = json!({ "choices": [{ "message": { "role": "assistant", "content": "the answer" },
        "finish_reason": "stop" }] });
    let json = vec![("content-type", "application/json; charset=utf-8")];
    model.answers(Answer::Plain(200, json, whole.to_string()));
    assert_eq!(ask(&house, "hi").await, "the answer");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_refuses_to_count_is_not_asked_to() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    model.answers(crate::model::error(
        400,
        "x",
        "Unknown parameter: 'stream_options'.",
    ));
    model.says(&["yes"]).says(&["yes again"]);
    assert_eq!(ask(&house, "hi").await, "yes");
    assert_eq!(ask(&house, "hi").await, "yes again");
    let with: Vec<bool> = (model.asked().iter())
        .map(|asked| asked.body.get("stream_options").is_some())
        .collect();
    assert_eq!(with, [true, false, false]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_to_a_model_that_sees() {
    let model = Model::start().await;
    let house = house(&model, json!({ "images": true })).await;
    model.says(&["a picture"]).says(&["still that picture"]);
    house.sim.member(BOT, USER).send_image(PNG).unwrap();
    let answered = |entry: &Entry| entry.kind == EntryKind::Stream && entry.finished;
    house
        .sim
        .wait_for(&direct(), PATIENCE, answered)
        .await
        .unwrap();
    let asked = model.last();
    let parts = asked.body["messages"][1]["content"].as_array().unwrap();
    assert!(
        parts[0]["text"].as_str().unwrap().contains("[picture `"),
        "{parts:?}"
    );
    let url = parts[1]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/png;base64,"), "{url}");
    ask(&house, "and now?").await;
    let talk = model.last().talk();
    assert!(
        talk[0].1.starts_with("[picture `"),
        "named in the history: {talk:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_hears_who_wrote() {
    let model = Model::start().await;
    let house = house(&model, json!({ "systemPrompt": "You are Bot." })).await;
    model.says(&["hi"]);
    let asked = house.say_in_group("lisi", "@Helper hello");
    house.answer(&group(), &asked).await;
    let asked = model.last();
    assert_eq!(
        asked.talk(),
        [("user".to_owned(), "[lisi]\nhello".to_owned())]
    );
    assert!(
        asked.system().starts_with("You are Bot.\n\nToday is "),
        "{}",
        asked.system()
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_the_answer_and_hangs_up() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    let gate = Arc::new(Notify::new());
    model.answers(Answer::Stream(vec![
        delta(json!({ "content": "as far as this" })),
        Event::Wait(gate),
    ]));
    let asked = house.say("tell me more");
    let begun = |entry: &Entry| entry.kind == EntryKind::Stream && entry.text().contains("as far");
    house
        .sim
        .wait_for(&direct(), PATIENCE, begun)
        .await
        .unwrap();
    house.say("/stop");
    let answer = house.answer(&direct(), &asked).await;
    assert!(
        answer.text().contains("as far as this"),
        "{}",
        answer.text()
    );
    assert!(
        answer.text().contains(texts::STOPPED_PARTIAL),
        "{}",
        answer.text()
    );
    house.settled().await;
    model.says(&["gladly"]);
    ask(&house, "go on").await;
    let talk = model.last().talk();
    assert_eq!(talk.len(), 3, "{talk:?}");
    assert!(
        talk[1].1.starts_with("as far as this\n\n[interrupted"),
        "{talk:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_cut() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    let piece = match delta(json!({ "content": "word ".repeat(200) })) {
        Event::Chunk(chunk) => chunk,
        other => panic!("{other:?}"),
    };
    model.answers(Answer::Stream(vec![Event::Forever(piece)]));
    let asked = house.say("never stop");
    house.answer(&direct(), &asked).await;
    house.settled().await;
    let said: String = (house.bot_entries(&direct()).iter())
        .map(Entry::text)
        .collect();
    assert!(
        said.contains(texts::REST_OMITTED.trim()),
        "{} bytes",
        said.len()
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_length_is_told() {
    let model = Model::start().await;
    let house = house(
        &model,
        json!({ "maxTokens": 3, "extraBody": { "top_p": 0.5 } }),
    )
    .await;
    let mut events = vec![delta(json!({ "content": "so far" }))];
    events.extend(end("length"));
    model.answers(Answer::Stream(events));
    let expected = format!("so far\n\n{}", texts::openai::MAX_TOKENS);
    assert_eq!(ask(&house, "hi").await, expected);
    let body: Value = model.last().body;
    assert_eq!(
        (&body["max_tokens"], &body["top_p"]),
        (&json!(3), &json!(0.5))
    );
    house.close().await;
}
