//! The log: one line for each call, and nothing of what was said.

use serde_json::json;
use wecom::sim::McpFaultKind;

use super::house::{House, LI_TOKEN, NOBODY_TOKEN, ZHANG, ZHANG_TOKEN, todo};

#[tokio::test]
async fn every_call_has_one_line() {
    let house = House::open_with(&[("WECOM_LOG", "info"), ("NO_COLOR", "1")]).await;
    house
        .data(ZHANG_TOKEN, "todo", "create_todo", todo("a", ZHANG))
        .await;
    house
        .data(NOBODY_TOKEN, "contact", "get_userlist", json!({}))
        .await;
    house
        .refused(ZHANG_TOKEN, "contact", "get_everything", json!({}))
        .await;
    let log = house.close().await;
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("tool call"))
        .collect();
    let expected = [
        ("todo", "create_todo", "ok", true),
        ("contact", "get_userlist", "ok", false),
        ("contact", "get_everything", "unknown_method", true),
    ];
    assert_eq!(lines.len(), expected.len(), "{log}");
    for (line, (category, method, outcome, has_member)) in lines.iter().zip(expected) {
        for (name, value) in [
            ("account", "default"),
            ("category", category),
            ("method", method),
            ("outcome", outcome),
        ] {
            let plain = format!("{name}={value}");
            let quoted = format!("{name}=\"{value}\"");
            assert!(
                line.contains(&plain) || line.contains(&quoted),
                "{name}: {line}"
            );
        }
        assert!(line.contains("duration_ms="), "{line}");
        let member = format!("requester=\"{ZHANG}\"");
        assert_eq!(line.contains(&member), has_member, "for whom: {line}");
    }
}

#[tokio::test]
async fn nothing_that_was_said_and_no_secret_is_in_the_log() {
    let house = House::open_with(&[("WECOM_LOG", "debug")]).await;
    house
        .data(
            ZHANG_TOKEN,
            "todo",
            "create_todo",
            todo("CANARY-IN-ARGS", ZHANG),
        )
        .await;
    let text = McpFaultKind::Text("CANARY-IN-A-RESULT".to_owned());
    house.fault("get_userlist", text);
    house
        .call(LI_TOKEN, "contact", "get_userlist", json!({}))
        .await;
    let failure = McpFaultKind::Business {
        errcode: 40_058,
        errmsg: "CANARY-IN-AN-ERROR".to_owned(),
        help_message: Some("CANARY-IN-HELP".to_owned()),
    };
    house.fault("get_userlist", failure);
    house
        .refused(LI_TOKEN, "contact", "get_userlist", json!({}))
        .await;
    house.fault("create_todo", McpFaultKind::Drop);
    house
        .refused(
            ZHANG_TOKEN,
            "todo",
            "create_todo",
            todo("CANARY-LOST", ZHANG),
        )
        .await;
    house
        .call(
            ZHANG_TOKEN,
            "todo",
            "create_todo",
            json!("{\"CANARY-MALFORMED"),
        )
        .await;
    let stranger = house.request("canary-of-a-stranger", "tools/list", json!({}));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    house.mcp().rotate(None).unwrap();
    house
        .data(LI_TOKEN, "contact", "get_userlist", json!({}))
        .await;
    let log = house.close().await;
    assert!(log.contains("DEBUG"), "{log}");
    assert!(log.contains("tool call"), "{log}");
    for line in log.lines() {
        let low = line.to_lowercase();
        assert!(
            !low.contains("canary") && !low.contains("apikey="),
            "{line}"
        );
    }
}
