//! Five revisions on one endpoint.

use serde_json::{Value, json};

use super::server::{NOBODY, Server, call_params, initialize, modern_body, read};

#[tokio::test]
async fn initialize_is_answered_with_the_revision_asked_for_or_the_newest_that_has_it() {
    let server = Server::start().await;
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let answer = read(server.post(Some(NOBODY)).json(&initialize(asked))).await;
        let result = &answer.message()["result"];
        assert_eq!(result["protocolVersion"], answered, "{asked}");
        assert_eq!(result["serverInfo"]["name"], "wecom");
        assert_eq!(
            result["capabilities"]["extensions"]["io.modelcontextprotocol/skills"],
            json!({"directoryRead": true})
        );
        assert!(result["capabilities"]["logging"].is_object());
        assert!(answer.session().is_ascii());
    }
}

#[tokio::test]
async fn the_newest_revision_needs_no_session() {
    let server = Server::start().await;
    let found = server.ask(NOBODY, "server/discover", json!({})).await;
    let result = &found["result"];
    assert_eq!(
        result["supportedVersions"].as_array().unwrap().len(),
        5,
        "{found}"
    );
    assert_eq!(result["ttlMs"], 3_600_000);
    assert!(result["capabilities"]["logging"].is_null());
    assert!(
        result["instructions"]
            .as_str()
            .unwrap()
            .contains("for no member")
    );
    let called = server.ask(NOBODY, "tools/call", call_params("echo")).await;
    assert_eq!(called["result"]["structuredContent"]["ok"], true);
    assert_eq!(called["result"]["resultType"], "complete");
}

#[tokio::test]
async fn what_the_newest_revision_forbids_is_an_error_with_its_own_status() {
    let server = Server::start().await;
    let modern = |method: &str, params: Value| server.modern(NOBODY, method, params);
    let other_version = json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2099-01-01"}});
    let without_capabilities = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/list",
        "params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}},
    });
    let version = "mcp-protocol-version";
    for (name, request, status, code) in [
        ("removed", modern("ping", json!({})), 404, -32601),
        (
            "set level",
            modern("logging/setLevel", json!({"level": "info"})),
            404,
            -32601,
        ),
        ("unknown", modern("tools/nothing", json!({})), 404, -32601),
        (
            "listening",
            modern("subscriptions/listen", json!({"notifications": {}})),
            404,
            -32601,
        ),
        (
            "unknown version",
            server
                .post(Some(NOBODY))
                .header(version, "2099-01-01")
                .header("mcp-method", "tools/list")
                .json(&modern_body("tools/list", other_version)),
            400,
            -32022,
        ),
        (
            "incomplete",
            server
                .post(Some(NOBODY))
                .header(version, "2026-07-28")
                .header("mcp-method", "tools/list")
                .json(&without_capabilities),
            400,
            -32602,
        ),
        (
            "other method in the header",
            server
                .post(Some(NOBODY))
                .header(version, "2026-07-28")
                .header("mcp-method", "prompts/list")
                .json(&modern_body("tools/list", json!({}))),
            400,
            -32020,
        ),
        (
            "cursor",
            modern("tools/list", json!({"cursor": "2"})),
            200,
            -32602,
        ),
        (
            "no such tool",
            modern("tools/call", json!({"name": "nothing"})),
            200,
            -32602,
        ),
    ] {
        let answer = read(request).await;
        let error = &answer.message()["error"];
        assert_eq!(
            (answer.status, error["code"].as_i64()),
            (status, Some(code)),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn a_name_that_is_no_ascii_is_written_in_base64() {
    let server = Server::start().await;
    let uri = "skill://wecom-edit-todo/SKILL.md";
    let body = modern_body("resources/read", json!({"uri": uri}));
    let with_name = |name: &str| {
        server
            .post(Some(NOBODY))
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "resources/read")
            .header("mcp-name", name)
            .json(&body)
    };
    let encoded = "=?base64?c2tpbGw6Ly93ZWNvbS1lZGl0LXRvZG8vU0tJTEwubWQ=?=";
    for (name, status) in [
        (uri, 200),
        (encoded, 200),
        ("=?base64?!?=", 400),
        ("x", 400),
    ] {
        assert_eq!(read(with_name(name)).await.status, status, "{name}");
    }
}

#[tokio::test]
async fn a_legacy_request_needs_its_session() {
    let server = Server::start().await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(
        read(server.post(Some(NOBODY)).json(&list)).await.status,
        400
    );
    let session = server.session(NOBODY, "2025-06-18").await;
    let answer = read(server.in_session(NOBODY, &session).json(&list)).await;
    let tools = &answer.message()["result"]["tools"];
    assert_eq!(tools.as_array().unwrap().len(), 2);

    let ended = server
        .request(reqwest::Method::DELETE, "/mcp")
        .bearer_auth(NOBODY)
        .header("mcp-session-id", &session);
    assert!(read(ended).await.status < 300);
    let after = read(server.in_session(NOBODY, &session).json(&list)).await;
    assert_eq!(after.status, 404);
}
