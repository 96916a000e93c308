//! An upload through the bot client, beside a bare WebSocket client that sends the same
//! frames.
//!
//! Both talk to the same simulator in the same run, with as many chunks on their way at
//! once. The bare client holds the file in memory and does nothing but base64, JSON and
//! frames; the uploader reads chunks from a file, and has lanes, acknowledgements by id and
//! retries.
//!
//! `cargo bench --bench upload`, or with another number of MiB: `-- 2`
#![allow(
    missing_docs,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench may do what tests may"
)]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::clock::SystemClock;
use wecom::config::{BotSocket, SocketTiming, TlsFiles};
use wecom::sim::{Limits, Seed, Sim, SimOptions};
use wecom::wecom::bot::{
    BotClient, BotSettings, CHUNK_BYTES, ConnectionState, Upload, UploadBytes, UploadKind, Uploader,
};

const SECRET: &str = "bench-secret";

/// What the uploader lets go at once of a file of this size.
const IN_FLIGHT: usize = 2;

/// Uploads of each client, in turns.
const ROUNDS: usize = 10;

struct OnDisk(Arc<File>);

#[async_trait]
impl UploadBytes for OnDisk {
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let file = self.0.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, offset)?;
            Ok(bytes.into())
        });
        read.await.unwrap()
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(bytes).into()))
}

async fn simulator() -> Sim {
    let options = SimOptions {
        seed: Seed::empty(),
        limits: Limits::NONE,
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await.unwrap();
    sim.add_bot("aibBENCH01", SECRET, "client").unwrap();
    sim.add_bot("aibBENCH02", SECRET, "bare").unwrap();
    sim
}

async fn client(sim: &Sim) -> BotClient {
    let socket = BotSocket {
        bot_id: "aibBENCH01".into(),
        secret: SECRET.into(),
        url: sim.bot_url().parse().unwrap(),
        tls: TlsFiles::default(),
        proxy: None,
        timing: SocketTiming::default(),
        compat_version: None,
        reclaim: None,
    };
    let (client, mut pushes) = BotClient::start(
        BotSettings::load("default".into(), &socket).unwrap(),
        SystemClock::shared(),
        &TaskTracker::new(),
        CancellationToken::new(),
    );
    tokio::spawn(async move { while pushes.recv().await.is_some() {} });
    let mut state = client.state();
    state.wait_for(ConnectionState::is_live).await.unwrap();
    client
}

/// The bare client: one request, and its answer's body.
struct Bare(WebSocketStream<TcpStream>);

impl Bare {
    async fn subscribed(sim: &Sim) -> Self {
        let stream = TcpStream::connect(sim.addr()).await.unwrap();
        let (socket, _) = client_async(sim.bot_url(), stream).await.unwrap();
        let mut bare = Self(socket);
        bare.write(
            "aibot_subscribe",
            "s",
            &json!({"bot_id": "aibBENCH02", "secret": SECRET}),
        )
        .await;
        bare.answer().await;
        bare
    }

    async fn write(&mut self, cmd: &str, req_id: &str, body: &Value) {
        let frame = json!({"cmd": cmd, "headers": {"req_id": req_id}, "body": body});
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn answer(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                let answer: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(answer["errcode"], 0, "{answer}");
                return answer["body"].clone();
            }
        }
    }

    async fn upload(&mut self, bytes: &[u8], md5: &str) {
        let chunks = bytes.len().div_ceil(CHUNK_BYTES);
        let body = json!({"type": "file", "filename": "a.bin", "total_size": bytes.len(),
            "total_chunks": chunks, "md5": md5});
        self.write("aibot_upload_media_init", "i", &body).await;
        let upload_id = self.answer().await["upload_id"].clone();
        for (index, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
            if index >= IN_FLIGHT {
                self.answer().await;
            }
            let body = json!({"upload_id": upload_id, "chunk_index": index,
                "base64_data": STANDARD.encode(chunk)});
            self.write("aibot_upload_media_chunk", &format!("c{index}"), &body)
                .await;
        }
        for _ in 0..chunks.min(IN_FLIGHT) {
            self.answer().await;
        }
        let body = json!({"upload_id": upload_id});
        self.write("aibot_upload_media_finish", "f", &body).await;
        self.answer().await;
    }
}

#[tokio::main]
async fn main() {
    let mebibytes = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(20_usize);
    let sim = simulator().await;
    let uploader = Uploader::new(client(&sim).await);
    let mut bare = Bare::subscribed(&sim).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.bin");

    println!("{mebibytes} MiB, milliseconds: bare client, uploader");
    let mut all = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        // Other bytes each time: what was uploaded before would not be uploaded again.
        let first = u8::try_from(round).unwrap();
        let bytes: Vec<u8> = (first..=250).cycle().take(mebibytes << 20).collect();
        std::fs::write(&path, &bytes).unwrap();
        let md5 = digest(&bytes);

        let begun = Instant::now();
        bare.upload(&bytes, &md5).await;
        let by_bare = begun.elapsed().as_millis();

        let file = OnDisk(Arc::new(File::open(&path).unwrap()));
        let upload = Upload {
            kind: UploadKind::File,
            file_name: "a.bin",
            size: bytes.len() as u64,
            md5: &md5,
            bytes: &file,
        };
        drop(bytes);
        let begun = Instant::now();
        let receipt = uploader.upload(&upload).await.unwrap();
        assert!(!receipt.is_reused);
        let by_uploader = begun.elapsed().as_millis();
        println!("{by_bare:>6} {by_uploader:>6}");
        all[0].push(by_bare);
        all[1].push(by_uploader);
    }
    for times in &mut all {
        times.sort_unstable();
    }
    println!("median {} {}", all[0][ROUNDS / 2], all[1][ROUNDS / 2]);
}
