//! Getting in: addresses, handshakes, sessions, lists, and who is not let in.

use std::collections::HashMap;

use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use wecom::catalogue;
use wecom::sim::{McpAnswers, McpKey, Sim, StaleKey, TodoForm};

use super::server::{Server, http};
use super::{demo, server, start};

/// The protocol's own client, for a member.
async fn official(sim: &Sim, category: &str) -> RunningService<RoleClient, ClientConfig> {
    let headers = HashMap::from([(
        "x-openclaw-wecom-userid".parse().unwrap(),
        "LiNa".parse().unwrap(),
    )]);
    let url = demo(sim).url(category).unwrap();
    let config = StreamableHttpClientTransportConfig::with_uri(url).custom_headers(headers);
    let transport = StreamableHttpClientTransport::with_client(http(), config);
    let version = ProtocolVersion::V_2025_03_26;
    ClientConfig::default()
        .with_protocol_version(version)
        .serve(transport)
        .await
        .unwrap()
}

async fn names(client: &RunningService<RoleClient, ClientConfig>) -> Vec<String> {
    let tools = client.list_all_tools().await.unwrap();
    tools.iter().map(|tool| tool.name.to_string()).collect()
}

async fn userlist(client: &RunningService<RoleClient, ClientConfig>) -> Value {
    let call = CallToolRequestParams::new("get_userlist");
    let result = client.call_tool(call).await.unwrap();
    let text = &serde_json::to_value(&result).unwrap()["content"][0]["text"];
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_protocols_client_works_in_every_mode() {
    for (stateful, answers) in [
        (false, McpAnswers::Json),
        (true, McpAnswers::Json),
        (false, McpAnswers::Sse),
        (true, McpAnswers::Sse),
    ] {
        let sim = start().await;
        demo(&sim)
            .switch(None, |switches| {
                switches.stateful = stateful;
                switches.answers = answers;
                switches.sse_lines = true;
                switches.sse_crlf = true;
                switches.sse_notification = true;
                switches.page_size = Some(3);
            })
            .unwrap();
        let client = official(&sim, "todo").await;
        let expected: Vec<&str> = catalogue::methods()
            .iter()
            .filter(|method| method.category == "todo")
            .map(|method| method.name.as_str())
            .collect();
        assert_eq!(names(&client).await, expected, "{stateful} {answers:?}");
        let contacts = official(&sim, "contact").await;
        assert_eq!(userlist(&contacts).await["userlist"][0]["userid"], "LiNa");
        client.cancel().await.unwrap();
        contacts.cancel().await.unwrap();
        let calls = sim.mcp_calls();
        let of = |rpc: &str| calls.iter().filter(|call| call.rpc == rpc).count();
        assert_eq!((of("initialize"), of("tools/list")), (2, 3));
        let has_session = |call: &wecom::sim::McpCall| call.session.is_some();
        let calling = calls.iter().find(|call| call.rpc == "tools/call").unwrap();
        assert_eq!(has_session(calling), stateful);
        assert_eq!(calling.member.as_deref(), Some("LiNa"));
        sim.stop().await;
    }
}

#[tokio::test]
async fn the_protocols_client_survives_a_lost_session() {
    let sim = start().await;
    let servers = demo(&sim);
    servers.switch(None, |it| it.stateful = true).unwrap();
    let client = official(&sim, "contact").await;
    assert_eq!(userlist(&client).await["errcode"], 0);
    assert_eq!(servers.expire_sessions(Some("contact")).unwrap(), 1);
    assert_eq!(userlist(&client).await["errcode"], 0);
    let calls = sim.mcp_calls();
    let statuses: Vec<_> = calls
        .iter()
        .filter(|call| call.rpc == "tools/call")
        .map(|call| call.outcome.as_ref().unwrap().status)
        .collect();
    assert_eq!(statuses, [Some(200), Some(404), Some(200)]);
}

#[tokio::test]
async fn a_handshake_opens_a_session_where_there_are_sessions() {
    let sim = start().await;
    let stateless = Server::new(&sim, "contact");
    let hello = stateless.request("initialize", json!({})).await.unwrap();
    assert!(hello.headers().get("mcp-session-id").is_none());
    assert_eq!(hello.headers()["content-type"], "application/json");
    let hello: Value = hello.json().await.unwrap();
    assert_eq!(hello["result"]["protocolVersion"], "2025-03-26");
    assert_eq!(hello["result"]["serverInfo"]["name"], "robot-contact");
    assert_eq!(stateless.rpc("ping", json!({})).await["result"], json!({}));
    let unknown = stateless.rpc("resources/list", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32_601);

    let servers = demo(&sim);
    let change = |it: &mut wecom::sim::McpSwitches| {
        it.stateful = true;
        it.member_sessions = true;
        it.empty_initialize = true;
    };
    servers.switch(Some("contact"), change).unwrap();
    let lina = stateless.acting_for("LiNa");
    let hello = lina.request("initialize", json!({})).await.unwrap();
    let session = hello.headers()["mcp-session-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(hello.json::<Value>().await.unwrap()["result"], json!({}));

    let status = async |server: &Server| {
        let response = server.request("tools/list", json!({})).await.unwrap();
        response.status().as_u16()
    };
    assert_eq!(status(&lina).await, 400);
    let lina = lina.with("mcp-session-id", &session);
    assert_eq!(status(&lina).await, 200);
    let other = lina.clone().acting_for("zhangwei");
    assert_eq!(status(&other).await, 404);
    let notice = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let noticed = lina.send(reqwest::Method::POST, notice.to_string());
    assert_eq!(noticed.await.unwrap().status(), 202);
    let delete = async || {
        let response = lina.send(reqwest::Method::DELETE, String::new());
        response.await.unwrap().status().as_u16()
    };
    assert_eq!(delete().await, 200);
    assert_eq!(delete().await, 404);
    assert_eq!(status(&lina).await, 404);
}

#[tokio::test]
async fn tools_are_listed_in_the_servers_style_and_can_be_missing() {
    let sim = start().await;
    let todo = Server::new(&sim, "todo");
    let listed = todo.rpc("tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap();
    let create = tools.iter().find(|tool| tool["name"] == "create_todo");
    let schema = &create.unwrap()["inputSchema"];
    assert_eq!(schema["title"], "create_todoArguments");
    assert_eq!(schema["properties"]["end_time"]["default"], Value::Null);
    assert!(schema["$defs"]["FollowerList"].is_object());
    assert!(!schema.to_string().contains("additionalProperties"));

    demo(&sim)
        .switch(Some("todo"), |switches| {
            switches.hidden.insert("delete_todo".to_owned());
            switches.todo_form = TodoForm::April;
        })
        .unwrap();
    let listed = todo.rpc("tools/list", json!({})).await;
    let names: Vec<&str> = listed["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
    let params = json!({ "name": "delete_todo", "arguments": {} });
    let unknown = todo.rpc("tools/call", params.clone()).await;
    assert_eq!(unknown["error"]["code"], -32_602);
    demo(&sim)
        .switch(Some("todo"), |it| it.unknown_tool_as_result = true)
        .unwrap();
    let unknown = todo.rpc("tools/call", params).await;
    assert_eq!(unknown["result"]["isError"], true);
}

#[tokio::test]
async fn wrong_arguments_are_a_result_that_names_the_field() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    let wrong = json!({ "content": "x", "follower_list": [{ "follower_id": "LiNa" }] });
    let result = todo.result("create_todo", wrong).await;
    assert_eq!(result["isError"], true);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("follower_list"), "{text}");
    let list = json!({ "follower_id": "LiNa", "cursor": null, "colour": "red" });
    todo.ok("get_todo_list", list).await;
}

#[tokio::test]
async fn only_those_who_accept_both_forms_are_served() {
    let sim = start().await;
    let contact = Server::new(&sim, "contact");
    let bare = contact
        .clone()
        .without("accept")
        .with("accept", "text/html");
    let refused = bare.request("tools/list", json!({})).await.unwrap();
    assert_eq!(refused.status(), 406);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["error"]["code"], -32_600);
    let get = contact.send(reqwest::Method::GET, String::new()).await;
    assert_eq!(get.unwrap().status(), 405);
    for (body, code) in [
        ("{", -32_700),
        ("[]", -32_600),
        ("{\"id\":1,\"method\":2}", -32_600),
    ] {
        let answer = contact.send(reqwest::Method::POST, body.to_owned()).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{body}");
    }
}

#[tokio::test]
async fn a_new_key_makes_the_old_address_stale() {
    let sim = start().await;
    let servers = demo(&sim);
    let contact = Server::new(&sim, "contact");
    contact.ok("get_userlist", json!({})).await;
    servers.rotate(Some("contact")).unwrap();
    assert_ne!(servers.url("contact").unwrap(), contact.url());
    let refused = contact.try_call("get_userlist", json!({})).await.unwrap();
    assert_eq!(refused.status(), 401);
    for errcode in [853_000, 850_001] {
        servers
            .switch(Some("contact"), |it| {
                it.stale_key = StaleKey::Errcode(errcode);
            })
            .unwrap();
        assert_eq!(contact.code("get_userlist", json!({})).await, errcode);
    }
    Server::new(&sim, "contact")
        .ok("get_userlist", json!({}))
        .await;
    let other = contact.url().replace("robot-contact", "robot-todo");
    let refused = http().post(other).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let keys: Vec<McpKey> = sim.mcp_calls().iter().map(|call| call.key).collect();
    let (good, stale, no) = (McpKey::Current, McpKey::Stale, McpKey::Unknown);
    assert_eq!(keys, [good, stale, stale, stale, good, no]);
}
