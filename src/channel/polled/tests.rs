use serde_json::{Value, json};
use tokio::time::advance;

use super::*;
use crate::channel::draft::draft;

const SECOND: Duration = Duration::from_secs(1);

fn stream(age: Duration) -> PolledStream {
    PolledStream::open("s".into(), "1".to_owned(), Window::of_age(age))
}

fn shown(finish: bool, content: &str) -> Value {
    let stream = json!({ "id": "s", "finish": finish, "content": content });
    json!({ "msgtype": "stream", "stream": stream })
}

fn asked(stream: &PolledStream, n: u32) -> Value {
    stream.answer(Some(&format!("q{n}").as_str().into()))
}

#[tokio::test(start_paused = true)]
async fn the_placeholder_stays_until_there_is_something_to_see() {
    let stream = stream(Duration::ZERO);
    assert_eq!(stream.answer(None), shown(false, "1"));
    let (writer, reader) = draft();
    stream.follow(reader);
    assert_eq!(asked(&stream, 1), shown(false, "1"));
    writer.push(" \n");
    assert_eq!(asked(&stream, 2), shown(false, "1"));
    writer.push("hello");
    assert_eq!(asked(&stream, 3), shown(false, " \nhello"));
    assert!(!stream.is_fetched());
    stream.finish("hello you".to_owned());
    assert_eq!(asked(&stream, 4), shown(true, "hello you"));
    stream.fetched().await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_silent_loses_its_stream_all_the_same() {
    let stream = stream(10 * SECOND);
    advance(Duration::from_millis(319_999)).await;
    assert_eq!(asked(&stream, 1), shown(false, "1"));
    assert!(stream.is_open());
    advance(Duration::from_millis(1)).await;
    assert!(!stream.is_open());
    assert_eq!(asked(&stream, 2), shown(true, crate::texts::HANDED_OVER));
    stream.finish("too late".to_owned());
    assert_eq!(asked(&stream, 3), shown(true, crate::texts::HANDED_OVER));
    assert!(!stream.is_fetched(), "the answer itself was not");
}

#[tokio::test(start_paused = true)]
async fn what_was_written_stays_when_the_stream_is_left() {
    let stream = stream(Duration::ZERO);
    let (writer, reader) = draft();
    stream.follow(reader);
    writer.push("so far");
    advance(330 * SECOND).await;
    let expected = format!("so far\n\n{}", crate::texts::HANDED_OVER_PARTIAL);
    assert_eq!(asked(&stream, 1), shown(true, &expected));
    writer.push(" and more");
    assert_eq!(asked(&stream, 2), shown(true, &expected));
}

#[tokio::test(start_paused = true)]
async fn one_question_gets_one_answer() {
    let stream = stream(Duration::ZERO);
    let (writer, reader) = draft();
    stream.follow(reader);
    writer.push("a");
    let first = asked(&stream, 1);
    writer.push("b");
    assert_eq!(asked(&stream, 1), first);
    assert_eq!(asked(&stream, 2), shown(false, "ab"));
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_shows_its_beginning_in_whole_characters() {
    let stream = stream(Duration::ZERO);
    let (writer, reader) = draft();
    stream.follow(reader);
    writer.push(&"企".repeat(6_667));
    let answer = asked(&stream, 1);
    let content = answer["stream"]["content"].as_str().unwrap();
    assert!(content.len() <= 20_000, "{}", content.len());
    assert!(content.ends_with(crate::texts::webhook::MORE_COMING));
    assert!(content.starts_with("企企"));
}

#[tokio::test(start_paused = true)]
async fn pictures_go_with_the_last_word_only_and_within_limits() {
    let stream = stream(Duration::ZERO);
    let image = |size: usize| PolledImage {
        base64: "A".repeat(size),
        md5: "m".to_owned(),
    };
    for _ in 0..10 {
        assert!(stream.attach_image(image(4)));
    }
    assert!(!stream.attach_image(image(4)), "ten");
    assert_eq!(asked(&stream, 1), shown(false, "1"));
    stream.finish("look".to_owned());
    let answer = asked(&stream, 2);
    let items = answer["stream"]["msg_item"].as_array().unwrap();
    assert_eq!(items.len(), 10);
    let item = json!({ "msgtype": "image", "image": { "base64": "AAAA", "md5": "m" } });
    assert_eq!(items[0], item);

    let stream = self::stream(Duration::ZERO);
    assert!(stream.attach_image(image(30 * 1024 * 1024)));
    assert!(!stream.attach_image(image(12 * 1024 * 1024)), "30 MB");
}

#[tokio::test(start_paused = true)]
async fn a_card_is_given_once_and_again_to_the_same_question() {
    let stream = stream(Duration::ZERO);
    let card = json!({
        "card_type": "text_notice", "main_title": { "title": "T" },
        "card_action": { "type": 1, "url": "https://example.com" },
    });
    let card = crate::channel::cards::prepare(card, 0).unwrap().card;
    assert!(stream.attach_card(&card));
    assert!(!stream.attach_card(&card), "one");
    assert_eq!(asked(&stream, 1), shown(false, "1"));
    stream.finish("see".to_owned());
    let given = asked(&stream, 2);
    assert_eq!(given["msgtype"], "stream_with_template_card");
    assert_eq!(given["template_card"]["main_title"]["title"], "T");
    assert_eq!(given["stream"]["content"], "see");
    assert_eq!(asked(&stream, 2), given);
    assert_eq!(asked(&stream, 3), shown(true, "see"));
}

#[tokio::test(start_paused = true)]
async fn streams_are_kept_while_they_run_and_ten_minutes_after() {
    let streams = Streams::default();
    let running = streams.keep(stream(Duration::ZERO), "m1".into()).unwrap();
    let other = PolledStream::open("t".into(), "1".to_owned(), Window::of_age(Duration::ZERO));
    let finished = streams.keep(other, "m2".into()).unwrap();
    finished.finish("done".to_owned());
    assert!(streams.of_message(&"m1".into()).is_some());
    advance(11 * 60 * SECOND).await;
    let last = PolledStream::open("u".into(), "1".to_owned(), Window::of_age(Duration::ZERO));
    streams.keep(last, "m3".into()).unwrap();
    assert!(streams.get(&running.id).is_some(), "it runs");
    assert!(streams.get(&finished.id).is_none());
    assert!(streams.of_message(&"m2".into()).is_none());
}

#[tokio::test(start_paused = true)]
async fn there_are_not_more_streams_than_fit() {
    let streams = Streams::default();
    let open = |n: usize| {
        let id = format!("s{n}").as_str().into();
        PolledStream::open(id, "1".to_owned(), Window::of_age(Duration::ZERO))
    };
    let keep = |n: usize| streams.keep(open(n), format!("m{n}").as_str().into());
    let first = keep(0).unwrap();
    for n in 1..MAX_STREAMS {
        assert!(keep(n).is_some());
    }
    assert!(keep(MAX_STREAMS).is_none(), "all of them run");
    first.finish("done".to_owned());
    first.answer(None);
    assert!(keep(MAX_STREAMS).is_none(), "not looked at again at once");
    advance(FULL_INTERVAL).await;
    assert!(keep(MAX_STREAMS).is_some());
    assert!(streams.get(&first.id).is_none());
}
