//! Callbacks of `@wecom/crypto` and `wechatpy` against ours: each opens what the other has
//! sealed, for agent apps and for bots.
//!
//! Both scripts understand the same methods, and answer what the package throws as an error:
//!
//! | Method | Takes | Gives |
//! | --- | --- | --- |
//! | `seal` | `keys`, `timestamp`, `nonce`, `message` | `sealed`, `signature`, `body`: what is posted |
//! | `open` | `keys`, `timestamp`, `nonce`, `signature`, `sealed`; `callbacks.py` also `body` | `message` |
//!
//! `keys` are `token`, `aesKey` as the admin console shows it, and `receiver`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use wecom::config::{AesKey, CallbackKeys};
use wecom::wecom::callback::{
    AppCallback, AppContent, CallbackCipher, CallbackQuery, reply_json, reply_xml, sealed_json,
    sealed_xml,
};

use super::peer::Peer;

/// Messages each way with each package; their padding has every length in turn.
const MESSAGES: usize = 200;

/// Characters that base64 is written in, in the order of what they stand for.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What people write in, one to four bytes a character.
const WORDS: [&str; 8] = [
    "hello ",
    "企业微信",
    "こんにちは",
    "привет ",
    "مرحبا ",
    "🙂👩‍👩‍👧",
    "a & b < c ",
    "\\\"{}",
];

/// One callback: keys, and what is said.
struct Case {
    cipher: CallbackCipher,
    /// The same keys as the packages take them.
    keys: Value,
    timestamp: String,
    nonce: String,
    text: String,
}

impl Case {
    /// Drawn anew; the last character of the key has bits that mean nothing.
    fn draw(random: &mut StdRng, receiver: &str) -> Self {
        let key: [u8; AesKey::LENGTH] = random.random();
        let mut written = STANDARD.encode(key);
        assert_eq!(written.pop(), Some('='));
        let last = written.pop().unwrap();
        let value = ALPHABET.iter().position(|c| char::from(*c) == last);
        let spare = random.random_range(0..4);
        written.push(char::from(ALPHABET[value.unwrap() | spare]));
        let token: String = letters(random, 3..=32);
        let keys = CallbackKeys {
            token: token.as_str().into(),
            aes_key: AesKey::new(key),
        };
        let text = (0..random.random_range(0..20))
            .map(|_| WORDS[random.random_range(0..WORDS.len())])
            .collect();
        Self {
            cipher: CallbackCipher::new(&keys, Some(receiver)),
            keys: json!({ "token": token, "aesKey": written, "receiver": receiver }),
            timestamp: random
                .random_range(1_700_000_000..1_900_000_000)
                .to_string(),
            nonce: letters(random, 1..=20),
            text,
        }
    }

    /// As the packages take it.
    fn args(&self, more: Value) -> Value {
        let mut args = json!({
            "keys": self.keys, "timestamp": self.timestamp, "nonce": self.nonce,
        });
        let Value::Object(more) = more else {
            panic!("an object");
        };
        args.as_object_mut().unwrap().extend(more);
        args
    }

    /// Takes what a package has sealed as a request; `sealed` is what was in its body.
    fn receive(&self, said: &Value, sealed: &str) -> String {
        let text = |name: &str| said[name].as_str().unwrap();
        assert_eq!(sealed, text("sealed"));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("msg_signature", text("signature"))
            .append_pair("timestamp", &self.timestamp)
            .append_pair("nonce", &self.nonce)
            .append_pair("echostr", sealed)
            .finish();
        let query = CallbackQuery::parse(&query).unwrap();
        assert_eq!(query.echo(), Ok(sealed));
        assert!(self.cipher.verify(&query, sealed));
        self.cipher.open(sealed).unwrap()
    }

    /// What of an answer of ours a package is given.
    fn signed(&self, sealed: &str) -> Value {
        let signature = self.cipher.sign(&self.timestamp, &self.nonce, sealed);
        self.args(json!({ "sealed": sealed, "signature": signature.as_str() }))
    }
}

fn letters(random: &mut StdRng, length: std::ops::RangeInclusive<usize>) -> String {
    let length = random.random_range(length);
    // The console's alphabet: letters and digits.
    (0..length)
        .map(|_| char::from(ALPHABET[random.random_range(0..62)]))
        .collect()
}

