//! Whom a call acts for, and that two who call at once have nothing in common.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wecom::sim::{McpFault, McpFaultKind};

use super::house::{
    House, LI, LI_TOKEN, NOBODY_TOKEN, ZHANG, ZHANG_TOKEN, answer, todo, tool_call,
};

const HEADER: &str = "x-openclaw-wecom-userid";

#[tokio::test]
async fn a_call_acts_for_the_member_of_its_token_and_for_nobody_without_one() {
    let house = House::open().await;
    let args = || json!({ "follower_id": ZHANG });
    house
        .data(ZHANG_TOKEN, "todo", "get_todo_list", args())
        .await;
    house
        .data(NOBODY_TOKEN, "todo", "get_todo_list", args())
        .await;
    let calls = house.calls("get_todo_list");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].member.as_deref(), Some(ZHANG));
    assert!(calls[0].is_named);
    assert!(!calls[1].is_named);
    assert!(!calls[1].headers.iter().any(|name| name == HEADER));
    house.close().await;
}

#[tokio::test]
async fn naming_somebody_else_changes_nothing() {
    let house = House::open().await;
    let mut args = todo("a", ZHANG);
    for name in ["userid", HEADER, "requester", "requester_userid"] {
        args[name] = LI.into();
    }
    let mut outside = tool_call("todo", "create_todo", todo("b", ZHANG));
    outside["arguments"]["requester"] = LI.into();
    outside["arguments"]["userid"] = LI.into();
    let mut meta = tool_call("todo", "create_todo", todo("c", ZHANG));
    meta["_meta"] = json!({ "userid": LI, "requester": LI, HEADER: LI });
    for params in [tool_call("todo", "create_todo", args), outside, meta] {
        for token in [ZHANG_TOKEN, NOBODY_TOKEN] {
            let request = house.request(token, "tools/call", params.clone());
            let request = request.header(HEADER, LI).header("requester", LI);
            let told = answer(request).await;
            assert_eq!(told["result"]["structuredContent"]["ok"], true, "{told}");
        }
    }
    let calls = house.calls("create_todo");
    let named: Vec<bool> = calls.iter().map(|call| call.is_named).collect();
    assert_eq!(named, [true, false, true, false, true, false]);
    for call in house.sim.mcp_calls() {
        let member = call.member.as_deref();
        assert!(!call.is_named || member == Some(ZHANG), "{call:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn two_who_call_at_once_never_share_a_session() {
    let house = House::open().await;
    house
        .mcp()
        .switch(None, |it| {
            it.stateful = true;
            it.member_sessions = true;
        })
        .unwrap();
    let calls = (0..40).map(|n| {
        let (token, member) = [(ZHANG_TOKEN, ZHANG), (LI_TOKEN, LI)][n % 2];
        house.data(token, "todo", "create_todo", todo(&format!("{n}"), member))
    });
    join_all(calls).await;
    let calls = house.calls("create_todo");
    assert_eq!(calls.len(), 40);
    let sessions_of = |member: &str| -> HashSet<String> {
        let his = calls
            .iter()
            .filter(|call| call.member.as_deref() == Some(member));
        his.map(|call| call.session.clone().unwrap()).collect()
    };
    let (zhang, li) = (sessions_of(ZHANG), sessions_of(LI));
    assert!(!zhang.is_empty() && !li.is_empty());
    assert!(zhang.is_disjoint(&li), "{zhang:?} {li:?}");
    assert!(
        calls
            .iter()
            .all(|call| call.outcome.as_ref().unwrap().applied)
    );
    house.close().await;
}

#[tokio::test]
async fn the_file_of_one_is_not_there_for_another() {
    let house = House::open().await;
    house.fault("get_msg_media", McpFaultKind::BigMedia(100_000));
    let call = tool_call("msg", "get_msg_media", json!({ "media_id": "m1" }));
    let fetched = house.ask(ZHANG_TOKEN, "tools/call", call).await;
    let items = fetched["result"]["content"].as_array().unwrap();
    let link = items.iter().find(|item| item["type"] == "resource_link");
    let uri = link.unwrap_or_else(|| panic!("{fetched}"))["uri"].clone();
    assert!(uri.as_str().unwrap().starts_with("wecom-media://"), "{uri}");
    let read = |token, uri: Value| house.ask(token, "resources/read", json!({ "uri": uri }));
    let own = read(ZHANG_TOKEN, uri.clone()).await;
    assert!(own["result"]["contents"][0]["blob"].is_string(), "{own}");
    let unknown: Value = "wecom-media://default/00000000-0000-4000-8000-000000000000".into();
    for token in [LI_TOKEN, NOBODY_TOKEN] {
        let mut others = read(token, uri.clone()).await;
        assert_eq!(others["error"]["data"]["uri"].take(), uri);
        let mut nothing = read(token, unknown.clone()).await;
        assert_eq!(nothing["error"]["data"]["uri"].take(), unknown);
        assert_eq!(others, nothing);
    }
    house.close().await;
}

/// Three of one member who ask the same at once are one; another member's question is his own.
#[tokio::test]
async fn an_answer_on_its_way_is_shared_with_oneself_only() {
    let house = House::open().await;
    let slow = McpFault::new(McpFaultKind::Delay(1_500)).on("get_userlist");
    house.mcp().fault(slow.times(0)).unwrap();
    let asks = [ZHANG_TOKEN, LI_TOKEN, ZHANG_TOKEN, LI_TOKEN, ZHANG_TOKEN];
    let asks = asks.map(|token| house.data(token, "contact", "get_userlist", json!({})));
    let answers = tokio::time::timeout(Duration::from_secs(10), join_all(asks)).await;
    let answers = answers.unwrap();
    assert_eq!((&answers[0], &answers[1]), (&answers[2], &answers[3]));
    let members: Vec<_> = house
        .calls("get_userlist")
        .into_iter()
        .map(|call| call.member.unwrap())
        .collect();
    assert_eq!(members.iter().filter(|it| *it == ZHANG).count(), 1);
    assert_eq!(members.iter().filter(|it| *it == LI).count(), 1);
    house.close().await;
}
