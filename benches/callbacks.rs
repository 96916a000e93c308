//! Callbacks of WeCom that are verified, opened, recorded and acknowledged, beside an axum
//! server that reads the same bodies and says a word.
//!
//! Both serve the same requests over the same connections in the same run, in turns. Every
//! callback has its own member and message, and is durable before its answer.
//!
//! `cargo bench --bench callbacks`, or with another number of requests: `-- 2000`
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

#[path = "../tests/callback/house.rs"]
#[allow(dead_code, reason = "the tests' house has more rooms")]
mod house;
#[path = "../tests/runtime/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use wecom::agent::Agent;

use house::{Caller, House, document, said, text};
use support::agents::Stuck;

/// Connections at once.
const CONNECTIONS: usize = 64;

/// Members of a round: an account keeps the answers of 5,000.
const ROUND: usize = 4_000;

/// Requests of each turn, unless the command line says otherwise.
const REQUESTS: usize = 20_000;

const BOT: &str = "/plugins/wecom/bot";
const APP: &str = "/plugins/wecom/agent";

/// The bytes of one request.
fn request(path: &str, query: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path}?{query} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Callbacks with a text of 40 characters, each by another member; `run` tells them from those
/// of other turns.
fn callbacks(path: &'static str, run: usize, count: usize) -> Vec<Vec<u8>> {
    let words = "请把昨天的销售数据按地区汇总成一张表，并标出比上周下降的三个地区，谢谢你的帮助";
    (0..count)
        .map(|n| {
            let member = format!("u{run}x{n}");
            let (query, body) = if path == APP {
                let inner = document(&text(&format!("{run}{n:07}"), words));
                Caller::of_app().xml(&inner.replace(house::USER, &member))
            } else {
                let mut message = said(&format!("m{run}x{n}"), words);
                message["from"]["userid"] = member.into();
                Caller::of_bot().json(&message)
            };
            request(path, &query, &body)
        })
        .collect()
}

/// Sends one request and waits for the end of its answer; the status.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> u16 {
    stream.write_all(request).await.unwrap();
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.unwrap();
        assert!(read > 0, "the connection was closed");
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(buffer).unwrap() else {
            continue;
        };
        let length = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |header| {
                std::str::from_utf8(header.value)
                    .unwrap()
                    .parse::<usize>()
                    .unwrap()
            });
        if buffer.len() >= head + length {
            return response.code.unwrap();
        }
    }
}

/// Sends all of it over a number of connections.
async fn drive(address: SocketAddr, requests: Vec<Vec<u8>>) -> (f64, Histogram<u64>) {
    let count = requests.len();
    let mut lanes: Vec<Vec<Vec<u8>>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for (n, request) in requests.into_iter().enumerate() {
        lanes[n % CONNECTIONS].push(request);
    }
    let began = Instant::now();
    let lanes = lanes.into_iter().map(|requests| {
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut times = Vec::with_capacity(requests.len());
            let mut buffer = Vec::with_capacity(4 * 1024);
            for request in requests {
                let sent = Instant::now();
                let status = exchange(&mut stream, &request, &mut buffer).await;
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(&buffer));
                times.push(sent.elapsed());
            }
            times
        })
    });
    let mut histogram = Histogram::new(3).unwrap();
    for times in futures_util::future::join_all(lanes).await {
        for time in times.unwrap() {
            histogram
                .record(u64::try_from(time.as_micros()).unwrap())
                .unwrap();
        }
    }
    (count as f64 / began.elapsed().as_secs_f64(), histogram)
}

fn report(what: &str, (rate, times): &(f64, Histogram<u64>)) {
    let ms = |quantile: f64| {
        Duration::from_micros(times.value_at_quantile(quantile)).as_secs_f64() * 1_000.0
    };
    println!(
        "{what:<44} {rate:>8.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms",
        ms(0.5),
        ms(0.99)
    );
}

async fn hello(body: Bytes) -> &'static str {
    assert!(!body.is_empty());
    "success"
}

async fn baseline() -> SocketAddr {
    let routes = Router::new()
        .route(BOT, post(hello))
        .route(APP, post(hello));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

/// Callbacks of one way, in rounds of as many members as an account answers at once, each round
/// with a runtime of its own.
async fn ours(what: &str, path: &'static str, agent: Option<Arc<dyn Agent>>, count: usize) {
    let mut all = Histogram::new(3).unwrap();
    let mut rates = Vec::new();
    for round in 0..count.div_ceil(ROUND) {
        let house = House::with(json!({}), agent.clone()).await;
        let (rate, times) = drive(house.address, callbacks(path, round, ROUND.min(count))).await;
        rates.push(rate);
        all.add(&times).unwrap();
    }
    rates.sort_unstable_by(f64::total_cmp);
    report(what, &(rates[rates.len() / 2], all));
}

#[tokio::main]
async fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let count = count.unwrap_or(REQUESTS);
    let hello = baseline().await;
    println!("{count} requests over {CONNECTIONS} connections, each way twice\n");
    let hanging: Arc<dyn Agent> = Arc::new(Stuck(""));
    drive(hello, callbacks(APP, 0, count / 10)).await;
    for _ in 0..2 {
        for (path, what) in [(APP, "agent app"), (BOT, "bot")] {
            report(
                "axum, a word",
                &drive(hello, callbacks(path, 0, count)).await,
            );
            let what = format!("{what}, recorded, agent hangs");
            ours(&what, path, Some(hanging.clone()), count).await;
        }
    }
    report(
        "axum, a word",
        &drive(hello, callbacks(BOT, 0, count)).await,
    );
    ours(
        "bot, recorded, the echo answers meanwhile",
        BOT,
        None,
        count,
    )
    .await;
}
