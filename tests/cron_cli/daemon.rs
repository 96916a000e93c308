//! Beside a running daemon: what is done takes effect at once.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;
use wecom::task;

use crate::place::{House, write};
use crate::support::{USER, eventually};

fn to_user() -> String {
    format!("user:{USER}")
}

#[tokio::test]
async fn a_job_made_on_the_command_line_runs_and_its_file_follows() {
    let house = House::open(&json!({})).await;
    let place = &house.place;
    let added = place
        .json(&[
            "add",
            "--name",
            "tea",
            "--at",
            "1s",
            "--text",
            "⏰ 喝茶",
            "--to",
            &to_user(),
        ])
        .await;
    assert_eq!(house.message().await, "⏰ 喝茶");
    let id = added["id"].as_str().unwrap();
    let runs = house.runs(id, 1).await;
    assert_eq!(runs[0]["deliveryStatus"], "delivered");
    eventually("the job is gone from the file", || async {
        (place.mirror()["jobs"] == json!([])).then_some(())
    })
    .await;

    // By hand, with its end.
    place
        .json(&[
            "add",
            "--name",
            "Echo",
            "--every",
            "1h",
            "--message",
            "ping",
            "--to",
            &to_user(),
        ])
        .await;
    let not_due = place.cron(&["run", "echo", "--due"]).await;
    assert_eq!(not_due.code, 1);
    assert_eq!(
        not_due.json(),
        json!({ "ok": true, "ran": false, "reason": "not-due" })
    );
    let run = place
        .json(&["run", "echo", "--wait", "--poll-interval", "50ms"])
        .await;
    assert_eq!(run["completionStatus"], "succeeded");
    let summary = run["summary"].as_str().unwrap();
    assert!(summary.contains("ping"), "{summary}");
    let begun = place.json(&["run", "echo"]).await;
    assert!(
        begun["runId"].as_str().unwrap().starts_with("manual:"),
        "{begun}"
    );
    let status = place.json(&["status"]).await;
    assert_eq!(
        (&status["enabled"], &status["jobs"]),
        (&json!(true), &json!(1))
    );
    place.json(&["rm", "echo"]).await;
    house.close().await;
}

#[tokio::test]
async fn edits_of_the_file_are_taken_in_on_reload_and_on_hangup() {
    let mut house = House::open(&json!({})).await;
    house
        .place
        .json(&[
            "add",
            "--name",
            "a",
            "--id",
            "a",
            "--cron",
            "@daily",
            "--message",
            "x",
            "--to",
            &to_user(),
        ])
        .await;
    let written = || async {
        let file = house.place.path("cron/jobs.json");
        let text = std::fs::read_to_string(file).ok()?;
        text.contains("\"a\"").then_some(())
    };
    eventually("the file has the job", written).await;
    let edit = |place: &crate::place::Place, name: &str| {
        let mut mirror = place.mirror();
        mirror["jobs"][0]["name"] = json!(name);
        write(&place.path("cron/jobs.json"), &mirror.to_string());
    };
    edit(&house.place, "by hand");
    assert_eq!(house.place.json(&["reload"]).await["changed"], 1);
    assert_eq!(house.place.json(&["get", "a"]).await["name"], "by hand");

    edit(&house.place, "again");
    let pid = house.daemon.id().unwrap().to_string();
    let hangup = tokio::process::Command::new("kill")
        .args(["-HUP", &pid])
        .status();
    assert!(hangup.await.unwrap().success());
    house.log_shows("the job file was edited: 1 changed").await;
    assert_eq!(house.place.json(&["get", "a"]).await["name"], "again");
    house.close().await;
}

#[tokio::test]
async fn imports_and_exports_go_by_way_of_the_daemon() {
    let house = House::open(&json!({})).await;
    let place = &house.place;
    let file = place.path("in/jobs.json");
    let line = r#"{"ts":1767600001000,"action":"finished","status":"ok","summary":"Noodles"}"#;
    let jobs = json!([{ "id": "m", "schedule": "@daily", "message": "x", "delivery": { "mode": "none" } }]);
    write(&file, &jobs.to_string());
    write(&place.path("in/runs/m.jsonl"), &format!("{line}\n"));
    let report = place.json(&["import", file.to_str().unwrap()]).await;
    assert_eq!(
        (&report["added"], &report["runs"]["added"]),
        (&json!(1), &json!(1))
    );
    let runs = place
        .json(&["runs", "--id", "m", "--query", "noodles"])
        .await;
    assert_eq!(runs["total"], 1);
    let exported = place.json(&["export"]).await;
    assert_eq!(exported["jobs"][0]["id"], "m");
    let refused = place
        .cron(&[
            "add",
            "--name",
            "n",
            "--cron",
            "nope",
            "--message",
            "m",
            "--to",
            &to_user(),
        ])
        .await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("is no cron expression"),
        "{}",
        refused.err
    );
    assert_eq!(refused.json()["error"]["type"], "cli_error");
    house.close().await;
}

