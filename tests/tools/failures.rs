//! What goes wrong ends in time, is told by its kind, and leaves nothing behind.

use std::time::Duration;

use serde_json::{Value, json};
use wecom::sim::{McpAnswers, McpFaultKind};

use super::house::{House, NOBODY_TOKEN, ZHANG, ZHANG_TOKEN, todo, tool_call, until};

/// No connection, no memory and no place is held by a failure: the next call is served.
async fn goes_on(house: &House) {
    house
        .data(ZHANG_TOKEN, "contact", "get_userlist", json!({}))
        .await;
}

#[tokio::test]
async fn what_does_not_exist_or_is_no_json_is_told_by_its_kind() {
    let house = House::open().await;
    let cases = [
        ("nothing", "get_userlist", json!({}), "unknown_method"),
        ("contact", "get_everything", json!({}), "unknown_method"),
        ("contact", "get_userlist", json!("{\"a\": "), "invalid_args"),
        ("contact", "get_userlist", json!("[1]"), "invalid_args"),
        (
            "todo",
            "create_todo",
            json!({ "content": 7 }),
            "invalid_args",
        ),
    ];
    for (category, method, args, kind) in cases {
        let error = house
            .refused(ZHANG_TOKEN, category, method, args.clone())
            .await;
        assert_eq!(error["kind"], kind, "{category}.{method} {args}: {error}");
        let hint = error.pointer("/violations/0/hint").or(error.get("next"));
        assert!(hint.is_some_and(Value::is_string), "what to do: {error}");
        goes_on(&house).await;
    }
    assert!(house.calls("create_todo").is_empty());
    house.close().await;
}

#[tokio::test]
async fn an_answer_of_thirty_megabytes_is_too_large() {
    let house = House::open().await;
    house.fault("get_userlist", McpFaultKind::Huge(30 * 1024 * 1024));
    let error = house
        .refused(ZHANG_TOKEN, "contact", "get_userlist", json!({}))
        .await;
    assert_eq!(error["kind"], "too_large", "{error}");
    goes_on(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_broken_answer_may_have_been_carried_out() {
    let house = House::open().await;
    house
        .mcp()
        .switch(None, |it| it.answers = McpAnswers::Sse)
        .unwrap();
    goes_on(&house).await;
    for (fault, kind) in [
        (McpFaultKind::Truncate, "protocol"),
        (McpFaultKind::CutBody, "network"),
    ] {
        house.fault("create_todo", fault.clone());
        let error = house
            .refused(ZHANG_TOKEN, "todo", "create_todo", todo("once", ZHANG))
            .await;
        let told = (error["kind"].as_str().unwrap(), &error["maybe_executed"]);
        assert_eq!(told, (kind, &Value::Bool(true)), "{fault:?}: {error}");
        goes_on(&house).await;
    }
    assert_eq!(house.calls("create_todo").len(), 2, "none is repeated");
    house.close().await;
}

#[tokio::test]
async fn a_call_whose_client_has_gone_is_cancelled() {
    let house = House::open().await;
    goes_on(&house).await;
    house.fault("create_todo", McpFaultKind::Delay(60_000));
    let call = tool_call("todo", "create_todo", todo("late", ZHANG));
    let request = house.request(ZHANG_TOKEN, "tools/call", call).send();
    let under_way = until("the call is under way", || {
        (!house.calls("create_todo").is_empty()).then_some(())
    });
    tokio::select! {
        _ = request => panic!("it is not answered"),
        () = under_way => {}
    }
    // The request was dropped, and its connection with it.
    until("the call is cancelled", || {
        let log = house.log();
        let line = log.lines().find(|line| line.contains("create_todo"));
        line.map(|line| assert!(line.contains("cancelled"), "{line}"))
    })
    .await;
    goes_on(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_slow_answer_that_was_given_up_holds_no_daemon() {
    let house = House::open().await;
    let drip = McpFaultKind::Drip {
        bytes: 1,
        pause_ms: 1_000,
    };
    house.fault("get_userlist", drip);
    let slow = tool_call("contact", "get_userlist", json!({}));
    let slow = house.request(NOBODY_TOKEN, "tools/call", slow);
    let slow = slow.timeout(Duration::from_millis(500)).send().await;
    // Headers of a stream may come at once; its end does not.
    if let Ok(answer) = slow {
        assert!(answer.text().await.is_err());
    }
    assert_eq!(house.calls("get_userlist").len(), 1);
    house.close().await;
}
