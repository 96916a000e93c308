//! A body of a bot's callback: the sealed text that is found is the one that any reader of
//! JSON finds, and what was inside of it is a push, an error, and the same again when parsed
//! from its own record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wecom::wecom::bot::PushFrame;
use wecom::wecom::callback::sealed_json;

fuzz_target!(|text: &str| {
    let sealed = sealed_json(text.as_bytes());
    let value: Option<Value> = serde_json::from_str(text).ok();
    // What is not looked at may be more than the other reader takes: deep lists, long numbers.
    if let (Ok(sealed), Some(value)) = (sealed, value) {
        assert!(!sealed.is_empty());
        let found = ["encrypt", "Encrypt"].map(|name| value.get(name).and_then(Value::as_str));
        assert!(found.contains(&Some(sealed.as_str())));
    }
    for command in ["aibot_msg_callback", "aibot_event_callback"] {
        let frame = format!(r#"{{"cmd":"{command}","headers":{{"req_id":"r-1"}},"body":{text}}}"#);
        if let Ok(frame) = PushFrame::parse(&frame) {
            let again = PushFrame::parse(&frame.raw).expect("what was recorded can be read");
            assert_eq!(frame.push, again.push);
        }
    }
});
