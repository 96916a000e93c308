//! What is not open.

use wecom::sim::{McpFault, McpFaultKind, McpSwitches, StaleKey};

use super::*;

#[tokio::test]
async fn story_36_a_closed_category_ends_the_matter() {
    let stage = Stage::open(&["wecom-get-todo-list"]).await;
    stage
        .mcp()
        .switch(Some("todo"), |switches| {
            switches.open = false;
            switches.closed_code = 846_610;
        })
        .unwrap();
    let args = json!({ "follower_id": "@me", "todo_status": 1, "limit": 20 });
    let error = stage.refused("todo.get_todo_list", args).await;
    assert_eq!(
        (text(&error, "/kind"), &error["retryable"]),
        ("category_unavailable", &json!(false)),
        "{error}"
    );
    stage.told(&[]);
    stage.teach("846610");
    stage.close().await;
}

#[tokio::test]
async fn story_37_an_expired_grant_is_tried_with_a_fresh_address_once() {
    let stage = Stage::open(&["wecom-get-todo-list"]).await;
    let expired = |switches: &mut McpSwitches| switches.stale_key = StaleKey::Errcode(850_001);
    stage.mcp().switch(Some("todo"), expired).unwrap();
    let of_list = |kind| McpFault::new(kind).on("get_todo_list");
    // The first address is refused; the fresh one meets a grant that has truly run out.
    stage
        .mcp()
        .fault(of_list(McpFaultKind::StaleAddress))
        .unwrap();
    let run_out = McpFaultKind::Business {
        errcode: 850_001,
        errmsg: "robot authorization expired".to_owned(),
        help_message: Some("请到管理后台续期".to_owned()),
    };
    stage.mcp().fault(of_list(run_out).nth(2).times(0)).unwrap();
    let args = json!({ "follower_id": "@me", "todo_status": 1, "limit": 20 });
    let error = stage.refused("todo.get_todo_list", args).await;
    assert_eq!(
        (&error["errcode"], &error["retryable"]),
        (&json!(850_001), &json!(false)),
        "{error}"
    );
    assert!(
        error.to_string().contains("请到管理后台续期"),
        "guidance: {error}"
    );
    stage.told(&["todo.get_todo_list", "todo.get_todo_list"]);
    stage.teach("has already tried a fresh address");
    stage.close().await;
}
