//! Answers as events, and other forms of bodies.

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use serde_json::{Value, json};

use super::rig::*;
use crate::interceptors::{Answer, ErrorKind, ToolError};

/// A stream of events that arrives in pieces of `size` bytes, and then ends.
fn events(text: &str, size: usize) -> Response {
    let pieces: Vec<_> = text
        .as_bytes()
        .chunks(size)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    Response::builder()
        .header("content-type", "text/event-stream; charset=utf-8")
        .body(Body::from_stream(stream::iter(pieces)))
        .unwrap()
}

fn answer_to(seen: &Seen, text: &str) -> Value {
    let content = json!([{"type": "text", "text": text}]);
    json!({"jsonrpc": "2.0", "id": seen.body["id"], "result": {"content": content}})
}

async fn ask(
    said: impl Fn(&Seen) -> Response + Send + Sync + 'static,
) -> (Result<Answer, ToolError>, Mock) {
    let (rig, mock, _) = start(move |seen| match seen.rpc() {
        "tools/call" => said(seen),
        _ => stateless(seen),
    })
    .await;
    (rig.write().await, mock)
}

fn text(answer: Result<Answer, ToolError>) -> String {
    answer.unwrap().content()[0].to_value()["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_found_among_other_events() {
    for ending in ["\n", "\r\n", "\r"] {
        for size in [1, 7, 4_096] {
            let (answer, mock) = ask(move |seen| {
                let other = json!({"jsonrpc": "2.0", "id": "x", "result": {"content": []}});
                let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress"});
                let lines = [
                    "\u{feff}: keep-alive".to_owned(),
                    String::new(),
                    format!("data: {progress}"),
                    String::new(),
                    format!("event: message{ending}id: 7{ending}data: {other}"),
                    String::new(),
                    format!("data: {}", answer_to(seen, "二😀")),
                    String::new(),
                    format!("data: {progress}"),
                    String::new(),
                    String::new(),
                ];
                events(&lines.join(ending), size)
            })
            .await;
            assert_eq!(text(answer), "二😀", "{ending:?} {size}");
            assert_eq!(mock.count("tools/call"), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_blank_line_counts() {
    let (answer, _) = ask(|seen| events(&format!("data: {}", answer_to(seen, "x")), 5)).await;
    assert_eq!(text(answer), "x");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_early_may_have_run() {
    for stream in [
        "",
        ": ping\n\n",
        "data: {\"jsonrpc\":\"2.0\",\"id\":\"mcp_rpc",
        "data: 3\n\n",
    ] {
        let (answer, mock) = ask(move |_| events(stream, 9)).await;
        let error = answer.unwrap_err();
        assert_eq!(
            (error.kind, error.maybe_executed),
            (ErrorKind::Protocol, true),
            "{stream}"
        );
        assert_eq!(mock.count("tools/call"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn questions_of_the_server_are_answered() {
    let (answer, mock) = ask(|seen| {
        let ping = json!({"jsonrpc": "2.0", "id": 41, "method": "ping"});
        let sample = json!({"jsonrpc": "2.0", "id": 42, "method": "sampling/createMessage"});
        let answer = answer_to(seen, "x");
        events(
            &format!("data: {ping}\n\ndata: {sample}\n\ndata: {answer}\n\n"),
            64,
        )
    })
    .await;
    assert_eq!(text(answer), "x");
    let replies = mock.seen("(reply)");
    assert_eq!(
        replies[0].body,
        json!({"jsonrpc": "2.0", "id": 41, "result": {}})
    );
    assert_eq!(replies[1].body["error"]["code"], -32601);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_a_batch_is_found() {
    let (answer, _) = ask(|seen| {
        let batch = json!([{"jsonrpc": "2.0", "method": "x"}, answer_to(seen, "x")]);
        Response::new(batch.to_string().into())
    })
    .await;
    assert_eq!(text(answer), "x");
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_no_success() {
    for said in [
        |_: &Seen| status(202),
        |_: &Seen| status(204),
        |_: &Seen| Response::new(Body::empty()),
        |_: &Seen| Response::new(" \n".into()),
        |_: &Seen| Response::new("<html>".into()),
        |seen: &Seen| result(seen, &json!({"content": 3})),
    ] {
        let (answer, mock) = ask(said).await;
        let error = answer.unwrap_err();
        assert_eq!(
            (error.kind, error.maybe_executed),
            (ErrorKind::Protocol, true)
        );
        assert_eq!(mock.count("tools/call"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_over_its_limit_is_not_read_on() {
    const LIMIT: usize = 16 * 1024 * 1024;
    let large = |seen: &Seen, chunked: bool, size: usize| {
        let frame = answer_to(seen, "").to_string();
        let body = answer_to(seen, &"x".repeat(size - frame.len())).to_string();
        assert_eq!(body.len(), size);
        if chunked {
            let pieces: Vec<_> = body
                .into_bytes()
                .chunks(1 << 20)
                .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
                .collect();
            Response::new(Body::from_stream(stream::iter(pieces)))
        } else {
            Response::new(body.into())
        }
    };
    for chunked in [false, true] {
        let (fits, _) = ask(move |seen| large(seen, chunked, LIMIT)).await;
        assert!(text(fits).len() > LIMIT - 200);
        let (over, _) = ask(move |seen| large(seen, chunked, LIMIT + 1)).await;
        let error = over.unwrap_err();
        assert_eq!(
            (error.kind, error.maybe_executed),
            (ErrorKind::TooLarge, true)
        );
        assert_eq!(error.details.limit, Some(LIMIT as u64));
    }
    let (over, _) = ask(|seen| {
        let answer = answer_to(seen, &"x".repeat(LIMIT));
        events(&format!("data: {answer}\n\n"), 1 << 20)
    })
    .await;
    assert_eq!(over.unwrap_err().kind, ErrorKind::TooLarge);
}
