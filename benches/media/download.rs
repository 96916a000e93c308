//! What people send. The server is a process of its own (this program again), so that the
//! memory that is read is the fetcher's.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cbc::cipher::array::Array;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wecom::agent::AttachmentKind;
use wecom::channel::media::inbound::{DownloadSlots, FetchLimits, Fetcher, Wanted, WantedMedia};
use wecom::clock::{Clock, SystemClock};
use wecom::config::proxy::EgressProxy;
use wecom::config::{Config, LiveConfig, MediaSettings, TlsFiles};
use wecom::egress::guard::{Allowed, GuardLimits, GuardOptions, GuardedClient, Route, SystemNames};
use wecom::files::{MediaScope, MediaStore};
use wecom::identity::TurnChat;
use wecom::ids::{AccountId, UserId};
use wecom::wecom::bot::MediaRef;

/// The argument that makes this program the server.
pub const SERVE: &str = "serve-media";

const MIB: usize = 1024 * 1024;
const FILE_BYTES: usize = 20 * MIB;
const PICTURE_BYTES: usize = MIB;
const ROUNDS: usize = 9;
const CHATS: usize = 1_000;
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Serves `/file` and `/picture`, encrypted, until it is killed.
pub async fn serve() {
    let file: Arc<[u8]> = sealed(FILE_BYTES).into();
    let picture: Arc<[u8]> = sealed(PICTURE_BYTES).into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (file, picture) = (file.clone(), picture.clone());
        tokio::spawn(async move {
            loop {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => request.push(byte),
                        Err(_) => return,
                    }
                }
                let body = if request.starts_with(b"GET /file") {
                    &file
                } else {
                    &picture
                };
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                if stream.write_all(head.as_bytes()).await.is_err()
                    || stream.write_all(body).await.is_err()
                {
                    return;
                }
            }
        });
    }
}

/// Prints the figures.
pub async fn run() {
    let house = House::open();
    house.one_file().await;
    house.many_chats().await;
}

struct House {
    server: Child,
    base: String,
    client: GuardedClient,
    fetcher: Fetcher,
    limits: FetchLimits,
    _home: tempfile::TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl House {
    fn open() -> Self {
        let mut server = Command::new(std::env::current_exe().unwrap())
            .arg(SERVE)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let config = Config::unconfigured(home.path());
        let media = config.accounts.values().next().unwrap().media.clone();
        let store = MediaStore::new(LiveConfig::new(config), SystemClock::shared());
        let client = GuardedClient::new(GuardOptions {
            route: Route::WeCom,
            proxy: EgressProxy::default(),
            tls: TlsFiles::default(),
            allowed: Allowed::default().with_loopback(),
            limits: GuardLimits::default(),
            names: Arc::new(SystemNames),
        })
        .unwrap();
        Self {
            server,
            base: format!("http://{}", address.trim()),
            fetcher: Fetcher::new(
                client.clone(),
                store,
                SystemClock::shared(),
                DownloadSlots::default(),
            ),
            client,
            limits: limits(&media),
            _home: home,
        }
    }

    /// One file of 20 MiB, one time after the other; the three ways in turns, so that a slow
    /// moment of the machine meets all of them.
    async fn one_file(&self) {
        let ciphertext = sealed(FILE_BYTES);
        let (mut raw, mut carried, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut bytes = ciphertext.clone();
            let began = Instant::now();
            decrypt(&mut bytes);
            raw.push(began.elapsed());
            assert!(bytes.starts_with(&[b'x'; 64]));

            let began = Instant::now();
            self.carry().await;
            carried.push(began.elapsed());

            let began = Instant::now();
            self.fetch("/file", "zhangsan", FILE_BYTES).await;
            kept.push(began.elapsed());
        }
        println!("a file of 20 MiB, median of {ROUNDS}");
        for (what, times) in [
            ("AES-256-CBC in memory", raw),
            ("carried over loopback, dropped", carried),
            ("fetched, decrypted, hashed, kept", kept),
        ] {
            let median = median(times);
            println!(
                "  {what:<34} {:>7.1} ms  {:>6.0} MB/s",
                median.as_secs_f64() * 1_000.0,
                FILE_BYTES as f64 / 1e6 / median.as_secs_f64(),
            );
        }
    }

    /// A picture of 1 MiB in each of 1,000 chats at the same moment.
    async fn many_chats(&self) {
        // 5 makes the kernel forget the peak.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = memory_kb("VmRSS:");
        let began = Instant::now();
        let names: Vec<String> = (0..CHATS).map(|n| format!("user{n}")).collect();
        let all = names
            .iter()
            .map(|name| self.fetch("/picture", name, PICTURE_BYTES));
        join_all(all).await;
        let took = began.elapsed();
        let peak = memory_kb("VmHWM:");
        println!(
            "a picture of 1 MiB in each of {CHATS} chats: {:.1} s, peak {:.1} MB over {:.1} MB before",
            took.as_secs_f64(),
            (peak - before) / 1_024.0,
            before / 1_024.0,
        );
    }

    async fn carry(&self) {
        let url = format!("{}/file", self.base);
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        let limit = FILE_BYTES as u64 + 32;
        let mut download = self.client.get(&url, limit, deadline).await.unwrap();
        let mut size = 0;
        while let Some(piece) = download.chunk().await.unwrap() {
            size += piece.len();
        }
        assert_eq!(size, FILE_BYTES + 32);
    }

    async fn fetch(&self, path: &str, from: &str, size: usize) {
        let wanted = Wanted {
            kind: AttachmentKind::File,
            media: WantedMedia::Address(MediaRef {
                url: format!("{}{path}", self.base).as_str().into(),
                aes_key: Some(KEY.into()),
                file_name: Some("photo.bin".to_owned()),
                size_bytes: None,
                md5: None,
            }),
        };
        let chat = TurnChat::Direct(UserId::new(from));
        let scope = MediaScope::of_chat(&AccountId::new("default"), &chat);
        let now = SystemClock.now_ms();
        let found = self
            .fetcher
            .fetch_all(&[wanted], &scope, now, &self.limits)
            .await
            .remove(0)
            .unwrap();
        assert_eq!(found.size, size as u64);
    }
}

/// The usual limits with more time: how long it takes is what is measured.
fn limits(media: &MediaSettings) -> FetchLimits {
    FetchLimits {
        image: Duration::from_mins(5),
        file: Duration::from_mins(5),
        attempts: 1,
        ..FetchLimits::of(media)
    }
}

fn key() -> ([u8; 32], [u8; 16]) {
    let key: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap());
    (key, key[..16].try_into().unwrap())
}

/// So many bytes, encrypted as WeCom does it.
fn sealed(size: usize) -> Vec<u8> {
    let padding = 32 - size % 32;
    let mut bytes = vec![b'x'; size];
    bytes.extend(vec![u8::try_from(padding).unwrap(); padding]);
    let (key, vector) = key();
    let mut cipher = cbc::Encryptor::<aes::Aes256>::new(&Array::from(key), &Array::from(vector));
    cipher.encrypt_blocks(Array::slice_as_chunks_mut(&mut bytes).0);
    bytes
}

fn decrypt(bytes: &mut [u8]) {
    let (key, vector) = key();
    let mut cipher = cbc::Decryptor::<aes::Aes256>::new(&Array::from(key), &Array::from(vector));
    cipher.decrypt_blocks(Array::slice_as_chunks_mut(bytes).0);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn memory_kb(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
