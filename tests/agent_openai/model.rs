//! An OpenAI-compatible endpoint that says what a test wants, and notes what it was asked.
//!
//! What it says by itself ([`said`], [`calls`]) has the form that OpenAI documents; the
//! official client library is run against it in `tests/interop`. What deviates is written
//! out by the tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    reason = "several test programs include it, and each uses its part"
)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The name of the model.
pub const NAME: &str = "mock-model";

/// A running endpoint. It ends when this is dropped.
#[derive(Debug)]
pub struct Model {
    address: SocketAddr,
    state: Arc<Script>,
    serving: JoinHandle<()>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub headers: HeaderMap,
    pub body: Value,
}

/// What it answers to a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Events of a stream.
    Stream(Vec<Event>),
    /// Something else than a stream: status, more headers, body.
    Plain(u16, Vec<(&'static str, &'static str)>, String),
}

/// A piece of a stream.
#[derive(Debug, Clone)]
pub enum Event {
    /// An event with this piece of an answer.
    Chunk(Value),
    /// Bytes as they are.
    Raw(String),
    /// A pause.
    Pause(Duration),
    /// Nothing until it is told to go on.
    Wait(Arc<Notify>),
    /// Nothing any more, and no end.
    Hang,
    /// The connection breaks.
    Break,
    /// The same piece without end.
    Forever(Value),
}

#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    /// Where the script is at its end.
    otherwise: Mutex<Option<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

impl Model {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Script>::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(state.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            state,
            serving,
        }
    }

    /// Its `baseUrl`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers the next request that nothing answers yet.
    pub fn answers(&self, answer: Answer) -> &Self {
        self.state.answers.lock().unwrap().push_back(answer);
        self
    }

    /// Says this to the next request that nothing answers yet.
    pub fn says(&self, words: &[&str]) -> &Self {
        self.answers(Answer::Stream(said(words)))
    }

    /// Answers whatever the script does not.
    pub fn otherwise(&self, answer: Answer) {
        *self.state.otherwise.lock().unwrap() = Some(answer);
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// What it was asked last.
    pub fn last(&self) -> Asked {
        self.asked().pop().expect("it was asked")
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Asked {
    /// The messages without the one of the system: role and content.
    pub fn talk(&self) -> Vec<(String, String)> {
        let messages = self.body["messages"].as_array().unwrap();
        let talk = messages
            .iter()
            .filter(|message| message["role"] != "system");
        talk.map(|message| {
            let content = match &message["content"] {
                Value::String(text) => text.clone(),
                Value::Null => message["tool_calls"][0]["function"]["name"].to_string(),
                other => other.to_string(),
            };
            (message["role"].as_str().unwrap().to_owned(), content)
        })
        .collect()
    }

    /// What stands before the conversation.
    pub fn system(&self) -> &str {
        assert_eq!(self.body["messages"][0]["role"], "system");
        self.body["messages"][0]["content"].as_str().unwrap()
    }
}

/// A whole answer in these pieces.
pub fn said(words: &[&str]) -> Vec<Event> {
    let mut events = vec![delta(json!({ "role": "assistant", "content": "" }))];
    events.extend(words.iter().map(|word| delta(json!({ "content": word }))));
    events.extend(end("stop"));
    events
}

/// A whole answer that wants tools: id, name and arguments of each, in pieces.
pub fn calls(words: &str, calls: &[(&str, &str, Value)]) -> Vec<Event> {
    let mut events = vec![delta(json!({ "role": "assistant", "content": null }))];
    if !words.is_empty() {
        events.push(delta(json!({ "content": words })));
    }
    for (index, (id, name, arguments)) in calls.iter().enumerate() {
        let arguments = arguments.to_string();
        let (one, two) = arguments.split_at(arguments.len() / 2);
        let begun = json!({ "index": index, "id": id, "type": "function",
            "function": { "name": name, "arguments": "" } });
        let more = |piece: &str| json!({ "index": index, "function": { "arguments": piece } });
        events.extend(
            [begun, more(one), more(two)].map(|call| delta(json!({ "tool_calls": [call] }))),
        );
    }
    events.extend(end("tool_calls"));
    events
}

/// A piece with this delta.
pub fn delta(delta: Value) -> Event {
    Event::Chunk(chunk(
        json!([{ "index": 0, "delta": delta, "finish_reason": null }]),
    ))
}

/// The end of an answer, with the reason, the count of tokens and the last word.
pub fn end(reason: &str) -> [Event; 3] {
    let choices = json!([{ "index": 0, "delta": {}, "finish_reason": reason }]);
    let mut usage = chunk(json!([]));
    usage["usage"] = json!({ "prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13 });
    [
        Event::Chunk(chunk(choices)),
        Event::Chunk(usage),
        Event::Raw("data: [DONE]\n\n".to_owned()),
    ]
}

/// An error as OpenAI answers it.
pub fn error(status: u16, code: &str, message: &str) -> Answer {
    let error = json!({ "message": message, "type": "error", "param": null, "code": code });
    let body = json!({ "error": error });
    Answer::Plain(
        status,
        vec![("content-type", "application/json")],
        body.to_string(),
    )
}

fn chunk(choices: Value) -> Value {
    json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_795_395_600,
        "model": NAME, "choices": choices })
}

async fn complete(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap();
    script.asked.lock().unwrap().push(Asked { headers, body });
    let next = script.answers.lock().unwrap().pop_front();
    let answer = next.or_else(|| script.otherwise.lock().unwrap().clone());
    match answer {
        None => plain(500, &[], "the script is at its end".to_owned()),
        Some(Answer::Plain(status, headers, body)) => plain(status, &headers, body),
        Some(Answer::Stream(events)) => Response::builder()
            .header("content-type", "text/event-stream; charset=utf-8")
            .body(Body::from_stream(stream::iter(events).flat_map(bytes)))
            .unwrap(),
    }
}

fn plain(status: u16, headers: &[(&str, &str)], body: String) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap()
}

type Piece = Result<String, std::io::Error>;

fn bytes(event: Event) -> stream::BoxStream<'static, Piece> {
    let written = |chunk: &Value| format!("data: {chunk}\n\n");
    match event {
        Event::Chunk(chunk) => once(Ok(written(&chunk))),
        Event::Raw(text) => once(Ok(text)),
        Event::Break => once(Err(std::io::Error::other("broken on purpose"))),
        Event::Forever(chunk) => stream::repeat(written(&chunk)).map(Ok).boxed(),
        Event::Hang => stream::pending().boxed(),
        Event::Pause(pause) => nothing(async move { tokio::time::sleep(pause).await }),
        Event::Wait(gate) => nothing(async move { gate.notified().await }),
    }
}

fn once(piece: Piece) -> stream::BoxStream<'static, Piece> {
    stream::iter([piece]).boxed()
}

fn nothing(after: impl Future<Output = ()> + Send + 'static) -> stream::BoxStream<'static, Piece> {
    stream::once(after)
        .filter_map(|()| std::future::ready(None::<Result<String, Infallible>>))
        .map(|never| Ok(never.unwrap()))
        .boxed()
}
