//! What the back end for models adds to a model's first word, beside a bare HTTP client.
//!
//! Both ask the same endpoint in the same run, in turns. The endpoint notes when a question
//! arrived and when it wrote its first piece; what is measured is the time before the one and
//! after the other, so that the endpoint itself does not count. The bare client sends a fixed
//! body and stops at the first bytes; the back end reads the earlier turns from the disk,
//! writes the prompt, reads events and hands words to the turn.
//!
//! `cargo bench --bench model`
#![allow(
    missing_docs,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench may do what tests may"
)]

#[path = "../tests/runtime/support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use futures_util::StreamExt;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wecom::agent::openclaw::link::Link;
use wecom::agent::{Agent, AgentEvent, AgentServices, Agents, NoTools, TurnRequest};
use wecom::clock::SystemClock;
use wecom::config::LiveConfig;
use wecom::store::HistoryTurn;

use support::{House, configuration, open_store, settings};

const ROUNDS: usize = 1_000;

/// Turns that are remembered; about 20,000 tokens.
const EARLIER: usize = 50;

/// When the last question arrived, and when the first piece of its answer was written.
#[derive(Debug, Clone, Copy)]
struct Noted {
    arrived: Instant,
    written: Instant,
}

type Notes = Arc<Mutex<Option<Noted>>>;

async fn answer(State(notes): State<Notes>, _: Bytes) -> Response {
    let arrived = Instant::now();
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": "word" } }] });
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let pieces = [
        format!("data: {chunk}\n\n"),
        format!("data: {end}\n\ndata: [DONE]\n\n"),
    ];
    let mut is_first = true;
    let pieces = futures_util::stream::iter(pieces).map(move |piece| {
        if std::mem::take(&mut is_first) {
            let written = Instant::now();
            *notes.lock().unwrap() = Some(Noted { arrived, written });
        }
        Ok::<_, std::io::Error>(piece)
    });
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from_stream(pieces))
        .unwrap()
}

struct Latency {
    before: Histogram<u64>,
    after: Histogram<u64>,
}

impl Latency {
    fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        Self {
            before: histogram(),
            after: histogram(),
        }
    }

    fn record(&mut self, begun: Instant, heard: Instant, notes: &Notes) {
        let server = notes.lock().unwrap().take().unwrap();
        self.before.record(micros(server.arrived - begun)).unwrap();
        self.after.record(micros(heard - server.written)).unwrap();
    }

    fn print(&self, name: &str) {
        let of = |histogram: &Histogram<u64>, quantile: f64| {
            histogram.value_at_quantile(quantile) as f64 / 1_000.0
        };
        println!(
            "| {name} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms |",
            of(&self.before, 0.5),
            of(&self.before, 0.99),
            of(&self.after, 0.5),
            of(&self.after, 0.99),
        );
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap().max(1)
}

/// A question as the runtime puts it; nobody else can make one.
async fn question() -> TurnRequest {
    let (house, turns) = House::played().await;
    house.say("how long does this take?");
    let turn = turns.next().await;
    let question = turn.request.clone();
    turn.say("we shall see");
    turn.done();
    house.close().await;
    question
}

async fn bare(client: &reqwest::Client, url: &str, body: &Value, notes: &Notes, all: &mut Latency) {
    let begun = Instant::now();
    let mut response = client.post(url).json(body).send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    all.record(begun, Instant::now(), notes);
    while response.chunk().await.unwrap().is_some() {}
}

async fn ours(agent: &dyn Agent, question: &TurnRequest, notes: &Notes, all: &mut Latency) {
    let begun = Instant::now();
    let mut events = agent.run(question.clone(), CancellationToken::new());
    let first = events.next().await;
    all.record(begun, Instant::now(), notes);
    assert_eq!(first, Some(AgentEvent::Text("word".to_owned())));
    assert_eq!(events.next().await, Some(AgentEvent::Done));
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let question = question().await;
    let notes = Notes::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/v1/chat/completions", post(answer))
        .with_state(notes.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let home = tempfile::tempdir().unwrap();
    let mut file = settings("ws://127.0.0.1:1", &json!({}));
    let backend = json!({ "type": "openai", "baseUrl": base, "model": "m" });
    file["agents"] = json!({ "list": [{ "id": "main", "backend": backend }] });
    let config = configuration(&home, &file);
    let store = open_store(&home.path().join("state.db"));
    let messages = json!([
        { "role": "user", "content": "a question of some length, ".repeat(20) },
        { "role": "assistant", "content": "an answer of some more length, ".repeat(40) },
    ]);
    for number in 0..EARLIER {
        let turn = HistoryTurn {
            message_id: format!("earlier{number}"),
            at_ms: 1,
            tokens: 450,
            body: messages.to_string(),
        };
        store.keep_turn(&question.session, turn).await.unwrap();
    }
    let services = AgentServices {
        config: LiveConfig::new(config.clone()),
        store,
        clock: SystemClock::shared(),
        tools: Arc::new(NoTools),
        mcp: None,
        openclaw: Link::default(),
    };
    let agents = Agents::from_settings(&config.agents, &services, &Agents::default());
    let agent = agents.get("main", false).unwrap();

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{base}/chat/completions");
    let talk = [&messages[0], &messages[1]].repeat(EARLIER);
    let body = json!({ "model": "m", "stream": true, "messages": talk });
    let (mut theirs, mut own) = (Latency::new(), Latency::new());
    for round in 0..ROUNDS + 50 {
        if round == 50 {
            (theirs, own) = (Latency::new(), Latency::new());
        }
        bare(&client, &url, &body, &notes, &mut theirs).await;
        ours(&*agent, &question, &notes, &mut own).await;
    }
    println!("| | to the endpoint p50 | p99 | first word p50 | p99 |");
    println!("|---|---|---|---|---|");
    theirs.print("bare client");
    own.print("back end");
}
