//! `wecom sim` with a file of its own.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::DEADLINE;

const FILE: &str = r#"{
    "bots": [{ "id": "aibHOOK", "name": "钩子", "webhook": {
        "url": "http://127.0.0.1:9/bot", "token": "t",
        "encodingAESKey": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" } }],
    "apps": [{ "corp_id": "wwSEED", "agent_id": 7, "secret": "s", "name": "审批" }]
}"#;

fn command(file: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .args(["sim", "--empty", "--bind", "127.0.0.1:0", "--seed"])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_file_says_who_exists() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.json");
    std::fs::write(&file, FILE).unwrap();
    let mut program = command(&file).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let first = timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap();
    let first = first.unwrap();
    let page = first.strip_prefix("chat page   http://").unwrap();
    let host = page.trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /sim/state HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let state: Value = serde_json::from_str(body).unwrap();
    assert_eq!(state["bots"].as_array().unwrap().len(), 1);
    assert_eq!(state["bots"][0]["called"], true);
    assert_eq!(state["apps"][0]["id"], "wwSEED/7");
}

#[tokio::test]
async fn a_file_that_says_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.json");
    for (text, reason) in [
        (r#"{"bot": []}"#, "unknown field `bot`"),
        (
            r#"{"bots": [{ "id": "b", "name": "B", "webhook": { "url": "x", "token": "t",
                "encodingAESKey": "k" } }]}"#,
            "`x` is no address",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let ended = timeout(DEADLINE, command(&file).output())
            .await
            .unwrap()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && said.contains(reason), "{said}");
    }
}
