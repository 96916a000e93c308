//! What people are told when the endpoint does not answer, and when it is asked again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use wecom::texts::{self, Failure};

use crate::model::{Answer, Event, Model, delta, error};
use crate::support::House;
use crate::{KEY, ask, house};

/// A sentence about a failure, up to the number that is different each time.
fn sentence(failure: Failure) -> String {
    let text = texts::failed(failure, "");
    text.split("编号：").next().unwrap().to_owned()
}

async fn fails(house: &House, failure: Failure) {
    let said = ask(house, "hi").await;
    assert!(said.starts_with(&sentence(failure)), "{failure:?}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_asked_again_when_the_endpoint_says() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    let body = json!({ "error": { "message": "slow down" } }).to_string();
    model.answers(Answer::Plain(429, vec![("retry-after", "1")], body));
    model.says(&["here I am"]);
    let begun = Instant::now();
    assert_eq!(ask(&house, "hi").await, "here I am");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(model.asked().len(), 2);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_of_failure_has_its_sentence() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    for (answer, failure, asked) in [
        (error(401, "invalid_api_key", "bad key"), Failure::Broken, 1),
        (
            error(404, "model_not_found", "no such model"),
            Failure::Broken,
            1,
        ),
        (
            error(429, "insufficient_quota", "no money"),
            Failure::Broken,
            1,
        ),
        (
            error(400, "context_length_exceeded", "too long"),
            Failure::TooLong,
            1,
        ),
        (error(503, "", "overloaded"), Failure::Busy, 3),
        (error(502, "", "bad gateway"), Failure::Unreachable, 3),
        (
            Answer::Plain(429, vec![("retry-after", "3600")], String::new()),
            Failure::Busy,
            1,
        ),
        (
            Answer::Stream(vec![Event::Raw(
                "data: {\"error\":{\"code\":429}}\n\n".into(),
            )]),
            Failure::Busy,
            3,
        ),
        (Answer::Stream(Vec::new()), Failure::Broken, 3),
        (
            Answer::Stream(vec![Event::Raw("data: <html>\n\n".into())]),
            Failure::Broken,
            1,
        ),
    ] {
        let before = model.asked().len();
        model.otherwise(answer.clone());
        fails(&house, failure).await;
        assert_eq!(model.asked().len() - before, asked, "{answer:?}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_not_begun_again() {
    let model = Model::start().await;
    let house = house(&model, json!({ "idleTimeoutMs": 1_000 })).await;
    for (trouble, failure) in [
        (Event::Break, Failure::Unreachable),
        (Event::Hang, Failure::TimedOut),
    ] {
        let before = model.asked().len();
        model.answers(Answer::Stream(vec![
            delta(json!({ "content": "so far" })),
            trouble,
        ]));
        let said = ask(&house, "hi").await;
        let partial = texts::failed_partial(failure, "");
        let partial = partial.split("编号：").next().unwrap();
        assert!(
            said.starts_with("so far") && said.contains(partial),
            "{said}"
        );
        assert_eq!(model.asked().len() - before, 1);
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_unreachable_and_silence_is_late() {
    let model = Model::start().await;
    let house = house(&model, json!({ "idleTimeoutMs": 1_000 })).await;
    model.answers(Answer::Stream(vec![Event::Hang]));
    fails(&house, Failure::TimedOut).await;
    assert_eq!(model.asked().len(), 1, "a minute of silence is not doubled");
    drop(model);
    fails(&house, Failure::Unreachable).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_too_long_goes_on_with_its_newer_half() {
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    for number in ["one", "two", "three", "four"] {
        model.says(&[number]);
        ask(&house, number).await;
    }
    model.answers(error(
        400,
        "",
        "This model's maximum context length is 9 tokens",
    ));
    model.says(&["five"]);
    assert_eq!(ask(&house, "five").await, "five");
    let asked = model.asked();
    let lengths: Vec<usize> = asked.iter().map(|asked| asked.talk().len()).collect();
    assert_eq!(lengths, [1, 3, 5, 7, 9, 5]);
    assert_eq!(asked[5].talk()[0].1, "three");
    house.close().await;
}

/// What is logged, kept in a text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_says_what_to_do_and_holds_no_key_and_no_word_of_people() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("wecom=trace")
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let model = Model::start().await;
    let house = house(&model, json!({})).await;
    model.otherwise(error(
        401,
        "invalid_api_key",
        &format!("Incorrect API key: {KEY}"),
    ));
    let said = ask(&house, "canary-words").await;
    assert!(!said.contains("API key"), "people are not told: {said}");
    house.close().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("check `apiKey`"), "{log}");
    assert!(!log.contains(KEY) && !log.contains("canary-words"), "{log}");
}
