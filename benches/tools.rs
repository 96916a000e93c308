//! A tool call through server, pipeline and category client, beside the same call made
//! directly with the protocol's Rust client. Both end at the same simulated category
//! server in the same run.
//!
//! The daemon is a process of its own; the simulator and the clients are this one. Then a
//! file of 20 MiB is fetched with `get_msg_media`, and the daemon's peak memory is compared
//! with its memory before.
//!
//! `cargo bench --bench tools` (Linux)
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

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use hdrhistogram::Histogram;
use rmcp::model::{CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};
use tokio::time::Instant;
use wecom::sim::{Limits, McpFault, McpFaultKind, Seed, Sim, SimOptions};

use support::{BOT, SECRET, settings};

/// Calls that are timed, one after the other.
const CALLS: usize = 2_000;

/// Calls before the clock runs.
const WARM_UP: usize = 100;

/// Clients that call at the same time: as many as one account may have in flight.
const CLIENTS: usize = 5;

/// Tokens that take turns, so that no client's rate is what is measured.
const TOKENS: usize = 40;

const MIB: usize = 1024 * 1024;
const MEDIA_BYTES: usize = 20 * MIB;
const MEMBER: &str = "zhangsan";
const PATIENCE: Duration = Duration::from_mins(1);

type Client = RunningService<RoleClient, ClientConfig>;

/// Daemon and simulator.
struct House {
    sim: Sim,
    daemon: Child,
    base: String,
    _home: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let options = SimOptions {
            seed: Seed::empty(),
            limits: Limits::NONE,
            ..SimOptions::default()
        };
        let sim = Sim::start(options).await.unwrap();
        sim.add_bot(BOT, SECRET, "Helper").unwrap();
        sim.add_user(MEMBER, "张三").unwrap();
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clients: Vec<Value> = (0..TOKENS)
            .map(|n| {
                json!({ "id": format!("bench{n}"), "token": token(n), "user": MEMBER,
                        "rate": 6_000, "delivery": "path" })
            })
            .collect();
        let mut settings = settings(&sim.bot_url(), &json!({ "mcp": { "clients": clients } }));
        settings["gateway"] = json!({ "port": 0 });
        std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
        let daemon = Command::new(env!("CARGO_BIN_EXE_wecom"))
            .arg("run")
            .env_clear()
            .env("WECOM_HOME", home.path())
            .env("WECOM_LOG", "error")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        let base = address(home.path());
        Self {
            sim,
            daemon,
            base,
            _home: home,
        }
    }

    /// A client of the daemon's server.
    async fn through(&self, n: usize) -> Client {
        let config = StreamableHttpClientTransportConfig::with_uri(format!("{}/mcp", self.base))
            .auth_header(token(n));
        client(config, "2025-06-18").await
    }

    /// A client of the category server itself.
    async fn direct(&self) -> Client {
        let url = self.sim.mcp(BOT).url("todo").unwrap();
        let member = [(
            http::HeaderName::from_static("x-openclaw-wecom-userid"),
            http::HeaderValue::from_static(MEMBER),
        )];
        let config = StreamableHttpClientTransportConfig::with_uri(url)
            .custom_headers(member.into_iter().collect());
        client(config, "2025-03-26").await
    }

    fn memory_kb(&self, field: &str) -> f64 {
        let id = self.daemon.id().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

fn token(n: usize) -> String {
    format!("wmt_bench-token-that-is-long-enough-for-anybody-{n}")
}

fn address(home: &Path) -> String {
    let text = std::fs::read_to_string(home.join("daemon.json")).unwrap();
    let contact: Value = serde_json::from_str(&text).unwrap();
    format!("http://{}", contact["address"].as_str().unwrap())
}

async fn client(config: StreamableHttpClientTransportConfig, version: &str) -> Client {
    let transport = StreamableHttpClientTransport::with_client(
        reqwest::Client::builder().no_proxy().build().unwrap(),
        config,
    );
    let mut info = ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("bench", "0"),
    );
    info.protocol_version = serde_json::from_value(json!(version)).unwrap();
    info.serve(transport).await.unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => panic!("an object"),
    }
}

fn todo(n: usize) -> Value {
    json!({
        "content": format!("budget {n}"),
        "follower_list": { "followers": [{ "follower_id": MEMBER }] },
    })
}

