//! Ten thousand requests that are almost right, at the addresses of bots and apps: none is
//! accepted, none brings the program down, and each leaves one line in the log.
//!
//! A program of its own, since it counts what the whole process logs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "of the helpers it uses a few"
)]

#[path = "../callback/house.rs"]
mod house;
#[path = "../runtime/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aes::Aes256;
use aes::cipher::array::Array;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tracing::{Event, Metadata, Subscriber, span};

use house::{Caller, House, KEY, OTHER_KEY, OTHER_TOKEN, TOKEN, document, said, text};

/// Requests.
const REQUESTS: usize = 10_000;

/// Requests at the same time.
const AT_ONCE: usize = 16;

/// The key of the bot.
const KEY_BYTES: [u8; 32] = {
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = at as u8;
        at += 1;
    }
    bytes
};

/// Counts the lines of refused callbacks, and those that should not be there.
#[derive(Default)]
struct Lines {
    refused: AtomicUsize,
    errors: AtomicUsize,
}

struct Counter(Arc<Lines>);

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN && metadata.target().starts_with("wecom::")
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event
            .metadata()
            .target()
            .starts_with("wecom::channel::webhook")
        {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
        }
        if *event.metadata().level() == tracing::Level::ERROR {
            self.0.errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

/// One request.
struct Attack {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    query: String,
    body: Vec<u8>,
}

const BOT: &str = "/plugins/wecom/bot";
const APP: &str = "/plugins/wecom/agent";

fn json_body(sealed: &str) -> Vec<u8> {
    json!({ "encrypt": sealed }).to_string().into_bytes()
}

/// Seals exactly these bytes, whose length is a multiple of 16.
fn sealed_raw(frame: &[u8]) -> String {
    let vector: [u8; 16] = KEY_BYTES[..16].try_into().unwrap();
    let mut cipher = cbc::Encryptor::<Aes256>::new(&Array::from(KEY_BYTES), &Array::from(vector));
    let mut frame = frame.to_vec();
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut frame);
    assert!(rest.is_empty());
    cipher.encrypt_blocks(blocks);
    STANDARD.encode(frame)
}

/// A frame that is right, whose last byte is `padding`, and which is therefore wrong.
fn padded_with(padding: u8) -> String {
    let message = said("x", "hi").to_string();
    let mut frame = vec![7; 16];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(message.as_bytes());
    let right = 32 - frame.len() % 32;
    frame.resize(frame.len() + right, u8::try_from(right).unwrap());
    *frame.last_mut().unwrap() = padding;
    sealed_raw(&frame)
}

fn right_padding() -> u8 {
    let message = said("x", "hi").to_string();
    u8::try_from(32 - (20 + message.len()) % 32).unwrap()
}

