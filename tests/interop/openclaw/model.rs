//! A model behind OpenAI's protocol that does what the prompt says: `[[say:…]]`,
//! `[[slow:60]]` (so many words, one each 50 ms), `[[tool:name {…}]]`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// Between two words.
const PAUSE: Duration = Duration::from_millis(50);

/// OpenClaw puts words of its own beside the person's, between these.
const INTERNAL: [&str; 2] = [
    "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>",
    "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
];

/// A running model; ends when dropped.
pub(crate) struct Model {
    /// Base URL for the configuration.
    pub(crate) url: String,
    requests: Requests,
    task: AbortHandle,
}

type Requests = Arc<Mutex<Vec<Value>>>;

impl Model {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Requests::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(requests.clone());
        let serve = async move { axum::serve(listener, router).await.unwrap() };
        #[expect(clippy::disallowed_methods, reason = "its owner ends it")]
        let task = tokio::spawn(serve).abort_handle();
        Self {
            url,
            requests,
            task,
        }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn complete(State(requests): State<Requests>, body: String) -> impl IntoResponse {
    let request: Value = serde_json::from_str(&body).unwrap();
    let deltas = answer(&request);
    requests.lock().unwrap().push(request);
    let frames = stream::unfold(deltas.into_iter(), async |mut deltas| {
        let delta = deltas.next()?;
        tokio::time::sleep(PAUSE).await;
        Some((Ok::<_, Infallible>(delta), deltas))
    });
    (
        [("content-type", "text/event-stream")],
        Body::from_stream(frames),
    )
}

/// The frames of the answer.
fn answer(request: &Value) -> Vec<String> {
    let said: Vec<(&str, String)> = request["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            (
                message["role"].as_str().unwrap(),
                text_of(&message["content"]),
            )
        })
        .filter(|(role, text)| *role != "user" || !text.trim().is_empty())
        .collect();
    let prompt = said.iter().rfind(|(role, _)| *role == "user");
    let prompt = prompt.map_or("", |(_, text)| text.as_str());
    let has_result = said.last().is_some_and(|(role, _)| *role == "tool");
    let command = |name: &str| {
        let (_, rest) = prompt.split_once(&format!("[[{name}:"))?;
        rest.split_once("]]")
            .map(|(argument, _)| argument.to_owned())
    };
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    let reason = match command("tool") {
        Some(call) if !has_result => {
            let (name, arguments) = call.split_once(' ').unwrap();
            let function = json!({"name": name, "arguments": arguments});
            deltas.push(json!({"content": "Looking. "}));
            deltas.push(json!({"tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": function},
            ]}));
            "tool_calls"
        }
        _ => {
            let words = match (command("say"), command("slow")) {
                (Some(text), _) => text.split_inclusive(' ').map(str::to_owned).collect(),
                (None, slow) => {
                    let count = slow.map_or(5, |count| count.parse().unwrap());
                    (0..count).map(|n| format!("word{n} ")).collect::<Vec<_>>()
                }
            };
            deltas.extend(words.into_iter().map(|word| json!({"content": word})));
            "stop"
        }
    };
    let mut frames: Vec<String> = deltas
        .iter()
        .map(|delta| frame(delta, &Value::Null))
        .collect();
    frames.push(frame(&json!({}), &json!(reason)));
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}

fn frame(delta: &Value, finish_reason: &Value) -> String {
    let chunk = json!({
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "mock-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    });
    format!("data: {chunk}\n\n")
}

/// The text of a message without what OpenClaw put there.
fn text_of(content: &Value) -> String {
    let mut text = match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    };
    let [begin, end] = INTERNAL;
    while let Some(from) = text.find(begin) {
        let to = text[from..]
            .find(end)
            .map_or(text.len(), |at| from + at + end.len());
        text.replace_range(from..to, "");
    }
    text
}
