//! Web pages and names that were pointed at this machine.

use serde_json::json;

use super::server::{NOBODY, Server, config, read};

#[tokio::test]
async fn foreign_names_and_pages_are_turned_away() {
    let server = Server::start().await;
    for (host, origin, status) in [
        (None, None, 200),
        (Some("localhost:1"), None, 200),
        (Some("[::1]:8080"), None, 200),
        (Some("LOCALHOST"), Some("http://localhost:5173"), 200),
        (Some("evil.example"), None, 403),
        (Some("localhost."), None, 403),
        (None, Some("null"), 403),
        (None, Some("http://evil.example"), 403),
        (None, Some("https://localhost"), 403),
    ] {
        let mut request = server.modern(NOBODY, "tools/list", json!({}));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = read(request).await;
        assert_eq!(answer.status, status, "{host:?} {origin:?}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_listed_page_may_read_answers() {
    let page = "https://app.example";
    let mut config = config();
    config.mcp_server.allowed_origins = vec![page.to_owned()];
    let server = Server::start_with(config).await;
    let request = server.modern(NOBODY, "tools/list", json!({}));
    let answer = read(request.header("origin", page)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], page);
    let before = server.request(reqwest::Method::OPTIONS, "/mcp");
    let before = read(before.header("origin", page)).await;
    assert_eq!(before.status, 204);
    assert_eq!(before.headers["access-control-allow-origin"], page);
    let unlisted = server.request(reqwest::Method::OPTIONS, "/mcp");
    let unlisted = read(unlisted.header("origin", "http://localhost:1")).await;
    assert_eq!(unlisted.status, 401);
}