fn attack(n: usize, rng: &mut StdRng) -> Attack {
    let bot = Caller::of_bot();
    let app = Caller::of_app();
    let id = format!("a{n}");
    let (mut query, mut body) = bot.json(&said(&id, "hello"));
    let (mut path, mut method) = (BOT, "POST");
    let what = match n % 14 {
        0 => {
            let at = rng.random_range(0..body.len());
            body[at] ^= 1 << rng.random_range(0..8);
            "a bit of the body"
        }
        1 => {
            let mut bytes = query.into_bytes();
            // Within the signature, or the name of a parameter.
            let at = rng.random_range(0..54);
            bytes[at] ^= 1;
            query = bytes.iter().map(|byte| char::from(*byte)).collect();
            "a bit of the signature"
        }
        2 => {
            let padding = u8::try_from(1 + n / 14 % 255).unwrap();
            // One byte of padding would leave the others as a receiver, of which a company's own
            // bot has none to compare with.
            let is_right = padding == right_padding() || padding == 1;
            let padding = if is_right { 0 } else { padding };
            let sealed = padded_with(padding);
            (query, body) = (bot.query(&sealed), json_body(&sealed));
            "wrong padding, rightly signed"
        }
        3 => {
            path = APP;
            let foreign = Caller::with(OTHER_TOKEN, OTHER_KEY, "wwFOREIGN");
            (query, body) = foreign.xml(&document(&text(&id, "hello")));
            "a foreign receiver"
        }
        4 => {
            path = APP;
            let crossed = Caller::with(TOKEN, OTHER_KEY, house::CORP);
            (query, body) = crossed.xml(&document(&text(&id, "hello")));
            "the other one's token"
        }
        5 => {
            (query, body) = Caller::with(TOKEN, OTHER_KEY, "").json(&said(&id, "hello"));
            "the other one's key"
        }
        6 => {
            body = vec![b'x'; 1024 * 1024 + 1 + n % 7];
            "too large"
        }
        7 => {
            path = APP;
            let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
            let inner = format!("{bomb}<xml><MsgType>&b;</MsgType></xml>");
            if n % 28 < 14 {
                (query, body) = app.xml(&inner);
            } else {
                query = app.query("x");
                body = format!("{bomb}<xml><Encrypt>&b;</Encrypt></xml>").into_bytes();
            }
            "an entity bomb"
        }
        8 => {
            let names = ["timestamp=1", "nonce=n", "msg_signature=0"];
            query = format!("{query}&{}", names[n / 14 % 3]);
            "a parameter twice"
        }
        9 => {
            method = ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"][n / 14 % 5];
            "another method"
        }
        10 => {
            let mut late = bot.clone();
            let off = if n % 28 < 14 { -301 } else { 900 };
            let sent: i64 = late.timestamp.parse().unwrap();
            late.timestamp = (sent + off).to_string();
            (query, body) = late.json(&said(&id, "hello"));
            "an old or early timestamp"
        }
        11 => {
            path = APP;
            let (signed, right) = app.xml(&document(&text(&id, "hello")));
            query = signed;
            body = right[..right.len() - 1 - n % 40].to_vec();
            "cut off"
        }
        12 => {
            let sealed: String = (0..rng.random_range(0..200))
                .map(|_| char::from(rng.random_range(b'!'..b'~')))
                .collect();
            (query, body) = (bot.query(&sealed), json_body(&sealed));
            "anything, rightly signed"
        }
        _ => {
            let mut frame: Vec<u8> = (0..16 * rng.random_range(1..8))
                .map(|_| rng.random())
                .collect();
            *frame.last_mut().unwrap() = 1;
            // A length that leads beyond the end.
            for byte in frame.iter_mut().skip(16).take(2) {
                *byte = 0xff;
            }
            let sealed = sealed_raw(&frame);
            (query, body) = (bot.query(&sealed), json_body(&sealed));
            "a length without end, rightly signed"
        }
    };
    Attack {
        what,
        method,
        path,
        query,
        body,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_that_are_almost_right() {
    let lines = Arc::new(Lines::default());
    tracing::subscriber::set_global_default(Counter(lines.clone())).unwrap();
    let house = House::open(json!({})).await;
    lines.refused.store(0, Ordering::Relaxed);
    let mut rng = StdRng::seed_from_u64(20_261_123);
    let attacks: Vec<Attack> = (0..REQUESTS).map(|n| attack(n, &mut rng)).collect();
    let house = &house;
    let answers = futures_util::stream::iter(attacks).map(async |attack| {
        let Attack {
            what,
            method,
            path,
            query,
            body,
        } = attack;
        let answer = house.request(method, path, &query, &body).await;
        (what, answer)
    });
    let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).collect().await;
    for (what, answer) in &answers {
        assert!((400..500).contains(&answer.status), "{what}: {answer:?}");
        assert!(answer.body.len() < 200, "{what}: {answer:?}");
    }
    assert_eq!(
        lines.refused.load(Ordering::Relaxed),
        REQUESTS,
        "one line each"
    );
    assert_eq!(lines.errors.load(Ordering::Relaxed), 0);
    let open = house.store.open_messages(&"default".into()).await.unwrap();
    assert_eq!(open, [], "nothing was recorded");

    // And who is right is still served.
    let answer = house.say("m1", "hello").await;
    assert_eq!(answer["msgtype"], "stream");
    assert_eq!(house.app(&text("1", "hello")).await.body, "success");
    assert!(!KEY.is_empty());
}
