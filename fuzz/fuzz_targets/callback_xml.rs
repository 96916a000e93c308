//! A document of an agent app: read the same each time, never with a document type, never
//! deeper or longer than allowed, and its text as it was meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom::wecom::callback::{AppCallback, AppContent, Element, sealed_xml};

/// One more than the deepest that is read.
const LEVELS: usize = 8;

/// One more than what is read, the root aside.
const ELEMENTS: usize = 2_000;

fuzz_target!(|text: &str| {
    let read = Element::parse(text).ok();
    assert_eq!(read, Element::parse(text).ok());
    let callback = AppCallback::parse(text).ok();
    assert_eq!(callback, AppCallback::parse(text).ok());
    assert!(callback.is_none() || read.is_some());
    if let Some(callback) = &callback {
        assert_eq!(callback.identity(), callback.identity());
        assert!(!callback.identity().as_str().is_empty());
    }
    let sealed = read.as_ref().map(|root| root.text_of(&["Encrypt"]));
    let sealed = sealed.filter(|sealed| !sealed.is_empty());
    assert_eq!(sealed_xml(text.as_bytes()).ok().as_deref(), sealed);

    // Whatever it is, none of this gets in with it.
    let deep = "<a>".repeat(LEVELS);
    for refused in [
        format!("<!DOCTYPE x>{text}"),
        format!("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e \"e\">]><xml>{text}</xml>"),
        format!("<xml>{deep}{text}{}</xml>", "</a>".repeat(LEVELS)),
    ] {
        assert!(Element::parse(&refused).is_err());
    }
    // Takes as long as a hundred of the others.
    if text.len().is_multiple_of(64) {
        let long = "<a/>".repeat(ELEMENTS);
        assert!(Element::parse(&format!("<xml>{long}{text}</xml>")).is_err());
    }

    let literal = text.replace("]]>", "]]]]><![CDATA[>");
    let said =
        format!("<xml><MsgType>text</MsgType><Content><![CDATA[{literal}]]></Content></xml>");
    let said = AppCallback::parse(&said).expect("text that is written literally");
    assert_eq!(said.content, AppContent::Text(text.to_owned()));
});
