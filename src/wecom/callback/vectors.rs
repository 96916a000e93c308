//! Known answers: texts sealed by independent programs, and texts that must not open.

use base64::Engine;
use serde_json::Value;

use super::{CallbackCipher, CallbackQuery};
use crate::config::{AesKey, CallbackKeys};

const POSITIVE: &str = include_str!("vectors/positive.json");
const NEGATIVE: &str = include_str!("vectors/negative.json");

/// The console draws the last of the 43 characters at random: those of K2 and K3 carry bits
/// that a strict decoder refuses.
fn key(name: &str) -> AesKey {
    let text = match name {
        "K1" => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "K2" => "kX3vN8pQ2rT5wY7zA1bC4dE6fG9hJ0kL3mN5pR8sU2X",
        "K3" => "Zq7Lm2Xc9Vb4Nn6Tt1Yy8Uu3Ii5Oo0PpAaSsDdFfGgH",
        other => panic!("no key {other}"),
    };
    crate::config::decode_aes_key(text).unwrap()
}

fn cipher(key_name: &str, token: &str, receiver: &str) -> CallbackCipher {
    let keys = CallbackKeys {
        token: token.into(),
        aes_key: key(key_name),
    };
    CallbackCipher::new(&keys, Some(receiver))
}

struct Vector(Value);

impl Vector {
    fn all(text: &str) -> Vec<Self> {
        let Value::Array(vectors) = serde_json::from_str(text).unwrap() else {
            panic!("a list of vectors");
        };
        vectors.into_iter().map(Self).collect()
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap()
    }

    fn number(&self, name: &str) -> usize {
        usize::try_from(self.0[name].as_u64().unwrap()).unwrap()
    }

    fn random(&self) -> [u8; 16] {
        let hex = self.text("random_hex");
        std::array::from_fn(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap())
    }
}

fn query(signature: &str, timestamp: &str, nonce: &str) -> CallbackQuery {
    CallbackQuery::parse(&format!(
        "msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"
    ))
    .unwrap()
}

#[test]
fn what_others_sealed_is_opened_and_sealed_to_the_same_bytes() {
    let vectors = Vector::all(POSITIVE);
    assert_eq!(vectors.len(), 13);
    for vector in vectors {
        let id = vector.text("id").to_owned();
        let cipher = cipher(
            vector.text("key"),
            vector.text("token"),
            vector.text("receive_id"),
        );
        let (sealed, message) = (vector.text("encrypt"), vector.text("msg"));
        let query = query(
            vector.text("signature"),
            vector.text("timestamp"),
            vector.text("nonce"),
        );
        assert!(cipher.verify(&query, sealed), "{id}");
        assert_eq!(cipher.open(sealed).unwrap(), message, "{id}");
        assert_eq!(cipher.seal_with(vector.random(), message), sealed, "{id}");

        let bytes = base64::engine::general_purpose::STANDARD
            .decode(sealed)
            .unwrap();
        assert_eq!(bytes.len(), vector.number("cipher_len"), "{id}");
        let unpadded = 20 + message.len() + vector.text("receive_id").len();
        assert_eq!(bytes.len() - unpadded, vector.number("pad"), "{id}");
    }
}

#[test]
fn a_message_of_more_than_64_kib() {
    let cipher = cipher("K1", "Zk9sBotTokenAbC", "");
    let text = "企".repeat(30_000);
    let message = format!(r#"{{"msgtype":"text","text":{{"content":"{text}"}}}}"#);
    assert_eq!(message.len(), 90_040);
    let sealed = cipher.seal_with([b'E'; 16], &message);
    assert_eq!(sealed.len(), 120_108);
    assert!(sealed.starts_with("K/EQkJ7Tgnmj4MhLKYHT0bROlAcgft+OL5trZHM+JYo2"));
    assert!(sealed.ends_with("WHBhuONsmiFGvR2+xnehuDcpyxaYv5yfNFPlGOQAlZc="));
    let signature = cipher.sign("1760000013", "large", &sealed);
    assert_eq!(
        signature.as_str(),
        "f898231e907d4726d2dfa1cc51a458c74d06b873"
    );
    assert_eq!(cipher.open(&sealed).unwrap(), message);
}

#[test]
fn what_must_not_open_says_why() {
    let vectors = Vector::all(NEGATIVE);
    assert_eq!(vectors.len(), 17);
    for vector in vectors {
        let id = vector.text("id").to_owned();
        let cipher = cipher(
            vector.text("key"),
            "wcTestToken01",
            vector.text("receive_id"),
        );
        let sealed = vector.text("encrypt");
        assert!(
            cipher.verify(
                &query(vector.text("signature"), "1760000100", "neg"),
                sealed
            ),
            "{id}"
        );
        let opened = match cipher.open(sealed) {
            Ok(_) => "Ok".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(
            opened,
            vector.text("expect"),
            "{id}: {}",
            vector.text("why")
        );
    }
}

#[test]
fn lines_folded_by_a_proxy_are_opened_but_signed_as_they_came() {
    let vector = Vector::all(POSITIVE).remove(0);
    let cipher = cipher(
        vector.text("key"),
        vector.text("token"),
        vector.text("receive_id"),
    );
    let (head, tail) = vector.text("encrypt").split_at(76);
    let folded = format!(" {head}\r\n\t{tail}\n");
    assert_eq!(cipher.open(&folded).unwrap(), vector.text("msg"));
    let query = query(
        vector.text("signature"),
        vector.text("timestamp"),
        vector.text("nonce"),
    );
    assert!(!cipher.verify(&query, &folded));
}

#[test]
fn a_signature_is_of_the_texts_and_not_of_their_meaning() {
    let vector = Vector::all(POSITIVE).remove(0);
    let cipher = cipher(
        vector.text("key"),
        vector.text("token"),
        vector.text("receive_id"),
    );
    let (signature, timestamp, nonce) = (
        vector.text("signature"),
        vector.text("timestamp"),
        vector.text("nonce"),
    );
    let verify = |timestamp: &str, nonce: &str| {
        cipher.verify(&query(signature, timestamp, nonce), vector.text("encrypt"))
    };
    assert!(verify(timestamp, nonce));
    assert!(!verify("01760000001", nonce));
    assert!(!verify(timestamp, "1372623148"));
    // The sort forgets the order: only the freshness of the timestamp tells these apart.
    assert!(verify(nonce, timestamp));
}

#[test]
fn spellings_of_a_key() {
    let good = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let padded = format!("  {good} ");
    let equals = format!("{good}=");
    for text in [
        good,
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
        &padded,
        &equals,
    ] {
        assert_eq!(
            crate::config::decode_aes_key(text).unwrap(),
            key("K1"),
            "{text}"
        );
    }
    let inside = good.replacen("Bgc", "Bgc ", 1);
    for text in [
        &good[..42],
        &format!("{good}A"),
        &format!("{good}AB"),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH-8",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH!8",
        &inside,
        "",
    ] {
        assert!(crate::config::decode_aes_key(text).is_err(), "{text}");
    }
}
