//! Tools as the command line offers them.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::house::{House, LI, PATIENCE, answer, program, request, terminate, todo, tool_call};

/// The words of a line as a shell takes it apart.
fn words(line: &str) -> Vec<String> {
    let script = "for word in \"$@\"; do printf '%s\\n' \"$word\"; done";
    let shell = std::process::Command::new("sh")
        .args(["-c", &format!("set -- {line}; {script}")])
        .output()
        .unwrap();
    assert!(shell.status.success());
    let out = String::from_utf8(shell.stdout).unwrap();
    out.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_line_that_the_demo_prints_works() {
    let home = tempfile::tempdir().unwrap();
    let mut demo: Command = program(home.path());
    let mut demo = demo
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let find = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the line comes");
            if line.contains("claude mcp add") {
                return line;
            }
        }
    };
    let line = timeout(PATIENCE, find).await.unwrap();
    let words = words(&line);
    let fixed = ["claude", "mcp", "add", "--transport", "http", "wecom"];
    assert_eq!(words[..6], fixed);
    assert_eq!((words.len(), words[7].as_str()), (9, "--header"));
    let (url, header) = (&words[6], &words[8]);
    let token = header.strip_prefix("Authorization: Bearer ").unwrap();

    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |method: &str, params: Value| answer(request(&http, url, token, method, params));
    let tools = ask("tools/list", json!({})).await;
    assert_eq!(tools["result"]["tools"][0]["name"], "wecom_mcp", "{tools}");
    let call = async |method: &str, args: Value| {
        let told = ask("tools/call", tool_call("todo", method, args)).await;
        let told = told["result"]["structuredContent"].clone();
        assert_eq!(told["ok"], true, "{told}");
        told["data"].clone()
    };
    let made = call("create_todo", todo("买票", "zhangwei")).await;
    let ids = json!({ "todo_id_list": [made["todo_id"]] });
    let read = call("get_todo_detail", ids).await;
    assert!(read.to_string().contains("买票"), "{read}");

    terminate(&demo).await;
    let ended = timeout(PATIENCE, demo.wait()).await.unwrap();
    assert!(ended.unwrap().success());
}

async fn run(home: &Path, arguments: &[&str]) -> (i32, Value) {
    let ended = program(home).arg("mcp").args(arguments).output();
    let ended = ended.await.unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    let told = serde_json::from_str(&out).expect(&out);
    (ended.status.code().unwrap(), told)
}

#[tokio::test]
async fn list_and_call_print_json_and_exit_by_the_outcome() {
    let house = House::open().await;
    let home = house.home();
    let (code, listed) = run(&home, &["list", "todo"]).await;
    assert_eq!(code, 0, "{listed}");
    let tools = listed["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["name"] == "create_todo"));
    let args = todo("报销", LI).to_string();
    let create = ["call", "todo", "create_todo", &args, "--as", LI];
    let (code, made) = run(&home, &create).await;
    assert_eq!((code, &made["ok"]), (0, &Value::Bool(true)), "{made}");
    assert!(made["data"]["todo_id"].is_string(), "{made}");
    let calls = house.calls("create_todo");
    assert_eq!(calls[0].member.as_deref(), Some(LI));
    assert!(calls[0].is_named);
    let (code, failed) = run(&home, &["call", "todo", "nothing", "{}"]).await;
    assert_eq!((code, &failed["ok"]), (1, &Value::Bool(false)), "{failed}");
    house.close().await;
}
