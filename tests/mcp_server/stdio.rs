//! `wecom mcp` over standard input and output.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::server::{legacy_call, modern_body, until};
use super::stdio_client::{Client, Daemon, program};

#[tokio::test]
async fn without_a_daemon_skills_are_served_and_calls_say_how_to_start_it() {
    let home = tempfile::tempdir().unwrap();
    let mut client = Client::ready(home.path(), &["--user", "zhangsan"]).await;
    let read = json!({
        "jsonrpc": "2.0", "id": 1, "method": "resources/read",
        "params": {"uri": "skill://wecom-edit-todo/SKILL.md"},
    });
    let read = client.ask(&read).await;
    assert!(read["result"]["contents"][0]["text"].is_string());
    let called = client.ask(&legacy_call("echo", None)).await;
    let structured = &called["result"]["structuredContent"];
    assert_eq!(called["result"]["isError"], true);
    assert_eq!(structured["error"]["kind"], "not_connected");
    assert_eq!(structured["error"]["retryable"], true);
    let next = structured["error"]["next"].as_str().unwrap();
    assert!(next.contains("wecom run"), "{next}");

    // The daemon comes, goes, and comes again.
    for _ in 0..2 {
        let daemon = Daemon::start(home.path()).await;
        let called = client.ask(&legacy_call("echo", None)).await;
        let data = &called["result"]["structuredContent"]["data"];
        assert_eq!(data["requester"], "zhangsan", "{called}");
        drop(daemon);
    }
    let (said, status) = client.close().await;
    assert!(said.is_empty() && status.success());
}

#[tokio::test]
async fn every_way_to_begin_is_understood() {
    let home = tempfile::tempdir().unwrap();
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        let mut client = Client::start(home.path(), &[]);
        let begun = client.ask(&super::server::initialize(asked)).await;
        assert_eq!(begun["result"]["protocolVersion"], answered);
    }
    let mut client = Client::start(home.path(), &[]);
    let too_early = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list"});
    assert_eq!(client.ask(&too_early).await["error"]["code"], -32602);
    let modern = client.ask(&modern_body("tools/list", json!({}))).await;
    assert_eq!(modern["result"]["tools"].as_array().unwrap().len(), 2);
    assert_eq!(client.ask(&too_early).await["error"]["code"], -32602);
}

#[tokio::test]
async fn what_is_no_message_is_passed_over_and_a_long_one_is_taken() {
    let home = tempfile::tempdir().unwrap();
    let _daemon = Daemon::start(home.path()).await;
    let mut client = Client::ready(home.path(), &[]).await;
    client.send_line("Welcome to the wrapper!").await;
    let mut long = legacy_call("echo", None);
    let text = "x".repeat(8 * 1024 * 1024);
    long["params"]["arguments"]["args"] = json!({"content": text});
    let answer = client.ask(&long).await;
    let structured = &answer["result"]["structuredContent"];
    let sent = &structured["data"]["arguments"]["args"]["content"];
    assert_eq!(sent.as_str().unwrap().len(), text.len());
}

#[tokio::test]
async fn steps_and_the_end_of_a_call_pass_through_the_daemon() {
    let home = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(home.path()).await;
    let mut client = Client::ready(home.path(), &[]).await;
    client.send(&legacy_call("never", Some("p"))).await;
    let step = client.receive().await;
    assert_eq!(step["params"]["progressToken"], "p", "{step}");
    let cancelled = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7},
    });
    client.send(&cancelled).await;
    let dropped = &daemon.runner.dropped;
    until("the call is dropped", || {
        dropped.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn a_legacy_client_hears_what_its_person_can_act_on() {
    let home = tempfile::tempdir().unwrap();
    let _daemon = Daemon::start(home.path()).await;
    let mut client = Client::ready(home.path(), &[]).await;
    client.send(&legacy_call("fail", None)).await;
    let heard = client.receive().await;
    assert_eq!(heard["method"], "notifications/message", "{heard}");
    assert_eq!(heard["params"]["logger"], "wecom");
    assert_eq!(client.receive().await["id"], 7);
    let level = json!({
        "jsonrpc": "2.0", "id": 2, "method": "logging/setLevel", "params": {"level": "error"},
    });
    client.ask(&level).await;
    client.send(&legacy_call("fail", None)).await;
    assert_eq!(client.receive().await["id"], 7, "less than it asked for");
}

#[tokio::test]
async fn the_end_of_the_input_ends_it_and_with_it_what_still_runs() {
    let home = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(home.path()).await;
    let mut client = Client::ready(home.path(), &[]).await;
    client.send(&legacy_call("never", None)).await;
    let begun = &daemon.runner.begun;
    until("the call has begun", || begun.load(Ordering::SeqCst) == 1).await;
    let (_, status) = client.close().await;
    assert!(status.success());
    let dropped = &daemon.runner.dropped;
    until("the call is dropped", || {
        dropped.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_it_in_order() {
    let home = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(home.path()).await;
    let mut client = Client::ready(home.path(), &[]).await;
    client.send(&legacy_call("soon", None)).await;
    let begun = &daemon.runner.begun;
    until("the call has begun", || begun.load(Ordering::SeqCst) == 1).await;
    let killed = tokio::process::Command::new("kill")
        .args(["-TERM", &client.id().to_string()])
        .status();
    assert!(killed.await.unwrap().success());
    daemon.runner.soon.notify_one();
    let (said, status) = client.end().await;
    assert!(status.success(), "{status}");
    assert_eq!(said[0]["id"], 7, "the running call was answered");
}

#[tokio::test]
async fn a_member_that_fits_no_header_is_refused_at_once() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [["--user", "张三"], ["--account", "nowhere"]] {
        let mut command = program(home.path());
        command.arg("mcp").args(arguments);
        let ended = command.output().await.unwrap();
        assert!(!ended.status.success(), "{arguments:?}");
        assert_eq!(ended.stdout, b"");
    }
}

#[tokio::test]
async fn arguments_are_in_no_log() {
    let home = tempfile::tempdir().unwrap();
    let _daemon = Daemon::start(home.path()).await;
    let mut command = program(home.path());
    command
        .arg("mcp")
        .env("WECOM_LOG", "trace,rmcp=trace")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut call = modern_body("tools/call", super::server::call_params("echo"));
    call["params"]["arguments"]["args"] = json!({"content": "MARKED-ARGUMENT"});
    let mut input = child.stdin.take().unwrap();
    let text = format!("{call}\n");
    tokio::io::AsyncWriteExt::write_all(&mut input, text.as_bytes())
        .await
        .unwrap();
    drop(input);
    let ended = child.wait_with_output().await.unwrap();
    let answered: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let echoed = &answered["result"]["structuredContent"]["data"]["arguments"]["args"];
    assert_eq!(echoed["content"], "MARKED-ARGUMENT");
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(!log.is_empty() && !log.contains("MARKED"), "{log}");
}

/// A client may write its requests and close at once, as a pipe does.
#[tokio::test]
async fn what_was_asked_before_the_input_ended_is_answered() {
    let home = tempfile::tempdir().unwrap();
    let mut client = Client::ready(home.path(), &[]).await;
    client.send(&legacy_call("echo", None)).await;
    let (said, status) = client.close().await;
    assert!(status.success());
    let answers: Vec<&Value> = said.iter().filter(|said| said["id"].is_number()).collect();
    assert_eq!(answers.len(), 1, "{said:?}");
    let structured = &answers[0]["result"]["structuredContent"];
    assert_eq!(structured["error"]["kind"], "not_connected");
}
