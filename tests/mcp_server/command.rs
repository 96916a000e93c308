//! `wecom mcp list`, `call` and `token`, with a daemon and without.

use std::path::Path;

use serde_json::Value;

use super::stdio_client::{Daemon, program};

struct Ended {
    code: i32,
    out: String,
    err: String,
}

async fn run(home: &Path, arguments: &[&str]) -> Ended {
    let ended = program(home)
        .arg("mcp")
        .args(arguments)
        .output()
        .await
        .unwrap();
    Ended {
        code: ended.status.code().unwrap(),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[tokio::test]
async fn a_call_by_hand_is_the_tools_and_names_its_member() {
    let home = tempfile::tempdir().unwrap();
    let none = run(home.path(), &["call", "todo", "echo"]).await;
    assert_eq!(none.code, 69, "{}", none.err);
    assert!(none.err.contains("wecom run"));

    let _daemon = Daemon::start(home.path()).await;
    let called = ["call", "todo", "echo", r#"{"a":1}"#, "--as", "lisi"];
    let called = run(home.path(), &called).await;
    assert_eq!(called.code, 0, "{}", called.err);
    let answer: Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(answer["data"]["requester"], "lisi");
    assert_eq!(answer["data"]["arguments"]["args"], r#"{"a":1}"#);

    let failed = run(home.path(), &["call", "todo", "fail"]).await;
    let answer: Value = serde_json::from_str(&failed.out).unwrap();
    assert_eq!((failed.code, &answer["ok"]), (1, &Value::Bool(false)));

    let listed = run(home.path(), &["list", "todo", "get_*", "--names"]).await;
    let answer: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(answer["data"]["arguments"]["detail"], "names");
    assert_eq!(answer["data"]["requester"], Value::Null);
}

#[tokio::test]
async fn tokens_are_made_shown_once_listed_and_revoked_with_a_daemon_and_without() {
    for with_daemon in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let _daemon = if with_daemon {
            Some(Daemon::start(home.path()).await)
        } else {
            None
        };
        let add = [
            "token",
            "add",
            "--id",
            "ci",
            "--user",
            "lisi",
            "--read-only",
            "--ttl",
            "1h",
        ];
        let made = run(home.path(), &add).await;
        assert_eq!(made.code, 0, "{}", made.err);
        let token = made.out.trim();
        assert!(token.starts_with("wmt_"), "{token}");
        assert_ne!(run(home.path(), &add).await.code, 0, "the name is taken");
        let listed = run(home.path(), &["token", "list"]).await;
        assert!(
            listed
                .out
                .contains("ci: account default, for lisi, reading only, until "),
            "{}",
            listed.out
        );
        assert!(!listed.out.contains("wmt_"));
        let revoked = run(home.path(), &["token", "revoke", "ci"]).await;
        assert_eq!(revoked.code, 0, "{}", revoked.err);
        assert_eq!(run(home.path(), &["token", "revoke", "ci"]).await.code, 1);
    }
}

#[tokio::test]
async fn a_registration_over_http_comes_with_a_token() {
    let home = tempfile::tempdir().unwrap();
    let printed = run(home.path(), &["config", "--client", "claude", "--http"]).await;
    assert_eq!(printed.code, 0, "{}", printed.err);
    let written: Value = serde_json::from_str(&printed.out).unwrap();
    let server = &written["mcpServers"]["wecom"];
    assert_eq!(server["url"], "http://127.0.0.1:19789/mcp");
    assert!(printed.err.contains("WECOM_MCP_TOKEN=wmt_"));
    assert!(!printed.out.contains("wmt_"));
    let listed = run(home.path(), &["token", "list"]).await;
    assert!(listed.out.starts_with("claude-"), "{}", listed.out);
}
