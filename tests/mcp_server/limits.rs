//! Limits of one credential and of one message.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::DEADLINE;
use super::server::{NOBODY, Server, ZHANGSAN, call_params, read};

#[tokio::test]
async fn only_one_json_message_of_bounded_size_is_taken() {
    let server = Server::start().await;
    let too_large = format!(r#"{{"x":"{}"}}"#, "a".repeat(8 * 1024 * 1024));
    for (name, body, status, code) in [
        ("not json", "{".to_owned(), 400, Some(-32700)),
        ("batch", "[]".to_owned(), 400, Some(-32600)),
        ("too large", too_large, 413, None),
    ] {
        let answer = read(server.post(Some(NOBODY)).body(body)).await;
        assert_eq!(answer.status, status, "{name}");
        if let Some(code) = code {
            assert_eq!(answer.message()["error"]["code"], code, "{name}");
        }
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let wrong_type = server
        .request(reqwest::Method::POST, "/mcp")
        .bearer_auth(NOBODY)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "text/plain");
    assert_eq!(read(wrong_type.body(body.to_string())).await.status, 415);
    let no_stream = server
        .request(reqwest::Method::POST, "/mcp")
        .bearer_auth(NOBODY)
        .header("accept", "application/json")
        .json(&body);
    assert_eq!(read(no_stream).await.status, 406);
}

#[tokio::test]
async fn calls_beyond_the_burst_are_put_off() {
    let server = Server::start().await;
    let call = || server.modern(NOBODY, "tools/call", call_params("echo"));
    let mut put_off = None;
    for _ in 0..40 {
        let answer = read(call()).await;
        if answer.status == 429 {
            put_off = Some(answer);
            break;
        }
    }
    let put_off = put_off.expect("forty calls at once are too many");
    let after: u64 = put_off.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&after));
    let other = read(server.modern(ZHANGSAN, "tools/call", call_params("echo"))).await;
    assert_eq!(other.status, 200, "another credential has its own rate");
    let list = read(server.modern(NOBODY, "tools/list", json!({}))).await;
    assert_eq!(list.status, 200, "a list is no call");
}

#[tokio::test]
async fn a_client_that_dribbles_its_headers_is_let_go() {
    let server = Server::start().await;
    let mut socket = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    socket
        .write_all(b"POST /mcp HTTP/1.1\r\nHost: loc")
        .await
        .unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(DEADLINE, socket.read_to_end(&mut rest))
        .await
        .expect("the server ends the connection")
        .ok();
}
