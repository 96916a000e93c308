//! Where servers are, and tool lists.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::advance;

use super::rig::*;
use crate::config::McpServer;
use crate::interceptors::{CategoryServers, ErrorKind};
use crate::wecom::bot::{BotError, SendError};

/// Makes calls of a bot that answers like this; the last call's error, and how often the
/// bot was asked.
async fn refused_with(answer: Result<Value, BotError>) -> (ErrorKind, bool, usize) {
    let bots = FakeBots::saying([answer]);
    let rig = Rig::new(&bots);
    rig.read().await.unwrap_err();
    let error = rig.read().await.unwrap_err();
    assert!(!error.maybe_executed && error.next.is_some(), "{error}");
    assert!(!error.to_string().contains(KEY), "{error}");
    (error.kind, error.retryable, bots.asked())
}

#[tokio::test(start_paused = true)]
async fn answers_without_an_address_have_their_kinds() {
    use ErrorKind::{
        Authorization, Business, CategoryUnavailable, NotConnected, Protocol, Timeout,
    };
    let url = format!("https://qyapi.weixin.qq.com/x?apikey={KEY}");
    let unsupported = "unsupported mcp biz type";
    for (answer, kind, retryable, asked) in [
        (refused(846_609, unsupported), CategoryUnavailable, false, 1),
        (refused(846_610, ""), CategoryUnavailable, false, 1),
        (refused(853_006, ""), CategoryUnavailable, false, 1),
        (refused(850_001, ""), Authorization, false, 2),
        (refused(93_006, ""), Business, false, 2),
        (
            Ok(json!({"url": url, "type": "sse"})),
            CategoryUnavailable,
            false,
            1,
        ),
        (Ok(json!({"is_authed": true})), Protocol, false, 2),
        (
            Ok(json!({"url": format!("http://h.example/?apikey={KEY}")})),
            Protocol,
            false,
            2,
        ),
        (
            Ok(json!({"url": format!("https://u:p@h.example/?apikey={KEY}")})),
            Protocol,
            false,
            2,
        ),
        (Err(BotError::NoBot), NotConnected, false, 2),
        (Err(SendError::NotConnected.into()), NotConnected, true, 2),
        (Err(SendError::Unknown.into()), Timeout, true, 2),
    ] {
        let shown = format!("{answer:?}");
        assert_eq!(
            refused_with(answer).await,
            (kind, retryable, asked),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_category_is_asked_for_again_after_a_minute() {
    let bots = FakeBots::saying([refused(846_610, "")]);
    let rig = Rig::new(&bots);
    for (pause, asked) in [(0, 1), (59, 1), (1, 2)] {
        advance(Duration::from_secs(pause)).await;
        rig.read().await.unwrap_err();
        assert_eq!(bots.asked(), asked, "{pause}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_not_waited_for_longer_than_ten_seconds() {
    let bots = FakeBots::saying([at("https://qyapi.weixin.qq.com/")]);
    bots.delay_ms.store(60_000, Ordering::Relaxed);
    let rig = Rig::new(&bots);
    let begun = tokio::time::Instant::now();
    let (read, ()) = tokio::join!(rig.read(), async {
        until(|| bots.asked() == 1).await;
        advance(Duration::from_secs(10)).await;
    });
    assert_eq!(read.unwrap_err().kind, ErrorKind::Timeout);
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_before_a_change_is_not_kept() {
    let (_, mock, _) = start(stateless).await;
    let bots = FakeBots::saying([at(&mock.url())]);
    bots.delay_ms.store(1_000, Ordering::Relaxed);
    let rig = Rig::new(&bots);
    let change = async {
        until(|| bots.asked() == 1).await;
        bots.change("default");
        settle().await;
        advance(Duration::from_secs(1)).await;
    };
    let (first, ()) = tokio::join!(rig.read(), change);
    first.unwrap();
    bots.delay_ms.store(0, Ordering::Relaxed);
    rig.read().await.unwrap();
    assert_eq!(bots.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_bot_clears_its_account_only() {
    let (rig, mock, bots) = start(stateless).await;
    rig.read().await.unwrap();
    bots.change("another");
    settle().await;
    rig.read().await.unwrap();
    assert_eq!((bots.asked(), mock.count("initialize")), (1, 1));
    bots.change("default");
    settle().await;
    rig.read().await.unwrap();
    assert_eq!((bots.asked(), mock.count("initialize")), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_old_address_is_refreshed_behind_the_call() {
    let (rig, mock, bots) = start(stateless).await;
    rig.read().await.unwrap();
    advance(Duration::from_hours(6)).await;
    rig.read().await.unwrap();
    until(|| bots.asked() == 2).await;
    advance(Duration::from_hours(24)).await;
    rig.read().await.unwrap();
    assert_eq!(bots.asked(), 3);
    assert_eq!(mock.count("tools/call"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_configured_server_needs_no_bot() {
    let (_, mock, _) = start(stateless).await;
    let bots = FakeBots::saying([Err(BotError::NoBot)]);
    let rig = Rig::new(&bots);
    let server = |path: &str| McpServer {
        url: format!("{}{path}", mock.base).as_str().into(),
        headers: BTreeMap::from([
            ("x-gateway".to_owned(), "g".into()),
            ("accept".to_owned(), "text/html".into()),
            ("X-OpenClaw-WeCom-UserId".to_owned(), "boss".into()),
        ]),
    };
    rig.change(|account| drop(account.mcp.servers.insert("todo".to_owned(), server("/a"))));
    rig.call(None, "get_things").await.unwrap();
    rig.call(None, "get_things").await.unwrap();
    let seen = mock.seen("tools/call").remove(0);
    assert_eq!(
        (seen.uri.path(), seen.header("x-gateway")),
        ("/a", Some("g"))
    );
    assert_eq!(
        seen.header("accept"),
        Some("application/json, text/event-stream")
    );
    assert_eq!(seen.header("x-openclaw-wecom-userid"), None);
    assert_eq!((bots.asked(), mock.count("initialize")), (0, 1));
    rig.change(|account| drop(account.mcp.servers.insert("todo".to_owned(), server("/b"))));
    rig.call(None, "get_things").await.unwrap();
    assert_eq!(mock.seen("tools/call")[2].uri.path(), "/b");
    assert_eq!(mock.count("initialize"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_off_calls_nobody() {
    let (rig, mock, bots) = start(stateless).await;
    rig.change(|account| account.enabled = false);
    assert_eq!(rig.read().await.unwrap_err().kind, ErrorKind::NotConnected);
    assert_eq!((bots.asked(), mock.asked().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn lists_are_fetched_once_an_hour_with_all_their_pages() {
    let (rig, mock, bots) = start(|seen| match seen.rpc() {
        "tools/list" if seen.body["params"]["cursor"] == "2" => {
            result(seen, &json!({"tools": [{"name": "b"}]}))
        }
        "tools/list" => result(seen, &json!({"tools": [{"name": "a"}], "nextCursor": "2"})),
        _ => stateless(seen),
    })
    .await;
    let (who, other) = (identity(Some("zhangsan")), identity(Some("lisi")));
    assert_eq!(rig.servers.known(&who, "todo"), None);
    let lists = join_all((0..5).map(|_| rig.servers.list(&who, "todo"))).await;
    for list in lists {
        let names: Vec<String> = list
            .unwrap()
            .tools
            .iter()
            .map(|tool| tool.name.clone())
            .collect();
        assert_eq!(names, ["a", "b"]);
    }
    assert!(
        rig.servers.known(&other, "todo").is_some(),
        "no session, so everybody's"
    );
    assert_eq!(mock.count("tools/list"), 2);
    advance(Duration::from_hours(1)).await;
    assert_eq!(rig.servers.known(&who, "todo"), None);
    rig.servers.list(&other, "todo").await.unwrap();
    assert_eq!(mock.count("tools/list"), 4);
    bots.change("default");
    until(|| rig.servers.known(&who, "todo").is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn a_member_sees_only_the_list_of_their_own_session() {
    let (rig, mock, _) = start(stateful).await;
    let (who, other) = (identity(Some("zhangsan")), identity(Some("lisi")));
    rig.servers.list(&who, "todo").await.unwrap();
    assert!(rig.servers.known(&who, "todo").is_some());
    assert!(rig.servers.known(&other, "todo").is_none());
    rig.servers.list(&other, "todo").await.unwrap();
    assert_eq!(mock.count("tools/list"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_ends_is_cut() {
    let (rig, mock, _) = start(|seen| match seen.rpc() {
        "tools/list" => result(
            seen,
            &json!({"tools": [], "nextCursor": seen.nth.to_string()}),
        ),
        _ => stateless(seen),
    })
    .await;
    let list = rig.servers.list(&identity(None), "todo").await.unwrap();
    assert!(list.cut);
    assert_eq!(mock.count("tools/list"), 50);
}

#[tokio::test(start_paused = true)]
async fn arguments_are_looked_at_before_anything_is_sent() {
    let (rig, mock, _) = start(|seen| match seen.rpc() {
        "tools/list" => {
            let schema = json!({"type": "object", "required": ["id"]});
            result(
                seen,
                &json!({"tools": [{"name": "get_things", "inputSchema": schema}]}),
            )
        }
        _ => stateless(seen),
    })
    .await;
    rig.read().await.unwrap();
    rig.servers.list(&identity(None), "todo").await.unwrap();
    assert_eq!(rig.read().await.unwrap_err().kind, ErrorKind::InvalidArgs);
    assert_eq!(mock.count("tools/call"), 1);
}
