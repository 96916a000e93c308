use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::*;
use crate::config::{Config, LiveConfig};
use crate::interceptors::testing::{FakeServers, call};
use crate::interceptors::{Interceptor, Pipeline};

/// Audit lines, as `name=value` pairs.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Pairs<'a>(&'a mut String);

impl Visit for Pairs<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{}={value:?} ", field.name());
        self.0.push_str(&text);
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "wecom::audit" {
            let mut line = String::new();
            event.record(&mut Pairs(&mut line));
            self.0.lock().unwrap().push(line);
        }
    }
}

impl Lines {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }

    fn only(&self) -> String {
        let lines = self.0.lock().unwrap();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].clone()
    }
}

fn pipeline(servers: &Arc<FakeServers>, inner: Vec<Arc<dyn Interceptor>>) -> Pipeline {
    let config = LiveConfig::new(Config::unconfigured("/nonexistent".as_ref()));
    let mut list: Vec<Arc<dyn Interceptor>> = vec![Arc::new(Limits::new())];
    list.extend(inner);
    Pipeline::new(list, servers.clone(), config)
}

/// Raises the time that a call may take.
#[derive(Debug)]
struct Raises(Duration);

#[async_trait]
impl Interceptor for Raises {
    fn name(&self) -> &'static str {
        "raises"
    }

    async fn call(&self, mut call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        call.raise_timeout(self.0);
        next.run(call).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_ends() {
    let servers = FakeServers::new();
    servers.takes(Duration::from_secs(1_000));
    let pipeline = pipeline(&servers, Vec::new());
    let began = Instant::now();
    for (method, advice) in [
        ("send_message", "Do not repeat the call."),
        ("get_message", "The call may be made again"),
    ] {
        let error = pipeline
            .call(call("msg", method, json!({})))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert!(error.maybe_executed && !error.retryable);
        assert!(error.next.unwrap().starts_with(advice), "{method}");
    }
    assert_eq!(began.elapsed().as_secs(), 2 * (30 + 45 + 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_raised_further_in_counts() {
    let servers = FakeServers::new();
    servers.takes(Duration::from_secs(150));
    let raises = Arc::new(Raises(Duration::from_mins(2)));
    let pipeline = pipeline(&servers, vec![raises]);
    assert!(
        pipeline
            .call(call("msg", "get_msg_media", json!({})))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn five_calls_of_an_account_run_at_once_and_more_wait() {
    let servers = FakeServers::new();
    servers.takes(Duration::from_secs(10));
    let pipeline = pipeline(&servers, Vec::new());
    let began = Instant::now();
    let calls = (0..6).map(|_| pipeline.call(call("todo", "get_todo_list", json!({}))));
    let results = futures_util::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(began.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn waiting_counts_and_never_began() {
    let servers = FakeServers::new();
    servers.takes(Duration::from_secs(1_000));
    let raises = Arc::new(Raises(Duration::from_secs(1_000)));
    let pipeline = pipeline(&servers, vec![raises]);
    let calls = (0..6).map(|_| pipeline.call(call("msg", "send_message", json!({}))));
    let mut results = futures_util::future::join_all(calls).await;
    let late = results.pop().unwrap().unwrap_err();
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(late.kind, ErrorKind::Timeout);
    assert!(late.retryable && !late.maybe_executed);
    assert_eq!(servers.calls().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn every_call_has_its_line_and_no_contents() {
    let servers = FakeServers::new();
    let pipeline = pipeline(&servers, Vec::new());
    let lines = Lines::default();
    let listening = lines.listen();
    servers.says(&json!({"errcode": 851_013, "errmsg": "private answer"}));
    let args = json!({"content": "private text"});
    pipeline
        .call(call("doc", "edit_doc_content", args))
        .await
        .unwrap();
    drop(listening);
    let line = lines.only();
    for pair in [
        "account=\"default\" ",
        "requester=\"zhangsan\" ",
        "source=\"operator\" ",
        "category=\"doc\" ",
        "method=\"edit_doc_content\" ",
        "outcome=\"authorization\" ",
        "errcode=851013 ",
        "args_bytes=26 ",
        "duration_ms=0 ",
    ] {
        assert!(line.contains(pair), "{pair}: {line}");
    }
    assert!(!line.contains("private"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_has_its_line() {
    let servers = FakeServers::new();
    servers.takes(Duration::from_secs(20));
    let pipeline = pipeline(&servers, Vec::new());
    let lines = Lines::default();
    let listening = lines.listen();
    let running = pipeline.call(call("msg", "send_message", json!({})));
    let given_up = tokio::time::timeout(Duration::from_secs(3), running).await;
    drop(listening);
    assert!(given_up.is_err());
    let line = lines.only();
    for pair in [
        "outcome=\"cancelled\" ",
        "maybe_executed=true ",
        "duration_ms=3000 ",
    ] {
        assert!(line.contains(pair), "{pair}: {line}");
    }
}
