//! What goes wrong when told to, and the journal of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wecom::sim::{McpAnswers, McpFault, McpFaultKind, McpOutcome, Sim};

use super::server::Server;
use super::{DEADLINE, demo, server, start};

fn todo_args(content: &str) -> Value {
    json!({
        "content": content,
        "follower_list": { "followers": [{ "follower_id": "LiNa" }] },
    })
}

async fn count(sim: &Sim) -> usize {
    let todo = server(sim, "todo", "LiNa");
    let listed = todo
        .ok("get_todo_list", json!({ "follower_id": "LiNa" }))
        .await;
    listed["index_list"].as_array().unwrap().len()
}

fn fault(sim: &Sim, fault: McpFault) {
    demo(sim).fault(fault).unwrap();
}

fn last_outcome(sim: &Sim) -> McpOutcome {
    sim.mcp_calls().pop().unwrap().outcome.unwrap()
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_the_change() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    let drop = || McpFault::new(McpFaultKind::Drop).on("create_todo");
    fault(&sim, drop());
    let lost = todo.try_call("create_todo", todo_args("a")).await;
    assert!(lost.unwrap_err().is_request());
    let cut = last_outcome(&sim);
    assert_eq!((cut.status, cut.applied, cut.faulted), (None, false, true));
    assert_eq!(count(&sim).await, 0);
    fault(&sim, drop().applied());
    let lost = todo.try_call("create_todo", todo_args("a")).await;
    assert!(lost.is_err());
    assert!(last_outcome(&sim).applied);
    assert_eq!(count(&sim).await, 1);
    todo.ok("create_todo", todo_args("b")).await;
}

#[tokio::test]
async fn statuses_and_codes_are_answered_as_told() {
    let sim = start().await;
    let contact = server(&sim, "contact", "LiNa");
    let http = McpFaultKind::Http {
        status: 429,
        retry_after: Some(7),
        body: "slow down".to_owned(),
    };
    fault(&sim, McpFault::new(http).category("contact").nth(2));
    contact.ok("get_userlist", json!({})).await;
    let refused = contact.try_call("get_userlist", json!({})).await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "7");
    assert_eq!(refused.text().await.unwrap(), "slow down");

    let rpc = |status| McpFaultKind::Rpc {
        code: -32_003,
        message: "authentication failed".to_owned(),
        status,
    };
    for status in [200, 403] {
        fault(&sim, McpFault::new(rpc(status)).on("tools/list"));
        let refused = contact.request("tools/list", json!({})).await.unwrap();
        assert_eq!(refused.status(), status);
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(refused["error"]["code"], -32_003);
        assert_eq!(last_outcome(&sim).rpc_error, Some(-32_003));
    }

    let business = McpFaultKind::Business {
        errcode: 851_013,
        errmsg: "not authorised".to_owned(),
        help_message: Some("open https://x.example".to_owned()),
    };
    fault(&sim, McpFault::new(business).times(2));
    for _ in 0..2 {
        let answer = contact.call("get_userlist", json!({})).await;
        let expected = json!({
            "errcode": 851_013,
            "errmsg": "not authorised",
            "help_message": "open https://x.example",
        });
        assert_eq!(answer, expected);
        assert_eq!(last_outcome(&sim).errcode, Some(851_013));
    }
    contact.ok("get_userlist", json!({})).await;
    assert!(demo(&sim).faults().is_empty());
}

