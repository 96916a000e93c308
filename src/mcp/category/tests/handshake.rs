//! Sessions: opening, sharing, losing and ending them; and what requests look like.

use futures_util::future::{FutureExt, join_all};
use serde_json::json;
use tokio::sync::Notify;

use super::rig::*;
use crate::interceptors::ErrorKind;
use std::sync::Arc;

#[tokio::test(start_paused = true)]
async fn requests_look_as_these_servers_know_them() {
    let (rig, mock, _) = start(stateless).await;
    let mut call = call(Some("zhangsan"), "get_things");
    call.args
        .insert("x-openclaw-wecom-userid".into(), "lisi".into());
    call.args.insert("requester".into(), "lisi".into());
    crate::interceptors::CategoryServers::call(&rig.servers, &call)
        .await
        .unwrap();
    assert_eq!(mock.asked(), ["initialize", "tools/call"]);
    let hello = mock.seen("initialize").remove(0);
    assert!(
        hello.body["id"]
            .as_str()
            .unwrap()
            .starts_with("mcp_init_1785400000000_")
    );
    let expected = json!({
        "jsonrpc": "2.0", "id": hello.body["id"], "method": "initialize",
        "params": { "protocolVersion": "2025-03-26", "capabilities": {},
                    "clientInfo": { "name": "wecom_mcp", "version": "1.0.0" } },
    });
    assert_eq!(hello.body, expected);
    let asked = mock.seen("tools/call").remove(0);
    let expected = json!({
        "jsonrpc": "2.0", "id": asked.body["id"], "method": "tools/call",
        "params": { "name": "get_things", "arguments": call.args },
    });
    assert_eq!(asked.body, expected);
    assert!(
        asked.body["id"]
            .as_str()
            .unwrap()
            .starts_with("mcp_rpc_1785400000000_")
    );
    for seen in [hello, asked] {
        let names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
        for name in &names {
            let known = [
                "content-type",
                "accept",
                "user-agent",
                "x-openclaw-wecom-userid",
                "content-length",
                "host",
            ];
            assert!(known.contains(name), "{names:?}");
        }
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(
            seen.header("accept"),
            Some("application/json, text/event-stream")
        );
        assert_eq!(seen.header("x-openclaw-wecom-userid"), Some("zhangsan"));
        assert!(seen.header("user-agent").unwrap().starts_with("wecom/"));
        assert_eq!(seen.uri.query(), Some(&*format!("apikey={KEY}")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_carries_its_id_and_its_member_everywhere() {
    let (rig, mock, _) = start(|seen| match seen.nth {
        0 if seen.rpc() == "tools/call" => with_header(stateful(seen), "mcp-session-id", "newer"),
        _ => stateful(seen),
    })
    .await;
    rig.read().await.unwrap();
    rig.read().await.unwrap();
    assert_eq!(
        mock.asked(),
        [
            "initialize",
            "notifications/initialized",
            "tools/call",
            "tools/call"
        ]
    );
    let confirmed = mock.seen("notifications/initialized").remove(0);
    assert_eq!(
        confirmed.body,
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
    );
    assert_eq!(confirmed.header("mcp-session-id"), Some("s0"));
    assert_eq!(
        confirmed.header("x-openclaw-wecom-userid"),
        Some("zhangsan")
    );
    let calls = mock.seen("tools/call");
    assert_eq!(calls[0].header("mcp-session-id"), Some("s0"));
    assert_eq!(calls[1].header("mcp-session-id"), Some("newer"));
    assert_eq!(calls[1].header("x-openclaw-wecom-userid"), Some("zhangsan"));

    rig.servers.shutdown().await;
    let goodbye = mock.seen("DELETE").remove(0);
    assert_eq!(goodbye.header("mcp-session-id"), Some("newer"));
    assert_eq!(goodbye.header("x-openclaw-wecom-userid"), Some("zhangsan"));
}

#[tokio::test(start_paused = true)]
async fn members_never_share_a_session() {
    let (rig, mock, _) = start(stateful).await;
    for user in [Some("zhangsan"), Some("lisi"), None, Some("zhangsan")] {
        rig.call(user, "get_things").await.unwrap();
    }
    let calls = mock.seen("tools/call");
    let of = |n: usize| {
        let seen = &calls[n];
        (
            seen.header("mcp-session-id"),
            seen.header("x-openclaw-wecom-userid"),
        )
    };
    assert_eq!(of(0), (Some("s0"), Some("zhangsan")));
    assert_eq!(of(1), (Some("s1"), Some("lisi")));
    assert_eq!(of(2), (Some("s2"), None));
    assert_eq!(of(3), (Some("s0"), Some("zhangsan")));
}

#[tokio::test(start_paused = true)]
async fn one_handshake_serves_everybody_where_no_session_is_kept() {
    let (rig, mock, bots) = start(stateless).await;
    join_all((0..10).map(|_| rig.read())).await;
    rig.call(Some("lisi"), "get_things").await.unwrap();
    assert_eq!(mock.count("initialize"), 1);
    assert_eq!(mock.count("tools/call"), 11);
    assert_eq!(bots.asked(), 1);
    rig.servers.shutdown().await;
    assert_eq!(mock.count("DELETE"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_can_not_be_confirmed_is_none() {
    let (rig, mock, _) = start(|seen| match seen.rpc() {
        "notifications/initialized" => status(400),
        _ => stateful(seen),
    })
    .await;
    let error = rig.write().await.unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Protocol, false)
    );
    assert_eq!(mock.count("tools/call"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_newer_revision_gets_its_header() {
    let (rig, mock, _) = start(|seen| match seen.rpc() {
        "initialize" => result(
            seen,
            &json!({"protocolVersion": "2025-06-18", "capabilities": {}}),
        ),
        _ => stateless(seen),
    })
    .await;
    rig.change(|account| {
        account.mcp.protocol_version = "2025-06-18".to_owned();
        account.mcp.compat_user_agent = true;
    });
    rig.read().await.unwrap();
    let hello = mock.seen("initialize").remove(0);
    assert_eq!(hello.body["params"]["protocolVersion"], "2025-06-18");
    assert_eq!(hello.header("mcp-protocol-version"), None);
    assert!(
        hello
            .header("user-agent")
            .unwrap()
            .starts_with("OpenClawPlugin/2026.4.29 ")
    );
    let asked = mock.seen("tools/call").remove(0);
    assert_eq!(asked.header("mcp-protocol-version"), Some("2025-06-18"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_is_opened_again_once() {
    let (rig, mock, bots) = start(|seen| match (seen.rpc(), seen.nth) {
        ("tools/call", 0 | 2 | 3) => status(404),
        _ => stateful(seen),
    })
    .await;
    rig.write().await.unwrap();
    let calls = mock.seen("tools/call");
    assert_eq!(calls[0].body["id"], calls[1].body["id"]);
    assert_eq!(calls[1].header("mcp-session-id"), Some("s1"));
    // Lost twice in a row.
    let error = rig.write().await.unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Network, false)
    );
    assert_eq!((mock.count("initialize"), mock.count("tools/call")), (3, 4));
    assert_eq!(bots.asked(), 1, "the address is kept");
}

#[tokio::test(start_paused = true)]
async fn many_who_lose_a_session_open_one() {
    let (rig, mock, _) = start(|seen| match (seen.rpc(), seen.header("mcp-session-id")) {
        ("tools/call", Some("s0")) if seen.nth > 0 => status(404),
        _ => stateful(seen),
    })
    .await;
    rig.read().await.unwrap();
    let all = join_all((0..10).map(|_| rig.read())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(mock.count("initialize"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_loss_does_not_drop_the_new_session() {
    let gate = Arc::new(Notify::new());
    let opened = gate.clone();
    let mock = Mock::start(move |seen| {
        let gate = gate.clone();
        async move {
            let lost = seen.header("mcp-session-id") == Some("s0") && seen.rpc() == "tools/call";
            if lost && seen.nth == 0 {
                gate.notified().await;
            }
            if lost { status(404) } else { stateful(&seen) }
        }
        .boxed()
    })
    .await;
    let bots = FakeBots::saying([at(&mock.url())]);
    let rig = Rig::new(&bots);
    let late = async { rig.write().await };
    let early = async {
        until(|| mock.count("tools/call") == 1).await;
        let early = rig.write().await;
        opened.notify_one();
        early
    };
    let (late, early) = tokio::join!(late, early);
    assert!(late.is_ok() && early.is_ok());
    assert_eq!(mock.count("initialize"), 2);
}
