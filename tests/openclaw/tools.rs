//! The tool, and for whom it acts.

use serde_json::{Value, json};

use crate::house::House;
use crate::plugin::Plugin;
use crate::support::USER;

async fn call(plugin: &mut Plugin, ctx: Value) -> Value {
    plugin
        .send(
            json!({"t": "tool", "id": "c1", "tool": "wecom_mcp", "ctx": ctx,
                     "args": {"action": "call", "category": "todo", "method": "get_todo_list",
                              "args": {"follower_id": USER}}}),
        )
        .await;
    plugin.expect("tool.result").await
}

fn ctx() -> Value {
    json!({"requesterSenderId": USER, "senderIsOwner": false, "messageChannel": "wecom",
           "agentAccountId": "default", "agentId": "main",
           "sessionKey": format!("agent:main:wecom:default:direct:{USER}"),
           "deliveryContext": {"channel": "wecom", "to": format!("user:{USER}"), "accountId": "default"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_acts_for_the_member_whose_turn_it_is() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    let asked = house.say("what is to do?");
    let mut run = plugin.turn().await;
    let result = call(&mut plugin, ctx()).await;
    assert_eq!(result["isError"], false, "{result}");
    assert_eq!(result["content"][0]["type"], "text");
    plugin.finish(&mut run, "nothing").await;
    house.answer(&asked).await;
    let mut calls = house.sim.mcp_calls();
    calls.retain(|call| call.method.as_deref() == Some("get_todo_list"));
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].member.as_deref(), Some(USER));
    assert!(calls[0].is_named);
    plugin.send(json!({"t": "tools.list", "id": "l1"})).await;
    let specs = plugin.expect("tools.specs").await;
    assert_eq!(specs["tools"][0]["name"], "wecom_mcp");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_member_of_a_chat_here_gets_nothing() {
    let house = House::open().await;
    let mut plugin = house.plugin().await;
    for (key, value) in [
        ("requesterSenderId", Value::Null),
        ("messageChannel", json!("telegram")),
        ("messageChannel", Value::Null),
        ("agentAccountId", json!("elsewhere")),
        (
            "deliveryContext",
            json!({"channel": "wecom", "to": "x", "accountId": "elsewhere"}),
        ),
    ] {
        let mut ctx = ctx();
        ctx[key] = value.clone();
        let result = call(&mut plugin, ctx).await;
        assert_eq!(result["isError"], true, "{key} {value}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("authorization"), "{text}");
    }
    plugin
        .send(json!({"t": "tool", "id": "c2", "tool": "wecom_send", "ctx": ctx(), "args": {}}))
        .await;
    assert_eq!(plugin.expect("tool.result").await["isError"], true);
    assert_eq!(house.sim.mcp_calls(), []);
    house.close().await;
}
