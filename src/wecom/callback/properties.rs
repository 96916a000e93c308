//! What holds for every message, key and document.

use proptest::prelude::*;
use url::form_urlencoded;

use super::{
    AppCallback, AppContent, CallbackCipher, CallbackQuery, Element, OpenError, Signature,
    XmlError, reply_json, reply_xml, sealed_json, sealed_xml,
};
use crate::config::{AesKey, CallbackKeys};
use crate::secret::Secret;

prop_compose! {
    /// Keys of an address, and whom its messages are for.
    fn ciphers()(
        token in "[!-~]{1,40}",
        key in any::<[u8; AesKey::LENGTH]>(),
        receiver in prop::option::of("ww[0-9a-f]{16}"),
    ) -> CallbackCipher {
        let keys = CallbackKeys {
            token: Secret::new(token),
            aes_key: AesKey::new(key),
        };
        CallbackCipher::new(&keys, receiver.as_deref())
    }
}

prop_compose! {
    /// The same, always with a receiver.
    fn checked_ciphers()(
        key in any::<[u8; AesKey::LENGTH]>(),
        receiver in "ww[0-9a-f]{16}",
    ) -> CallbackCipher {
        let keys = CallbackKeys {
            token: "token".into(),
            aes_key: AesKey::new(key),
        };
        CallbackCipher::new(&keys, Some(&receiver))
    }
}

fn messages() -> impl Strategy<Value = String> {
    // Every length of the padding, and scripts of one to four bytes a character.
    prop_oneof![".{0,80}", "[ -~]{0,80}", "[企业微信🙂é]{0,40}"]
}

/// Text that XML can carry: no control characters, which it has no way to write.
fn written() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~企业微信🙂é\n\t]{0,60}", r#"[<>&"'\]\[!-]{0,30}"#]
}

fn signed(cipher: &CallbackCipher, sealed: &str) -> CallbackQuery {
    CallbackQuery {
        signature: cipher.sign("1760000001", "nonce", sealed),
        timestamp: "1760000001".to_owned(),
        nonce: "nonce".to_owned(),
        echo: None,
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens_again(cipher in ciphers(), message in messages()) {
        let sealed = cipher.seal(&message);
        prop_assert_eq!(sealed.len() % 4, 0);
        prop_assert!(cipher.verify(&signed(&cipher, &sealed), &sealed));
        prop_assert_eq!(cipher.open(&sealed), Ok(message));
    }

    #[test]
    fn nobody_seals_the_same_twice(cipher in ciphers(), message in messages()) {
        prop_assert_ne!(cipher.seal(&message), cipher.seal(&message));
    }

    #[test]
    fn envelopes_carry_it(cipher in ciphers(), text in messages()) {
        let message = serde_json::json!({ "text": { "content": text } });
        let body = reply_json(&cipher, "1760000001", "nonce", &message);
        let sealed = sealed_json(body.as_bytes()).unwrap();
        prop_assert_eq!(cipher.open(&sealed), Ok(message.to_string()));

        let body = reply_xml(&cipher, "1760000001", "nonce", &text);
        let sealed = sealed_xml(body.as_bytes()).unwrap();
        let signature = Element::parse(&body).unwrap().text_of(&["MsgSignature"]).to_owned();
        prop_assert!(
            Signature::parse(&signature)
                .unwrap()
                .is(&cipher.sign("1760000001", "nonce", &sealed))
        );
        prop_assert_eq!(cipher.open(&sealed), Ok(text));
    }

    #[test]
    fn a_changed_byte_is_noticed(
        cipher in checked_ciphers(),
        message in messages(),
        at in any::<prop::sample::Index>(),
        byte in "[ -~]",
    ) {
        let sealed = cipher.seal(&message);
        let at = at.index(sealed.len());
        let mut changed = sealed.clone();
        changed.replace_range(at..=at, &byte);
        prop_assume!(changed != sealed);
        // By whoever has no token ...
        prop_assert!(!cipher.verify(&signed(&cipher, &sealed), &changed));
        // ... and by whoever has it, but not the key.
        prop_assert_ne!(cipher.open(&changed), Ok(message));
    }

    #[test]
    fn what_is_cut_off_is_noticed(
        cipher in checked_ciphers(),
        message in messages(),
        keep in any::<prop::sample::Index>(),
    ) {
        let sealed = cipher.seal(&message);
        let cut = &sealed[..keep.index(sealed.len())];
        prop_assert_ne!(cipher.open(cut), Ok(message));
    }

    #[test]
    fn whatever_comes_is_opened_or_refused(cipher in ciphers(), text in ".{0,200}") {
        match cipher.open(&text) {
            Ok(_) => prop_assert!(!text.is_empty()),
            Err(OpenError::EmptyCiphertext) => prop_assert!(text.is_empty()),
            Err(_) => {}
        }
    }

    #[test]
    fn a_query_reads_what_was_written(
        cipher in ciphers(),
        timestamp in "[0-9]{1,11}",
        nonce in "[ -~]{1,128}",
        message in messages(),
        is_raw in any::<bool>(),
    ) {
        let sealed = cipher.seal(&message);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("msg_signature", cipher.sign(&timestamp, &nonce, &sealed).as_str())
            .append_pair("timestamp", &timestamp)
            .append_pair("nonce", &nonce)
            .finish();
        let echo = if is_raw {
            sealed.clone()
        } else {
            form_urlencoded::byte_serialize(sealed.as_bytes()).collect()
        };
        let query = CallbackQuery::parse(&format!("{query}&echostr={echo}")).unwrap();
        prop_assert_eq!(&query.timestamp, &timestamp);
        prop_assert_eq!(&query.nonce, &nonce);
        prop_assert_eq!(query.echo(), Ok(sealed.as_str()));
        prop_assert!(cipher.verify(&query, &sealed));
    }

    #[test]
    fn any_query_is_read_or_refused(query in ".{0,200}") {
        if let Ok(query) = CallbackQuery::parse(&query) {
            prop_assert!(query.sent_at() >= 0);
            prop_assert_eq!(query.signature.as_str().len(), 40);
        }
    }

    #[test]
    fn text_comes_out_of_a_document_as_it_was_meant(text in written()) {
        let escaped = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let literal = text.replace("]]>", "]]]]><![CDATA[>");
        for content in [escaped, format!("<![CDATA[{literal}]]>")] {
            let document = format!(
                "<xml><MsgType>text</MsgType><Content>{content}</Content></xml>"
            );
            let callback = AppCallback::parse(&document).unwrap();
            prop_assert_eq!(callback.content, AppContent::Text(text.clone()));
        }
    }

    #[test]
    fn no_document_type_and_no_depth_gets_in(inside in ".{0,80}", levels in 8_usize..40) {
        let typed = format!("<!DOCTYPE x><xml>{inside}</xml>");
        prop_assert!(matches!(
            Element::parse(&typed),
            Err(XmlError::DocType | XmlError::Malformed(_))
        ));
        let deep = format!("<xml>{}{inside}", "<a>".repeat(levels));
        prop_assert!(matches!(Element::parse(&deep), Err(XmlError::TooLarge)));
    }
}
