//! A request: its query on the first line, its body below. Whatever arrives is verified and
//! opened, or refused; what is sealed opens again, and no longer after a byte has changed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wecom::config::{AesKey, CallbackKeys};
use wecom::wecom::callback::{
    CallbackCipher, CallbackQuery, reply_json, reply_xml, sealed_json, sealed_xml,
};

const TIMESTAMP: &str = "1760000001";
const NONCE: &str = "1372623149";

/// As an agent app has it, and as a bot has it.
static CIPHERS: LazyLock<[CallbackCipher; 2]> = LazyLock::new(|| {
    let cipher = |token: &str, receiver| {
        let keys = CallbackKeys {
            token: token.into(),
            aes_key: AesKey::new(std::array::from_fn(|index| index as u8)),
        };
        CallbackCipher::new(&keys, receiver)
    };
    [
        cipher("wcTestToken01", Some("ww1234567890abcdef")),
        cipher("Zk9sBotTokenAbC", None),
    ]
});

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (query, body) = bytes.split_at(end.unwrap_or(bytes.len()));
    let body = body.get(1..).unwrap_or_default();
    if let Ok(query) = std::str::from_utf8(query)
        && let Ok(query) = CallbackQuery::parse(query)
    {
        assert!((1..=11).contains(&query.timestamp.len()));
        assert!(
            query
                .nonce
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte))
        );
        arrived(&query, body);
    }
    if let Ok(message) = std::str::from_utf8(body) {
        sent(message, query);
    }
});

/// What a receiver does.
fn arrived(query: &CallbackQuery, body: &[u8]) {
    let bodies = [sealed_json(body).ok(), sealed_xml(body).ok()];
    let echo = query.echo().ok().map(str::to_owned);
    for sealed in bodies.into_iter().flatten().chain(echo) {
        for cipher in &*CIPHERS {
            let mut again = query.clone();
            again.nonce.push('x');
            if cipher.verify(query, &sealed) {
                assert!(!cipher.verify(&again, &sealed));
            }
            // Signed or not: it opens or is refused, the same way each time.
            assert_eq!(cipher.open(&sealed), cipher.open(&sealed));
        }
    }
}

/// What a sender does, and somebody on the way who changes a byte.
fn sent(message: &str, choice: &[u8]) {
    let [app, bot] = &*CIPHERS;
    let body = reply_xml(app, TIMESTAMP, NONCE, message);
    let inside = sealed_xml(body.as_bytes()).expect("what was written can be read");
    assert_eq!(app.open(&inside).as_deref(), Ok(message));

    let value = serde_json::Value::from(message);
    let body = reply_json(bot, TIMESTAMP, NONCE, &value);
    let inside = sealed_json(body.as_bytes()).expect("what was written can be read");
    assert_eq!(bot.open(&inside), Ok(value.to_string()));

    let sealed = app.seal(message);
    let query = CallbackQuery {
        signature: app.sign(TIMESTAMP, NONCE, &sealed),
        timestamp: TIMESTAMP.to_owned(),
        nonce: NONCE.to_owned(),
        echo: None,
    };
    assert!(app.verify(&query, &sealed));
    let [at, byte, ..] = choice else { return };
    let mut changed = sealed.clone().into_bytes();
    let at = usize::from(*at) * changed.len() / 256;
    changed[at] = byte & 0x7F;
    let changed = String::from_utf8(changed).expect("ASCII");
    if changed != sealed {
        assert!(!app.verify(&query, &changed));
        assert_ne!(app.open(&changed).as_deref(), Ok(message));
    }
}
