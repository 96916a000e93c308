//! Texts that other implementations sealed.

use serde_json::Value;

use super::*;

const POSITIVE: &str = include_str!("../../../wecom/callback/vectors/positive.json");
const NEGATIVE: &str = include_str!("../../../wecom/callback/vectors/negative.json");
const TOKEN: &str = "wcTestToken01";

fn key(name: &Value) -> &'static str {
    match name.as_str().unwrap() {
        "K1" => "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "K2" => "kX3vN8pQ2rT5wY7zA1bC4dE6fG9hJ0kL3mN5pR8sU2X",
        "K3" => "Zq7Lm2Xc9Vb4Nn6Tt1Yy8Uu3Ii5Oo0PpAaSsDdFfGgH",
        other => panic!("no key {other}"),
    }
}

fn envelope(vector: &Value, token: &str) -> Envelope {
    let receive_id = vector["receive_id"].as_str().unwrap();
    let webhook = Webhook::new("http://127.0.0.1/", token, key(&vector["key"]));
    Envelope::new(&webhook.received_by(receive_id)).unwrap()
}

fn list(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn known_texts_are_sealed_signed_and_opened() {
    let vectors = list(POSITIVE);
    assert!(vectors.len() >= 12);
    for vector in vectors {
        let id = &vector["id"];
        let field = |name: &str| vector[name].as_str().unwrap();
        let envelope = envelope(&vector, field("token"));
        let signed = envelope.sign(field("timestamp"), field("nonce"), field("encrypt"));
        assert_eq!(signed, field("signature"), "{id}");
        let opened = envelope.open(field("encrypt"));
        assert_eq!(opened.as_deref(), Ok(field("msg")), "{id}");
        let random = u128::from_str_radix(field("random_hex"), 16).unwrap();
        let sealed = envelope.seal_after(random.to_be_bytes(), field("msg"));
        assert_eq!(sealed, field("encrypt"), "{id}");
    }
}

#[test]
fn what_is_damaged_is_not_opened() {
    let vectors = list(NEGATIVE);
    assert!(vectors.len() >= 17);
    for vector in vectors {
        let expected = match vector["expect"].as_str().unwrap() {
            "Ok" => None,
            "EmptyCiphertext" => Some("nothing is sealed"),
            "BadBase64" => Some("it is no base64"),
            "BadCiphertextLength" => Some("it is no whole number of blocks"),
            "BadPadding" => Some("its padding is wrong"),
            "TooShort" => Some("it is too short"),
            "BadLength" => Some("its length is wrong"),
            "ReceiveIdMismatch" => Some("it is for another receiver"),
            "InvalidUtf8" => Some("it is no UTF-8"),
            other => panic!("{other}"),
        };
        let opened = envelope(&vector, TOKEN).open(vector["encrypt"].as_str().unwrap());
        assert_eq!(opened.err(), expected, "{}", vector["id"]);
    }
}

#[test]
fn signatures_sort_texts() {
    for (token, timestamp, nonce, sealed, expected) in [
        (
            "tok",
            "1",
            "2",
            "3",
            "235575afc119ddb99fc0e61894a5db4cef6efd32",
        ),
        (
            "Zed",
            "abc",
            "ABC",
            "+/=",
            "80f4db854a6d41b91f5706e16ce0ac04b6d213c0",
        ),
        (
            "10",
            "9",
            "2",
            "1",
            "8892fbc0c505fa835e6b4baf1316c0b96d0b3a16",
        ),
    ] {
        assert_eq!(signature(token, timestamp, nonce, sealed), expected);
    }
}

#[test]
fn wrong_keys_are_named() {
    let good = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let trailing = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9";
    let short = &good[..42];
    let blank = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH!8";
    for (key, is_good) in [
        (good, true),
        (trailing, true),
        (short, false),
        (blank, false),
    ] {
        let read = Envelope::new(&Webhook::new("http://127.0.0.1/", "t", key));
        assert_eq!(read.is_ok(), is_good, "{key}");
    }
    let no_token = Webhook::new("http://127.0.0.1/", "", good);
    assert!(Envelope::new(&no_token).is_err());
}