async fn create_directly(client: &Client, n: usize) {
    let call = CallToolRequestParams::new("create_todo").with_arguments(object(todo(n)));
    let answer = client.call_tool(call).await.unwrap();
    let text = answer.content[0].as_text().unwrap();
    assert!(text.text.contains("todo_id"), "{}", text.text);
}

async fn create_through(client: &Client, n: usize) {
    let arguments = json!({
        "action": "call", "category": "todo", "method": "create_todo", "args": todo(n),
    });
    let call = CallToolRequestParams::new("wecom_mcp").with_arguments(object(arguments));
    let answer = client.call_tool(call).await.unwrap();
    assert_eq!(answer.is_error, Some(false), "{answer:?}");
}

struct Figures {
    latency: Histogram<u64>,
    calls_per_second: f64,
}

/// `CALLS` calls by one client after the other, then as many by five at a time.
async fn measure<F>(clients: &[Client], call: impl Fn(usize, usize) -> F) -> Figures
where
    F: Future<Output = ()>,
{
    let mut latency = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
    for n in 0..WARM_UP {
        call(n % clients.len(), n).await;
    }
    for n in 0..CALLS {
        let begun = Instant::now();
        call(n % clients.len(), WARM_UP + n).await;
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap();
        latency.record(took.max(1)).unwrap();
    }
    let begun = Instant::now();
    let call = &call;
    let workers = (0..CLIENTS).map(|worker| async move {
        for n in 0..CALLS / CLIENTS {
            let client = (n * CLIENTS + worker) % clients.len();
            call(client, WARM_UP + CALLS + n * CLIENTS + worker).await;
        }
    });
    futures_util::future::join_all(workers).await;
    Figures {
        latency,
        calls_per_second: CALLS as f64 / begun.elapsed().as_secs_f64(),
    }
}

fn print(what: &str, figures: &Figures) {
    let ms = |quantile| figures.latency.value_at_quantile(quantile) as f64 / 1_000.0;
    println!(
        "{what:<24} p50 {:>6.2} ms   p99 {:>6.2} ms   {:>6.0} calls/s with {CLIENTS} at a time",
        ms(0.5),
        ms(0.99),
        figures.calls_per_second,
    );
}

/// Fetches 20 MiB a few times: the time of each, and the daemon's peak after all.
async fn media(house: &House, client: &Client) {
    let idle = house.memory_kb("VmRSS:");
    for round in 0..3 {
        let fault = McpFault::new(McpFaultKind::BigMedia(MEDIA_BYTES)).on("get_msg_media");
        house.sim.mcp(BOT).fault(fault).unwrap();
        let arguments = json!({
            "action": "call", "category": "msg", "method": "get_msg_media",
            "args": { "media_id": format!("media{round}") },
        });
        let call = CallToolRequestParams::new("wecom_mcp").with_arguments(object(arguments));
        let begun = Instant::now();
        let answer = client.call_tool(call).await.unwrap();
        let took = begun.elapsed();
        let answer = answer.structured_content.unwrap();
        let item = &answer["data"]["media_item"];
        assert_eq!(item["size"], MEDIA_BYTES, "{answer}");
        let peak = house.memory_kb("VmHWM:");
        println!(
            "get_msg_media 20 MiB     {:>6.0} ms   peak {:.1} MB over {:.1} MB before: {:.2} x the file",
            took.as_secs_f64() * 1_000.0,
            (peak - idle) / 1_024.0,
            idle / 1_024.0,
            (peak - idle) * 1_024.0 / MEDIA_BYTES as f64,
        );
    }
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let house = House::open().await;
    let direct = vec![house.direct().await];
    let mut through = Vec::new();
    for n in 0..TOKENS {
        through.push(house.through(n).await);
    }
    // In turns, so that a slow moment of the machine meets both.
    for round in 0..2 {
        let figures = measure(&direct, |client, n| {
            create_directly(&direct[client], n + round * 10 * CALLS)
        })
        .await;
        print("direct", &figures);
        let figures = measure(&through, |client, n| {
            create_through(&through[client], n + round * 10 * CALLS)
        })
        .await;
        print("through the daemon", &figures);
    }
    media(&house, &through[0]).await;
}
