//! A turn through the whole runtime, beside a bare WebSocket client that answers at once.
//!
//! Both talk to the same simulator in the same run. The bare client parses a push and sends
//! the two frames that the runtime sends (placeholder, final); what the runtime adds is
//! policy, the durable inbox, the mailbox, the agent and the reply.
//!
//! `cargo bench --bench turn`
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

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;
use wecom::channel::Backends;
use wecom::ids::BotId;
use wecom::sim::{Entry, EntryKind, Injection, Limits, Seed, Sim, SimChat, SimOptions};

use support::{BOT, SECRET, configuration, open_store, settings};

/// Messages per chat: fewer than the conversation's budget of 30 a minute.
const ROUNDS: usize = 20;

/// Each chat gets one message in this time.
const PACE: Duration = Duration::from_secs(1);

/// Chats in which the one-at-a-time case writes, one after the other.
const SEQUENTIAL_CHATS: usize = 25;

struct Latency {
    first: Histogram<u64>,
    finish: Histogram<u64>,
}

impl Latency {
    fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        Self {
            first: histogram(),
            finish: histogram(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.first.add(&other.first).unwrap();
        self.finish.add(&other.finish).unwrap();
    }
}

async fn simulator(users: usize) -> Sim {
    let options = SimOptions {
        seed: Seed::empty(),
        limits: Limits::NONE,
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await.unwrap();
    sim.add_bot(BOT, SECRET, "Helper").unwrap();
    for n in 0..users {
        sim.add_user(format!("user{n}"), "somebody").unwrap();
    }
    sim
}

/// One message and its answer.
async fn turn(sim: &Sim, user: &str, latency: &mut Latency) {
    let chat = SimChat::direct(BOT, user);
    let begun = Instant::now();
    let asked = sim
        .inject(Injection::text(BOT, user, "how long does this take?"))
        .unwrap();
    assert!(asked.delivered);
    let answers = |entry: &Entry| {
        entry.kind == EntryKind::Stream && entry.req_id.as_ref() == Some(&asked.req_id)
    };
    let patience = Duration::from_mins(1);
    sim.wait_for(&chat, patience, answers).await.unwrap();
    latency.first.record(micros(begun)).unwrap();
    sim.wait_for(&chat, patience, |entry| answers(entry) && entry.finished)
        .await
        .unwrap();
    latency.finish.record(micros(begun)).unwrap();
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap().max(1)
}

/// `chats` conversations, each with a message a second, spread over the second.
async fn paced(sim: &Sim, chats: usize) -> Latency {
    let start = Instant::now() + Duration::from_millis(100);
    let chat_of = |n: usize| {
        let sim = sim.clone();
        async move {
            let offset = PACE.mul_f64(n as f64 / chats as f64);
            let mut latency = Latency::new();
            for round in 0..ROUNDS {
                tokio::time::sleep_until(start + offset + PACE * u32::try_from(round).unwrap())
                    .await;
                turn(&sim, &format!("user{n}"), &mut latency).await;
            }
            latency
        }
    };
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..chats {
        tasks.spawn(chat_of(n));
    }
    let mut all = Latency::new();
    while let Some(latency) = tasks.join_next().await {
        all.add(&latency.unwrap());
    }
    all
}

/// One message at a time.
async fn sequential(sim: &Sim) -> Latency {
    let mut all = Latency::new();
    for n in 0..SEQUENTIAL_CHATS {
        for _ in 0..ROUNDS {
            turn(sim, &format!("user{n}"), &mut all).await;
        }
    }
    all
}

async fn measure(sim: &Sim, chats: usize) -> Latency {
    if chats == 1 {
        sequential(sim).await
    } else {
        paced(sim, chats).await
    }
}

async fn with_runtime(chats: usize) -> Latency {
    let sim = simulator(chats.max(SEQUENTIAL_CHATS)).await;
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = configuration(&home, &settings(&sim.bot_url(), &json!({})));
    let store = open_store(&home.path().join("state.db"));
    let runtime = support::start(&config, store, Backends::Configured).await;
    sim.wait_subscribed(&BotId::from(BOT), Duration::from_secs(5))
        .await
        .unwrap();
    let latency = measure(&sim, chats).await;
    runtime
        .shutdown(Duration::from_secs(10), &CancellationToken::new())
        .await;
    latency
}

async fn with_bare_client(chats: usize) -> Latency {
    let sim = simulator(chats.max(SEQUENTIAL_CHATS)).await;
    let stream = TcpStream::connect(sim.addr()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (socket, _) = client_async(sim.bot_url(), stream).await.unwrap();
    let client = tokio::task::spawn(answer_at_once(socket));
    sim.wait_subscribed(&BotId::from(BOT), Duration::from_secs(5))
        .await
        .unwrap();
    let latency = measure(&sim, chats).await;
    client.abort();
    latency
}

async fn answer_at_once(mut socket: WebSocketStream<TcpStream>) {
    let subscribe = json!({"cmd": "aibot_subscribe", "headers": {"req_id": "aibot_subscribe_1"}, "body": {"bot_id": BOT, "secret": SECRET}});
    socket
        .send(Message::text(subscribe.to_string()))
        .await
        .unwrap();
    while let Some(Ok(message)) = socket.next().await {
        let Ok(frame) = serde_json::from_slice::<Value>(&message.into_data()) else {
            continue;
        };
        if frame["cmd"] != "aibot_msg_callback" {
            continue;
        }
        let req_id = &frame["headers"]["req_id"];
        let content = &frame["body"]["text"]["content"];
        for (content, finish) in [(&json!("<think></think>"), false), (content, true)] {
            let reply = json!({"cmd": "aibot_respond_msg", "headers": {"req_id": req_id}, "body": {
                "msgtype": "stream", "stream": {"id": req_id, "finish": finish, "content": content}}});
            socket.send(Message::text(reply.to_string())).await.unwrap();
        }
    }
}

fn row(case: &str, what: &str, histogram: &Histogram<u64>) {
    let ms = |quantile: f64| {
        Duration::from_micros(histogram.value_at_quantile(quantile)).as_secs_f64() * 1e3
    };
    println!(
        "{case:<32} {what:<14} p50 {:>8.3} ms  p99 {:>8.3} ms  n {}",
        ms(0.5),
        ms(0.99),
        histogram.len()
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for chats in [1, 100, 1_000] {
            let bare = with_bare_client(chats).await;
            let whole = with_runtime(chats).await;
            for (name, latency) in [("bare client", &bare), ("runtime, durable inbox", &whole)] {
                let case = format!("{chats} chats, {name}");
                row(&case, "first frame", &latency.first);
                row(&case, "finished", &latency.finish);
            }
        }
    });
}
