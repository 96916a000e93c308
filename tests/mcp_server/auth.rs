//! Whose token it is decides for whom calls act, and nothing else does.

use serde_json::{Value, json};

use super::server::{
    HOST, NOBODY, READER, Server, ZHANGSAN, call_params, config, initialize, legacy_call, read,
};
use wecom::config::McpAuth;

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let server = Server::start().await;
    let body = initialize("2025-11-25");
    let in_query = server
        .request(reqwest::Method::POST, &format!("/mcp?token={ZHANGSAN}"))
        .json(&body);
    let basic = server
        .post(None)
        .basic_auth("x", Some(ZHANGSAN))
        .json(&body);
    for (name, request) in [
        ("none", server.post(None).json(&body)),
        ("wrong", server.post(Some("wmt_wrong")).json(&body)),
        ("empty", server.post(Some("")).json(&body)),
        ("query", in_query),
        ("basic", basic),
        ("stream", server.request(reqwest::Method::GET, "/mcp")),
        (
            "host's",
            server.request(reqwest::Method::POST, "/mcp/token"),
        ),
    ] {
        let answer = read(request).await;
        assert_eq!(answer.status, 401, "{name}");
        assert_eq!(
            answer.headers["www-authenticate"], "Bearer realm=\"wecom\"",
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_member_is_the_tokens_whatever_the_request_says() {
    let server = Server::start().await;
    let mut params = call_params("echo");
    params["arguments"]["userid"] = "lisi".into();
    params["arguments"]["requester"] = "lisi".into();
    params["_meta"] = json!({"requester": "lisi", "x-openclaw-wecom-userid": "lisi"});
    for (token, member) in [(ZHANGSAN, json!("zhangsan")), (NOBODY, Value::Null)] {
        let request = server
            .modern(token, "tools/call", params.clone())
            .header("x-openclaw-wecom-userid", "lisi");
        let answer = read(request).await.message();
        let data = &answer["result"]["structuredContent"]["data"];
        assert_eq!(data["requester"], member, "{answer}");
    }
}

#[tokio::test]
async fn a_session_is_unknown_to_another_token() {
    let server = Server::start().await;
    let session = server.session(ZHANGSAN, "2025-06-18").await;
    let call = legacy_call("echo", None);
    let stolen = read(server.in_session(NOBODY, &session).json(&call)).await;
    assert_eq!(stolen.status, 404);
    let listening = server
        .request(reqwest::Method::GET, "/mcp")
        .bearer_auth(NOBODY)
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session);
    assert_eq!(read(listening).await.status, 404);
    let ending = server
        .request(reqwest::Method::DELETE, "/mcp")
        .bearer_auth(NOBODY)
        .header("mcp-session-id", &session);
    assert_eq!(read(ending).await.status, 404);
    let own = server.call(ZHANGSAN, &session, "echo").await;
    assert_eq!(
        own["result"]["structuredContent"]["data"]["requester"],
        "zhangsan"
    );
}

#[tokio::test]
async fn a_host_asks_for_a_token_for_each_person() {
    let server = Server::start().await;
    let ask = |token: &str, body: Value| {
        server
            .request(reqwest::Method::POST, "/mcp/token")
            .bearer_auth(token)
            .json(&body)
    };
    let wangwu = json!({"account": "default", "requester": "wangwu", "ttl_s": 60});
    let given = read(ask(HOST, wangwu.clone())).await;
    assert_eq!(given.status, 200, "{given:?}");
    let given: Value = serde_json::from_str(&given.text).unwrap();
    assert_eq!(given["expires_in_s"], 60);
    let token = given["token"].as_str().unwrap();
    assert!(token.starts_with("wmt_"));
    let session = server.session(token, "2025-06-18").await;

    // A renewed token of the same person goes on in the same session.
    let renewed = read(ask(HOST, wangwu.clone())).await;
    let renewed: Value = serde_json::from_str(&renewed.text).unwrap();
    let renewed = renewed["token"].as_str().unwrap();
    assert_ne!(renewed, token);
    let called = server.call(renewed, &session, "echo").await;
    assert_eq!(
        called["result"]["structuredContent"]["data"]["requester"],
        "wangwu"
    );

    for (name, request, status) in [
        ("no host", ask(ZHANGSAN, wangwu.clone()), 403),
        ("a member's", ask(token, wangwu), 403),
        (
            "account",
            ask(HOST, json!({"account": "x", "requester": "wangwu"})),
            403,
        ),
        (
            "member",
            ask(HOST, json!({"account": "default", "requester": "王五"})),
            400,
        ),
        ("shape", ask(HOST, json!({"requester": "wangwu"})), 400),
    ] {
        assert_eq!(read(request).await.status, status, "{name}");
    }

    let mut without = (*server.config.get()).clone();
    without.mcp_server.clients.retain(|client| !client.delegate);
    server.config.replace(without);
    let after = read(server.modern(renewed, "tools/list", json!({}))).await;
    assert_eq!(after.status, 401, "with its host a token loses its ground");
}

#[tokio::test]
async fn a_bounded_credential_is_shown_its_own_lists() {
    let mut config = config();
    config.mcp_server.expand = vec!["todo".to_owned(), "msg".to_owned()];
    let server = Server::start_with(config).await;
    let all = server.ask(NOBODY, "tools/list", json!({})).await;
    let own = server.ask(READER, "tools/list", json!({})).await;
    assert_eq!(all["result"]["cacheScope"], "public");
    assert_eq!(own["result"]["cacheScope"], "private");
    let names = |list: &Value| -> Vec<String> {
        let tools = list["result"]["tools"].as_array().unwrap();
        tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let has = |names: &[String], name: &str| names.iter().any(|one| one == name);
    assert!(has(&names(&all), "wecom_msg_send_message"));
    let own = names(&own);
    assert!(has(&own, "wecom_todo_get_todo_list"), "{own:?}");
    assert!(!has(&own, "wecom_msg_send_message") && !has(&own, "wecom_todo_delete_todo"));
}

#[tokio::test]
async fn without_authentication_calls_act_for_nobody() {
    let mut config = config();
    config.mcp_server.auth = McpAuth::None;
    let server = Server::start_with(config).await;
    let request = server
        .post(None)
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "wecom_mcp")
        .json(&super::server::modern_body(
            "tools/call",
            call_params("echo"),
        ));
    let answer = read(request).await.message();
    let data = &answer["result"]["structuredContent"]["data"];
    assert_eq!(data["requester"], Value::Null, "{answer}");
    // A wrong token is no token, not nobody's.
    let wrong = read(server.modern("wrong", "tools/list", json!({}))).await;
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn beyond_loopback_it_is_served_only_when_the_operator_says_so() {
    let mut config = config();
    config.gateway.bind = "0.0.0.0".parse().unwrap();
    config.mcp_server.auth = McpAuth::None;
    let server = Server::start_with(config.clone()).await;
    assert_eq!(
        read(server.modern(ZHANGSAN, "tools/list", json!({})))
            .await
            .status,
        404
    );
    config.mcp_server.public = true;
    config.mcp_server.allowed_hosts = vec!["127.0.0.1".to_owned()];
    server.config.replace(config);
    assert_eq!(
        read(server.modern(ZHANGSAN, "tools/list", json!({})))
            .await
            .status,
        200
    );
    let body = initialize("2025-11-25");
    assert_eq!(read(server.post(None).json(&body)).await.status, 401);
}
