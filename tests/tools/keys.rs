//! Addresses whose key is no longer good.

use futures_util::future::join_all;
use serde_json::{Value, json};
use wecom::sim::{McpFault, McpFaultKind};

use super::house::{House, ZHANG, ZHANG_TOKEN};

fn expired() -> McpFaultKind {
    McpFaultKind::Business {
        errcode: 850_001,
        errmsg: "authorization expired".to_owned(),
        help_message: Some("open https://work.weixin.qq.com/x and allow it".to_owned()),
    }
}

fn args() -> Value {
    json!({ "follower_id": ZHANG })
}

#[tokio::test]
async fn after_a_new_key_the_next_call_succeeds_with_one_more_look() {
    let house = House::open().await;
    house
        .data(ZHANG_TOKEN, "todo", "get_todo_list", args())
        .await;
    assert_eq!(house.fetches(), 1);
    house.mcp().rotate(Some("todo")).unwrap();
    for _ in 0..3 {
        house
            .data(ZHANG_TOKEN, "todo", "get_todo_list", args())
            .await;
    }
    assert_eq!(house.fetches(), 2);
    house.close().await;
}

#[tokio::test]
async fn a_missing_authorisation_is_looked_for_once_and_then_told() {
    let house = House::open().await;
    house
        .data(ZHANG_TOKEN, "todo", "get_todo_list", args())
        .await;
    house
        .mcp()
        .fault(McpFault::new(expired()).times(0))
        .unwrap();
    let error = house
        .refused(ZHANG_TOKEN, "todo", "get_todo_list", args())
        .await;
    assert_eq!(error["kind"], "authorization", "{error}");
    assert_eq!(error["errcode"], 850_001);
    assert_eq!(error["retryable"], false);
    assert!(error["help"].is_object(), "{error}");
    assert_eq!(house.fetches(), 2);
    assert_eq!(
        house.calls("get_todo_list").len(),
        2,
        "the address is the same"
    );
    house.close().await;
}

#[tokio::test]
async fn ten_at_once_look_once() {
    let house = House::open().await;
    house
        .data(ZHANG_TOKEN, "todo", "get_todo_list", args())
        .await;
    house
        .mcp()
        .fault(McpFault::new(expired()).times(0))
        .unwrap();
    // Of ten different calls none is another one's again.
    let calls = (0..10).map(|n| {
        let args = json!({ "follower_id": ZHANG, "limit": n + 1 });
        house.refused(ZHANG_TOKEN, "todo", "get_todo_list", args)
    });
    for error in join_all(calls).await {
        assert_eq!(error["kind"], "authorization", "{error}");
    }
    assert_eq!(house.calls("get_todo_list").len(), 11);
    assert_eq!(house.fetches(), 2);
    house.close().await;
}
