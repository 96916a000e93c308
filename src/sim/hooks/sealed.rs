//! A callback as it goes over the wire: a query and a body.

use std::fmt::Write;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::envelope::{Envelope, signature};
use super::fault::HookFaultKind;
use super::owner::HookOwner;

/// A callback that is ready to be sent, any number of times.
pub(super) struct Sealed {
    /// Address and query.
    pub(super) url: String,
    /// JSON of a bot, XML of an app.
    pub(super) body: String,
    /// The number that the answer repeats.
    pub(super) nonce: String,
}

/// The query of a check, and the text that must come back.
pub(super) struct Check {
    pub(super) url: String,
    pub(super) echo: String,
}

/// Seals and signs a callback, as badly as it is wanted.
pub(super) fn callback(
    owner: &HookOwner,
    url: &str,
    envelope: &Envelope,
    plain: &str,
    faults: &[HookFaultKind],
    now_ms: i64,
) -> Sealed {
    let age_s = faults.iter().find_map(|fault| match fault {
        HookFaultKind::StaleTimestamp(age_s) => Some(*age_s),
        _ => None,
    });
    let has = |fault: HookFaultKind| faults.contains(&fault);
    let mut sealed = if has(HookFaultKind::OtherReceiver) {
        envelope.for_receiver(STRANGER).seal(plain)
    } else {
        envelope.seal(plain)
    };
    if has(HookFaultKind::Garbled) {
        sealed = damaged(&sealed);
    }
    let timestamp = (now_ms / 1_000).saturating_sub(age_s.unwrap_or_default());
    let timestamp = timestamp.to_string();
    let nonce = rand::random::<u32>().to_string();
    let signed = if has(HookFaultKind::WrongSignature) {
        signature("another-token", &timestamp, &nonce, &sealed)
    } else {
        envelope.sign(&timestamp, &nonce, &sealed)
    };
    if has(HookFaultKind::TamperedBody) {
        sealed = damaged(&sealed);
    }
    let parameters = [
        ("msg_signature", signed.as_str()),
        ("timestamp", &timestamp),
        ("nonce", &nonce),
    ];
    Sealed {
        url: with_query(url, &parameters),
        body: body(owner, &sealed, has(HookFaultKind::EntityBomb)),
        nonce,
    }
}

/// Seals a text for the check of an address.
pub(super) fn check(url: &str, envelope: &Envelope, now_ms: i64) -> Check {
    let echo = rand::random::<u64>().to_string();
    let sealed = envelope.seal(&echo);
    let timestamp = (now_ms / 1_000).to_string();
    let nonce = rand::random::<u32>().to_string();
    let parameters = [
        ("msg_signature", envelope.sign(&timestamp, &nonce, &sealed)),
        ("timestamp", timestamp.clone()),
        ("nonce", nonce.clone()),
        ("echostr", sealed),
    ];
    let parameters = parameters
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    Check {
        url: with_query(url, &parameters),
        echo,
    }
}