fn document(text: &str) -> String {
    format!("<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>")
}

/// Lengthens a text so that `message`, which it is in, is sealed with `wanted` bytes of
/// padding.
fn pad(text: &mut String, message: impl Fn(&str) -> String, receiver: &str, wanted: usize) {
    let padding = |text: &str| 32 - (20 + message(text).len() + receiver.len()) % 32;
    let longer = (padding(text) + 32 - wanted) % 32;
    text.push_str(&"x".repeat(longer));
    assert_eq!(padding(text), wanted);
}

const CORP: &str = "ww1234567890abcdef";

#[tokio::test]
async fn an_app_and_wechatpy() {
    let mut peer = Peer::start_python("callbacks.py").await;
    let mut random = StdRng::seed_from_u64(6);
    for number in 0..MESSAGES {
        let mut case = Case::draw(&mut random, CORP);
        pad(&mut case.text, document, CORP, 1 + number % 32);
        let message = document(&case.text);
        let args = case.args(json!({ "message": message }));
        let said = peer.call("", "seal", args).await.unwrap();
        let sealed = sealed_xml(said["body"].as_str().unwrap().as_bytes()).unwrap();
        let opened = case.receive(&said, &sealed);
        assert_eq!(opened, message);
        let content = AppCallback::parse(&opened).unwrap().content;
        assert_eq!(content, AppContent::Text(case.text.clone()));

        let body = reply_xml(&case.cipher, &case.timestamp, &case.nonce, &message);
        let mut args = case.signed(&sealed_xml(body.as_bytes()).unwrap());
        args["body"] = body.into();
        let opened = peer.call("", "open", args).await.unwrap();
        assert_eq!(opened["message"], message);
    }
}

#[tokio::test]
async fn a_bot_and_wecom_crypto() {
    let mut peer = Peer::start("callbacks.mjs").await;
    let mut random = StdRng::seed_from_u64(7);
    for number in 0..MESSAGES {
        let mut case = Case::draw(&mut random, "");
        let object = |text: &str| json!({ "msgtype": "text", "text": { "content": text } });
        pad(
            &mut case.text,
            |text| object(text).to_string(),
            "",
            1 + number % 32,
        );
        let message = object(&case.text);
        let args = case.args(json!({ "message": message.to_string() }));
        let said = peer.call("", "seal", args).await.unwrap();
        let sealed = sealed_json(said["body"].as_str().unwrap().as_bytes()).unwrap();
        let opened: Value = serde_json::from_str(&case.receive(&said, &sealed)).unwrap();
        assert_eq!(opened, message);

        let body = reply_json(&case.cipher, &case.timestamp, &case.nonce, &message);
        let body: Value = serde_json::from_str(&body).unwrap();
        let args = case.args(json!({
            "sealed": body["encrypt"], "signature": body["msgsignature"],
        }));
        let opened = peer.call("", "open", args).await.unwrap();
        let opened: Value = serde_json::from_str(opened["message"].as_str().unwrap()).unwrap();
        assert_eq!(opened, message);
    }
}

/// The packages know nothing of bots and apps: each plays the other part too, with the
/// checks of an address.
#[tokio::test]
async fn echoes_for_either_by_either() {
    let peers = [
        Peer::start("callbacks.mjs").await,
        Peer::start_python("callbacks.py").await,
    ];
    let mut random = StdRng::seed_from_u64(8);
    for mut peer in peers {
        for receiver in ["", CORP, "", CORP] {
            let case = Case::draw(&mut random, receiver);
            let number = random.random::<u64>().to_string();
            let args = case.args(json!({ "message": number }));
            let said = peer.call("", "seal", args).await.unwrap();
            let sealed = said["sealed"].as_str().unwrap();
            assert_eq!(case.receive(&said, sealed), number);

            let sealed = case.cipher.seal(&number);
            let mut args = case.signed(&sealed);
            let opened = peer.call("", "open", args.clone()).await.unwrap();
            assert_eq!(opened["message"], number);
            args["nonce"] = "another".into();
            peer.call("", "open", args).await.unwrap_err();
        }
    }
}
