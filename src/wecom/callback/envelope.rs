//! What is around the sealed text of a body, for each of the two forms.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::cipher::CallbackCipher;
use super::xml::{Element, XmlError};

/// Why a body has no sealed text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// There is no body.
    #[error("the body is empty")]
    Empty,
    /// Not UTF-8.
    #[error("the body is no text")]
    NotText,
    /// Not a JSON object.
    #[error("the body is no JSON object")]
    NotJson(#[source] Option<serde_json::Error>),
    /// Not a document.
    #[error("the body is no XML")]
    NotXml(#[source] XmlError),
    /// No sealed text in it.
    #[error("the body has no sealed text")]
    NoSealedText,
}

/// The sealed text of a bot's callback: `{"encrypt": "..."}`.
///
/// # Errors
/// [`EnvelopeError`].
pub fn sealed_json(body: &[u8]) -> Result<String, EnvelopeError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(alias = "Encrypt", borrow)]
        encrypt: Option<Sealed<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Sealed<'a> {
        Text(#[serde(borrow)] Cow<'a, str>),
        Other(serde::de::IgnoredAny),
    }
    let body = std::str::from_utf8(body).map_err(|_| EnvelopeError::NotText)?;
    if body.trim().is_empty() {
        return Err(EnvelopeError::Empty);
    }
    // A list would do for a struct too.
    if !body.trim_start().starts_with('{') {
        return Err(EnvelopeError::NotJson(None));
    }
    let envelope: Envelope<'_> =
        serde_json::from_str(body).map_err(|error| EnvelopeError::NotJson(Some(error)))?;
    match envelope.encrypt {
        Some(Sealed::Text(sealed)) if !sealed.is_empty() => Ok(sealed.into_owned()),
        _ => Err(EnvelopeError::NoSealedText),
    }
}

/// The sealed text of an agent app's callback: `<xml>...<Encrypt>...</Encrypt></xml>`. What
/// else is in there is not signed, and not looked at.
///
/// # Errors
/// [`EnvelopeError`].
pub fn sealed_xml(body: &[u8]) -> Result<String, EnvelopeError> {
    let body = std::str::from_utf8(body).map_err(|_| EnvelopeError::NotText)?;
    if body.trim().is_empty() {
        return Err(EnvelopeError::Empty);
    }
    let root = Element::parse(body).map_err(EnvelopeError::NotXml)?;
    match root.text_of(&["Encrypt"]) {
        "" => Err(EnvelopeError::NoSealedText),
        sealed => Ok(sealed.to_owned()),
    }
}

/// The body of an answer to a bot's callback. `nonce` must be the callback's own.
pub fn reply_json(
    cipher: &CallbackCipher,
    timestamp: &str,
    nonce: &str,
    message: &Value,
) -> String {
    let sealed = cipher.seal(&message.to_string());
    let signature = cipher.sign(timestamp, nonce, &sealed);
    json!({
        "encrypt": sealed,
        "msgsignature": signature.as_str(),
        "timestamp": timestamp,
        "nonce": nonce,
    })
    .to_string()
}

/// The body of an answer to an agent app's callback, or of a callback itself: `message` is
/// what is sealed.
pub fn reply_xml(cipher: &CallbackCipher, timestamp: &str, nonce: &str, message: &str) -> String {
    let sealed = cipher.seal(message);
    let signature = cipher.sign(timestamp, nonce, &sealed);
    format!(
        "<xml><Encrypt><![CDATA[{sealed}]]></Encrypt>\
         <MsgSignature><![CDATA[{signature}]]></MsgSignature>\
         <TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_texts_of_json() {
        for (body, expected) in [
            (r#"{"encrypt":"abc"}"#, "abc"),
            (r#" {"x":[1,{}],"Encrypt":"a\/b="} "#, "a/b="),
        ] {
            assert_eq!(sealed_json(body.as_bytes()).unwrap(), expected);
        }
        for body in [
            "null",
            "[]",
            r#"["abc"]"#,
            "3",
            "\"abc\"",
            "{",
            "no",
            "{\"encrypt\":\"a\",\"Encrypt\":\"b\"}",
        ] {
            let error = sealed_json(body.as_bytes()).unwrap_err();
            assert!(
                matches!(error, EnvelopeError::NotJson(_)),
                "{body}: {error}"
            );
        }
        for body in [
            "{}",
            r#"{"encrypt":""}"#,
            r#"{"encrypt":1}"#,
            r#"{"encrypt":null}"#,
        ] {
            let error = sealed_json(body.as_bytes()).unwrap_err();
            assert!(
                matches!(error, EnvelopeError::NoSealedText),
                "{body}: {error}"
            );
        }
        assert!(matches!(sealed_json(b" \n"), Err(EnvelopeError::Empty)));
        assert!(matches!(sealed_json(b"\xff"), Err(EnvelopeError::NotText)));
    }

    #[test]
    fn sealed_texts_of_xml() {
        for (body, expected) in [
            (
                "<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[abc]]></Encrypt></xml>",
                "abc",
            ),
            (
                "<xml><Encrypt>abc</Encrypt><Encrypt>def</Encrypt></xml>",
                "abc",
            ),
        ] {
            assert_eq!(sealed_xml(body.as_bytes()).unwrap(), expected);
        }
        assert!(matches!(
            sealed_xml(b"<xml></xml>"),
            Err(EnvelopeError::NoSealedText)
        ));
        assert!(matches!(sealed_xml(b"{}"), Err(EnvelopeError::NotXml(_))));
        assert!(matches!(sealed_xml(b""), Err(EnvelopeError::Empty)));
    }
}