/// Opens the envelope of an answer to a bot's callback; says what is wrong with it.
pub(super) fn opened(envelope: &Envelope, nonce: &str, body: &[u8]) -> Result<Value, String> {
    let answer: Value =
        serde_json::from_slice(body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let field = |name: &str| {
        let text = answer.get(name).and_then(Value::as_str);
        text.ok_or_else(|| format!("the answer has no text `{name}`"))
    };
    let [sealed, signed, timestamp, repeated] =
        ["encrypt", "msgsignature", "timestamp", "nonce"].map(field);
    let (sealed, signed, timestamp) = (sealed?, signed?, timestamp?);
    if repeated? != nonce {
        return Err("the answer's nonce is not the callback's".to_owned());
    }
    let is_time =
        (1..=11).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
    if !is_time {
        return Err("the answer's timestamp is no time in seconds".to_owned());
    }
    if signed != envelope.sign(timestamp, nonce, sealed) {
        return Err("the answer's msgsignature is wrong".to_owned());
    }
    let text = envelope.open(sealed);
    let text = text.map_err(|what| format!("the answer cannot be opened: {what}"))?;
    let message: Value = serde_json::from_str(&text)
        .map_err(|error| format!("what the answer seals is no JSON: {error}"))?;
    if message.is_object() {
        Ok(message)
    } else {
        Err("what the answer seals is no JSON object".to_owned())
    }
}

fn body(owner: &HookOwner, sealed: &str, is_bomb: bool) -> String {
    match owner {
        HookOwner::Bot(_) => json!({ "encrypt": sealed }).to_string(),
        HookOwner::App(app) => {
            let document = format!(
                "<xml><ToUserName><![CDATA[{}]]></ToUserName>\
                 <AgentID><![CDATA[{}]]></AgentID>\
                 <Encrypt><![CDATA[{sealed}]]></Encrypt>{}</xml>",
                app.corp_id,
                app.agent_id,
                if is_bomb { "<Bomb>&i;</Bomb>" } else { "" },
            );
            if is_bomb {
                format!("{}{document}", bomb())
            } else {
                document
            }
        }
    }
}

/// Nine entities, of which each is ten of the one before: a gigabyte in a line.
fn bomb() -> String {
    let names: Vec<char> = ('a'..='i').collect();
    let mut entities = "<!ENTITY a \"aaaaaaaaaa\">".to_owned();
    for pair in names.windows(2) {
        if let [inner, outer] = pair {
            let tenfold = format!("&{inner};").repeat(10);
            // Writing into a string cannot fail.
            let _ = write!(entities, "<!ENTITY {outer} \"{tenfold}\">");
        }
    }
    format!("<!DOCTYPE xml [{entities}]>")
}

/// Another text of the same length and alphabet: one character of the first block differs.
fn damaged(sealed: &str) -> String {
    let mut chars = sealed.chars();
    let first = match chars.next() {
        Some('A') => 'B',
        _ => 'A',
    };
    std::iter::once(first).chain(chars).collect()
}

fn with_query(url: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{query}")
}

/// A receiver that nobody is.
const STRANGER: &str = "wwSTRANGER0000000";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::apps::AppId;
    use crate::sim::hooks::Webhook;

    fn envelope() -> Envelope {
        let key = "kX3vN8pQ2rT5wY7zA1bC4dE6fG9hJ0kL3mN5pR8sU2X";
        Envelope::new(&Webhook::new("http://127.0.0.1/", "token", key)).unwrap()
    }

    fn answer(envelope: &Envelope, nonce: &str, message: &str) -> Value {
        let sealed = envelope.seal(message);
        let signed = envelope.sign("1760000000", nonce, &sealed);
        json!({ "encrypt": sealed, "msgsignature": signed, "timestamp": "1760000000", "nonce": nonce })
    }

    #[test]
    fn an_answer_is_opened_if_all_of_it_is_right() {
        let envelope = envelope();
        let good = answer(&envelope, "7", r#"{"msgtype":"stream"}"#);
        let read = |answer: &Value| opened(&envelope, "7", answer.to_string().as_bytes());
        assert_eq!(read(&good), Ok(json!({ "msgtype": "stream" })));
        for (name, value) in [
            ("encrypt", json!("AAAA")),
            ("encrypt", json!(null)),
            ("msgsignature", json!("00")),
            ("timestamp", json!(1_760_000_000)),
            ("timestamp", json!("")),
            ("timestamp", json!("1760000001")),
            ("nonce", json!("8")),
            ("nonce", json!(7)),
        ] {
            let mut bad = good.clone();
            bad[name] = value.clone();
            assert!(read(&bad).is_err(), "{name} {value}");
        }
        for message in ["null", "[]", "x"] {
            assert!(read(&answer(&envelope, "7", message)).is_err(), "{message}");
        }
        assert!(opened(&envelope, "7", b"success").is_err());
    }

    #[test]
    fn faults_break_what_they_say() {
        let owner = HookOwner::App(AppId::new("ww1", 7));
        let envelope = envelope();
        let sent = |faults: &[HookFaultKind]| {
            callback(
                &owner,
                "http://h/a?b=c",
                &envelope,
                "plain",
                faults,
                1_000_000,
            )
        };
        let parts = |sealed: &Sealed| {
            let (_, query) = sealed.url.split_once('?').unwrap();
            let pairs: std::collections::HashMap<String, String> =
                form_urlencoded::parse(query.as_bytes())
                    .into_owned()
                    .collect();
            let (_, text) = sealed.body.split_once("<Encrypt><![CDATA[").unwrap();
            let text = text.split_once("]]>").unwrap().0.to_owned();
            (pairs, text)
        };
        let is_signed = |sealed: &Sealed| {
            let (query, text) = parts(sealed);
            envelope.sign(&query["timestamp"], &query["nonce"], &text) == query["msg_signature"]
        };
        let opens = |sealed: &Sealed| envelope.open(&parts(sealed).1);

        let good = sent(&[]);
        assert!(is_signed(&good));
        assert_eq!(opens(&good).as_deref(), Ok("plain"));
        assert_eq!(parts(&good).0["b"], "c");
        assert_eq!(parts(&good).0["timestamp"], "1000");
        assert!(!is_signed(&sent(&[HookFaultKind::WrongSignature])));
        assert!(!is_signed(&sent(&[HookFaultKind::TamperedBody])));
        let garbled = sent(&[HookFaultKind::Garbled]);
        assert!(is_signed(&garbled));
        assert_ne!(opens(&garbled).as_deref(), Ok("plain"));
        let stale = sent(&[HookFaultKind::StaleTimestamp(400)]);
        assert_eq!(parts(&stale).0["timestamp"], "600");
        assert!(is_signed(&stale));
        let bomb = sent(&[HookFaultKind::EntityBomb]);
        assert!(bomb.body.starts_with("<!DOCTYPE xml [<!ENTITY a"));
        assert!(is_signed(&bomb));
        let strict = Webhook::new("", "token", "kX3vN8pQ2rT5wY7zA1bC4dE6fG9hJ0kL3mN5pR8sU2X");
        let strict = Envelope::new(&strict.received_by("ww1")).unwrap();
        let foreign = sent(&[HookFaultKind::OtherReceiver]);
        assert!(is_signed(&foreign));
        assert!(strict.open(&parts(&foreign).1).is_err());
    }
}