/// Answers every request with a status, and keeps what was asked.
async fn receiver(status: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    task::spawn(&TaskTracker::new(), "receiver", async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            // A body follows the headers in at most one more piece; its length is told there.
            loop {
                let read = stream.read(&mut piece).await.unwrap_or(0);
                request.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&request);
                let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.to_lowercase();
                    let length = length.split("content-length: ").nth(1).unwrap_or("0");
                    let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
                    body.len() >= length
                });
                if read == 0 || is_whole {
                    break;
                }
            }
            kept.lock()
                .unwrap()
                .push(String::from_utf8(request).unwrap());
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    (port, asked)
}

#[tokio::test]
async fn a_result_is_posted_with_the_token_and_only_where_it_may_go() {
    let (port, asked) = receiver("204 No Content").await;
    let cron = json!({
        "webhookToken": "hook-token-1",
        "webhookSsrfPolicy": { "allowedHosts": ["127.0.0.1"] },
    });
    let house = House::open(&cron).await;
    let place = &house.place;
    let url = format!("http://127.0.0.1:{port}/hook?k=1");
    place
        .json(&[
            "add",
            "--name",
            "post",
            "--every",
            "1h",
            "--message",
            "ping",
            "--webhook",
            &url,
        ])
        .await;
    let run = place
        .json(&["run", "post", "--wait", "--poll-interval", "50ms"])
        .await;
    assert_eq!(run["deliveryStatus"], "delivered", "{run}");
    let request = asked.lock().unwrap()[0].clone();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?k=1 HTTP/1.1"), "{head}");
    assert!(
        head.to_lowercase()
            .contains("authorization: bearer hook-token-1"),
        "{head}"
    );
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["jobName"], "post");
    assert_eq!(body["runId"], run["runId"]);
    assert!(body["text"].as_str().unwrap().contains("ping"), "{body}");

    place
        .json(&[
            "add",
            "--name",
            "inside",
            "--every",
            "1h",
            "--message",
            "ping",
            "--webhook",
            "http://10.1.2.3/x",
        ])
        .await;
    let refused = place
        .cron(&["run", "inside", "--wait", "--poll-interval", "50ms"])
        .await;
    assert_eq!(refused.code, 1);
    let error = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("webhookSsrfPolicy"), "{error}");
    house.close().await;
}

#[tokio::test]
async fn somebody_is_told_of_failures_and_of_their_end_and_a_failed_post_is_repeated() {
    let (port, asked) = receiver("503 Busy").await;
    let cron = json!({
        "retry": { "maxAttempts": 2, "backoffMs": [200] },
        "webhookSsrfPolicy": { "allowedHosts": ["127.0.0.1"] },
    });
    let house = House::open(&cron).await;
    let url = format!("http://127.0.0.1:{port}/");
    let added = house
        .place
        .json(&[
            "add",
            "--name",
            "晨报",
            "--at",
            "500ms",
            "--message",
            "ping",
            "--webhook",
            &url,
            "--failure-alert-after",
            "2",
            "--failure-alert-to",
            &to_user(),
        ])
        .await;
    let id = added["id"].as_str().unwrap();
    let runs = house.runs(id, 3).await;
    let texts: Vec<String> = asked
        .lock()
        .unwrap()
        .iter()
        .map(|request| {
            let body: Value =
                serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
            body["text"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(texts.len(), 3, "the first, and two repetitions");
    assert!(
        texts.iter().all(|text| *text == texts[0]),
        "the agent was asked once"
    );
    assert_eq!(runs[0]["errorReason"], "server_error");
    let job = house.place.json(&["get", id]).await;
    assert_eq!(job["enabled"], false);
    let told = eventually("both notices", || async {
        let told = house.messages();
        (told.len() >= 2).then_some(told)
    })
    .await;
    assert!(
        told[0].starts_with("⚠️ 定时任务「晨报」执行失败（连续第 2 次）：对方服务出错。下次执行："),
        "{told:?}"
    );
    assert!(
        told[1].ends_with("任务已停用，不会再自动执行。"),
        "{told:?}"
    );
    house.close().await;
}

/// The status line and the body of a request to the local API.
async fn asked(house: &House, token: Option<&str>, body: &str) -> (String, String) {
    let contact = std::fs::read_to_string(house.place.path("daemon.json")).unwrap();
    let contact: Value = serde_json::from_str(&contact).unwrap();
    let address = contact["address"].as_str().unwrap();
    let token = token.unwrap_or(contact["token"].as_str().unwrap());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /api/v1/cron/get HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_local_api_wants_its_token_and_says_what_is_wrong() {
    let house = House::open(&json!({})).await;
    let (status, _) = asked(&house, Some("guess"), r#"{"job":"a"}"#).await;
    assert!(status.contains(" 401 "), "{status}");
    for (body, code, says) in [
        (r#"{"job":"a"}"#, " 404 ", "Automation not found: a"),
        (r#"{"job":1}"#, " 422 ", "job"),
        ("{", " 400 ", "JSON"),
    ] {
        let (status, answer) = asked(&house, None, body).await;
        assert!(status.contains(code), "{body}: {status}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(says), "{body}: {error}");
    }
    house.close().await;
}
