//! The same call again.

use futures_util::future::join;
use tokio::time::{Instant, timeout};

use super::*;

fn read() -> Map<String, Value> {
    call_of("todo", "get_todo_list", json!({"follower_id": "a"}))
}

fn slow(seconds: u64) -> (Arc<FakeServers>, Tools) {
    let servers = FakeServers::new();
    servers.takes(Duration::from_secs(seconds));
    let tools = tools(&servers);
    (servers, tools)
}

fn lisi() -> CallContext {
    let user = Some(UserId::new("lisi"));
    let identity = Identity::of_operator(AccountId::new("default"), user);
    CallContext::new(Arc::new(identity))
}

#[tokio::test(start_paused = true)]
async fn the_second_waits_for_the_first() {
    let (servers, tools) = slow(5);
    let (first, second) = join(tools.run(read(), context()), tools.run(read(), context())).await;
    assert_eq!(first, second);
    assert_eq!(servers.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn members_never_share_a_call() {
    let (servers, tools) = slow(5);
    join(tools.run(read(), context()), tools.run(read(), lisi())).await;
    assert_eq!(servers.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_repeated_is_not_joined() {
    let (servers, tools) = slow(5);
    let send = || call_of("msg", "send_message", json!({}));
    join(tools.run(send(), context()), tools.run(send(), context())).await;
    assert_eq!(servers.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_keeps_a_call_alive_that_another_gave_up() {
    let (servers, tools) = slow(10);
    let first = timeout(Duration::from_secs(2), tools.run(read(), context()));
    let (first, second) = join(first, tools.run(read(), context())).await;
    assert!(first.is_err());
    assert!(!second.is_error);
    assert_eq!(servers.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_is_cancelled() {
    let (servers, tools) = slow(10);
    let given_up = timeout(Duration::from_secs(2), tools.run(read(), context())).await;
    assert!(given_up.is_err());
    let began = Instant::now();
    tools.run(read(), context()).await;
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(servers.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_handed_out_again_for_a_minute() {
    let (servers, tools) = slow(30);
    servers.says(&json!({"errcode": 0, "first": true}));
    let first = tools.run(read(), context()).await;
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(tools.run(read(), context()).await, first);
    assert_eq!(servers.calls().len(), 1);
    tools.run(read(), lisi()).await;
    assert_eq!(servers.calls().len(), 2);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_ne!(tools.run(read(), context()).await, first);
}

#[tokio::test(start_paused = true)]
async fn quick_answers_errors_and_open_tasks_are_not_kept() {
    for (seconds, business) in [
        (5, json!({"errcode": 0})),
        (30, json!({"errcode": 45_009})),
        (30, json!({"errcode": 0, "task_done": false})),
    ] {
        let (servers, tools) = slow(seconds);
        servers.says(&business);
        tools.run(read(), context()).await;
        tools.run(read(), context()).await;
        assert_eq!(servers.calls().len(), 2, "{business}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_makes_what_was_read_before_old() {
    let (servers, tools) = slow(30);
    tools.run(read(), context()).await;
    let change = call_of("todo", "delete_todo", json!({"todo_id": "t"}));
    tools.run(change, lisi()).await;
    tools.run(read(), context()).await;
    assert_eq!(servers.calls().len(), 3);
}
