//! Calls: what they answer, how they are told of, how they end.

use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::DEADLINE;
use super::server::{NOBODY, Server, call_params, legacy_call, read, until};

#[tokio::test]
async fn the_text_is_the_pretty_print_of_the_structured_answer_byte_for_byte() {
    let server = Server::start().await;
    let listed = server.ask(NOBODY, "tools/list", json!({})).await;
    let schema = &listed["result"]["tools"][0]["outputSchema"];
    let schema = jsonschema::validator_for(schema).unwrap();
    for (method, is_error) in [("echo", false), ("fail", true)] {
        let answer = read(server.modern(NOBODY, "tools/call", call_params(method))).await;
        let result = &answer.message()["result"];
        let structured = &result["structuredContent"];
        assert_eq!(result["isError"], is_error);
        assert_eq!(
            result["content"][0]["text"],
            serde_json::to_string_pretty(structured).unwrap()
        );
        assert_eq!(
            result["content"][0]["annotations"]["audience"],
            json!(["assistant"])
        );
        assert!(schema.is_valid(structured), "{structured}");
    }
}

#[tokio::test]
async fn steps_are_told_to_who_asked_for_them_and_only_grow() {
    let server = Server::start().await;
    let session = server.session(NOBODY, "2025-06-18").await;
    let quiet = legacy_call("steps", None);
    let quiet = read(server.in_session(NOBODY, &session).json(&quiet)).await;
    assert_eq!(quiet.messages().len(), 1);
    let asking = legacy_call("steps", Some("p"));
    let told = read(server.in_session(NOBODY, &session).json(&asking)).await;
    let mut messages = told.messages();
    let last = messages.pop().unwrap();
    assert_eq!(last["id"], 7);
    let steps: Vec<f64> = messages
        .iter()
        .map(|message| {
            assert_eq!(message["method"], "notifications/progress");
            assert_eq!(message["params"]["progressToken"], "p");
            message["params"]["progress"].as_f64().unwrap()
        })
        .collect();
    assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
}

#[tokio::test]
async fn a_closed_stream_cancels_a_call_of_the_newest_revision() {
    let server = Server::start().await;
    let mut params = call_params("never");
    params["_meta"] = json!({"progressToken": 1});
    let request = server.modern(NOBODY, "tools/call", params);
    let answer = request.send().await.unwrap();
    let mut pieces = answer.bytes_stream();
    let first = tokio::time::timeout(DEADLINE, pieces.next()).await;
    assert!(first.unwrap().unwrap().is_ok(), "a step came");
    drop(pieces);
    let dropped = &server.runner.dropped;
    until("the call is dropped", || {
        dropped.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn a_legacy_call_is_cancelled_by_word_and_not_by_a_closed_stream() {
    let server = Server::start().await;
    let session = server.session(NOBODY, "2025-06-18").await;
    let mut call = legacy_call("never", Some("p"));
    call["id"] = 8.into();
    let answer = server.in_session(NOBODY, &session).json(&call);
    let mut pieces = answer.send().await.unwrap().bytes_stream();
    let first = tokio::time::timeout(DEADLINE, pieces.next()).await;
    assert!(first.unwrap().unwrap().is_ok());
    drop(pieces);
    // The session answers other requests, and the call still runs.
    let other = server.call(NOBODY, &session, "echo").await;
    assert_eq!(other["result"]["isError"], false);
    let dropped = &server.runner.dropped;
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    let cancelled = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 8},
    });
    read(server.in_session(NOBODY, &session).json(&cancelled)).await;
    until("the call is dropped", || {
        dropped.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn the_person_is_asked_between_two_calls_of_the_newest_revision() {
    let server = Server::start().await;
    let can_ask = json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}});
    let mut params = call_params("ask");
    params["_meta"] = can_ask;
    let asked = read(server.modern(NOBODY, "tools/call", params.clone())).await;
    let asked = &asked.message()["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let question = &asked["inputRequests"]["allow"];
    assert_eq!(question["method"], "elicitation/create");
    let again = |content: Value, state: &Value| {
        let mut params = params.clone();
        params["requestState"] = state.clone();
        params["inputResponses"] = json!({"allow": {"action": "accept", "content": content}});
        server.modern(NOBODY, "tools/call", params)
    };
    for (allow, said) in [(true, "Yes"), (false, "No")] {
        let answer = read(again(json!({"allow": allow}), &asked["requestState"])).await;
        let result = &answer.message()["result"];
        assert_eq!(result["structuredContent"]["said"], said);
    }
    let forged = read(again(json!({"allow": true}), &json!("forged"))).await;
    assert_eq!(forged.message()["error"]["code"], -32602);
    let nobody = read(server.modern(NOBODY, "tools/call", call_params("ask"))).await;
    let nobody = &nobody.message()["result"]["structuredContent"];
    assert_eq!(nobody["said"], "Unavailable");
}