#[tokio::test]
async fn results_can_be_of_any_shape() {
    let sim = start().await;
    let msg = server(&sim, "msg", "LiNa");
    let args = json!({ "media_id": "mda_0" });
    let next = async |kind| {
        fault(&sim, McpFault::new(kind));
        msg.result("get_msg_media", args.clone()).await
    };
    let text = next(McpFaultKind::Text("<html>".to_owned())).await;
    assert_eq!(text["content"][0]["text"], "<html>");
    let empty = next(McpFaultKind::EmptyContent).await;
    assert_eq!(empty["content"], json!([]));
    let huge = next(McpFaultKind::Huge(1_000_000)).await;
    assert!(huge["content"][0]["text"].as_str().unwrap().len() > 1_000_000);
    let media = next(McpFaultKind::BigMedia(3_000_000)).await;
    let media = media["content"][0]["text"].as_str().unwrap();
    let media: Value = serde_json::from_str(media).unwrap();
    assert_eq!(media["media_item"]["media_id"], "mda_0");
    let data = media["media_item"]["base64_data"].as_str().unwrap();
    assert_eq!(data.len(), 4_000_000);
    fault(&sim, McpFault::new(McpFaultKind::NoBody(202)));
    let nothing = msg.try_call("get_msg_media", args).await.unwrap();
    assert_eq!(nothing.status(), 202);
    assert_eq!(nothing.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn bodies_drip_and_break_off() {
    for answers in [McpAnswers::Json, McpAnswers::Sse] {
        let sim = start().await;
        demo(&sim)
            .switch(None, |it| {
                it.answers = answers;
                it.sse_crlf = true;
            })
            .unwrap();
        let contact = server(&sim, "contact", "LiNa");
        let whole = contact.try_call("get_userlist", json!({})).await.unwrap();
        let whole = whole.text().await.unwrap();
        assert_eq!(whole.contains("\r\ndata: {"), answers == McpAnswers::Sse);

        let drip = McpFaultKind::Drip {
            bytes: whole.len() / 3 + 1,
            pause_ms: 40,
        };
        fault(&sim, McpFault::new(drip));
        let began = Instant::now();
        let slow = contact.try_call("get_userlist", json!({})).await.unwrap();
        assert_eq!(slow.text().await.unwrap(), whole);
        assert!(began.elapsed() >= Duration::from_millis(80));

        fault(&sim, McpFault::new(McpFaultKind::Truncate));
        let half = contact.try_call("get_userlist", json!({})).await.unwrap();
        let half = half.text().await.unwrap();
        assert!(half.len() < whole.len() && whole.starts_with(&half));

        fault(&sim, McpFault::new(McpFaultKind::CutBody));
        let cut = contact.try_call("get_userlist", json!({})).await.unwrap();
        assert_eq!(cut.status(), 200);
        assert!(cut.text().await.is_err());
    }
}

#[tokio::test]
async fn a_delay_goes_with_another_fault() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    fault(&sim, McpFault::new(McpFaultKind::Delay(60)));
    let busy = McpFaultKind::Business {
        errcode: -1,
        errmsg: "system busy".to_owned(),
        help_message: None,
    };
    fault(&sim, McpFault::new(busy).applied());
    let began = Instant::now();
    assert_eq!(todo.code("create_todo", todo_args("a")).await, -1);
    assert!(began.elapsed() >= Duration::from_millis(60));
    assert_eq!(count(&sim).await, 1);
    let call = sim
        .wait_mcp_call(DEADLINE, |call| {
            call.method.as_deref() == Some("create_todo")
        })
        .await
        .unwrap();
    assert_eq!(call.outcome.unwrap().errcode, Some(-1));
}

#[tokio::test]
async fn sessions_and_addresses_get_lost() {
    let sim = start().await;
    demo(&sim).switch(None, |it| it.stateful = true).unwrap();
    let contact = server(&sim, "contact", "LiNa");
    let open = async |server: &Server| {
        let hello = server.request("initialize", json!({})).await.unwrap();
        let session = hello.headers()["mcp-session-id"]
            .to_str()
            .unwrap()
            .to_owned();
        server.clone().with("mcp-session-id", &session)
    };
    let first = open(&contact).await;
    fault(&sim, McpFault::new(McpFaultKind::LoseSession));
    for _ in 0..2 {
        let gone = first.try_call("get_userlist", json!({})).await.unwrap();
        assert_eq!(gone.status(), 404);
    }
    let second = open(&contact).await;
    second.ok("get_userlist", json!({})).await;
    fault(&sim, McpFault::new(McpFaultKind::StaleAddress));
    let stale = second.try_call("get_userlist", json!({})).await.unwrap();
    assert_eq!(stale.status(), 401);
    assert_ne!(demo(&sim).url("contact").unwrap(), contact.url());
    open(&server(&sim, "contact", "LiNa")).await;
}

#[tokio::test]
async fn a_refused_notification_is_a_fault_too() {
    let sim = start().await;
    let contact = Server::new(&sim, "contact");
    let http = McpFaultKind::Http {
        status: 400,
        retry_after: None,
        body: String::new(),
    };
    fault(&sim, McpFault::new(http).on("notifications/initialized"));
    let notice = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    for status in [400, 202] {
        let answer = contact.send(reqwest::Method::POST, notice.clone()).await;
        assert_eq!(answer.unwrap().status(), status);
    }
}

#[tokio::test]
async fn the_journal_tells_what_was_asked_without_keys() {
    let sim = start().await;
    let meeting = server(&sim, "meeting", "LiNa").with("user-agent", "test/1");
    let args = json!({
        "title": "x",
        "meeting_start_datetime": "2026-09-02 15:00",
        "meeting_duration": 3600,
        "settings": { "password": "4821" },
    });
    meeting.ok("create_meeting", args.clone()).await;
    let call = sim.mcp_calls().pop().unwrap();
    let mut masked = args;
    masked["settings"]["password"] = json!("***");
    assert_eq!(call.arguments, masked);
    assert_eq!(
        (
            call.category.as_str(),
            call.rpc.as_str(),
            call.method.as_deref(),
            &call.id
        ),
        (
            "meeting",
            "tools/call",
            Some("create_meeting"),
            &Some(json!("r1"))
        )
    );
    assert_eq!(call.user_agent.as_deref(), Some("test/1"));
    assert!(call.headers.contains(&"x-openclaw-wecom-userid".to_owned()));
    let expected = McpOutcome {
        status: Some(200),
        errcode: Some(0),
        applied: true,
        ..McpOutcome::default()
    };
    assert_eq!(call.outcome, Some(expected));
    let key = meeting.url().split_once("apikey=").unwrap().1;
    assert!(!format!("{:?}", sim.mcp_calls()).contains(key));
}
