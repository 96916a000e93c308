//! HTTP by hand: what goes over the wire is all in sight.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wecom::sim::Sim;

use super::DEADLINE;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` when empty.
    pub(crate) fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A request with a JSON body, and its answer.
pub(crate) async fn call(sim: &Sim, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let host = sim.addr().to_string();
    call_as(sim, method, path, body, &[("host", &host)]).await
}

/// The same with headers of one's own.
pub(crate) async fn call_as(
    sim: &Sim,
    method: &str,
    path: &str,
    body: Option<&Value>,
    headers: &[(&str, &str)],
) -> Answer {
    let mut stream = TcpStream::connect(sim.addr()).await.unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len().to_string();
    let mut lines = vec![("connection", "close")];
    lines.extend(headers);
    if !body.is_empty() {
        lines.extend([
            ("content-type", "application/json"),
            ("content-length", length.as_str()),
        ]);
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let head = format!("{method} {path} HTTP/1.1\r\n{}\r\n", lines.join("\r\n"));
    stream
        .write_all(format!("{head}\r\n{body}").as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    let split = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body: answer[split + 4..].to_vec(),
    }
}

/// `GET` that must succeed.
pub(crate) async fn get(sim: &Sim, path: &str) -> Value {
    let answer = call(sim, "GET", path, None).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.json()
}

/// `POST` that must succeed.
pub(crate) async fn post(sim: &Sim, path: &str, body: Value) -> Value {
    let answer = call(sim, "POST", path, Some(&body)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.json());
    answer.json()
}

/// `PUT` of faults that must succeed.
pub(crate) async fn put_faults(sim: &Sim, bot: &str, body: Value) -> Value {
    let answer = call(sim, "PUT", &format!("/sim/faults/{bot}"), Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

/// An event of the event stream.
#[derive(Debug, PartialEq)]
pub(crate) struct SseEvent {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// An open event stream.
pub(crate) struct EventStream {
    reader: BufReader<TcpStream>,
}

impl EventStream {
    /// Opens it; `query` may be `?after=N`.
    pub(crate) async fn open(sim: &Sim, query: &str) -> Self {
        let mut stream = TcpStream::connect(sim.addr()).await.unwrap();
        let request = format!(
            "GET /sim/events/stream{query} HTTP/1.1\r\nhost: {}\r\n\r\n",
            sim.addr()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            timeout(DEADLINE, reader.read_line(&mut line))
                .await
                .unwrap()
                .unwrap();
        }
        Self { reader }
    }

    /// The next event; chunk sizes and comments are skipped. `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<SseEvent> {
        let (mut id, mut name, mut data) = (0, String::new(), String::new());
        loop {
            let mut line = String::new();
            let read = timeout(DEADLINE, self.reader.read_line(&mut line));
            if read.await.unwrap().unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("id: ") {
                id = value.parse().unwrap();
            } else if let Some(value) = line.strip_prefix("event: ") {
                name = value.to_owned();
            } else if let Some(value) = line.strip_prefix("data: ") {
                data = value.to_owned();
            } else if line.is_empty() && !name.is_empty() {
                let data = serde_json::from_str(&data).unwrap();
                return Some(SseEvent { id, name, data });
            }
        }
    }
}
