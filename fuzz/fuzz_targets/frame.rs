//! Whatever arrives on the socket is a push, an error, and the same again when parsed from
//! its own record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom::wecom::bot::PushFrame;

fuzz_target!(|text: &str| {
    if let Ok(frame) = PushFrame::parse(text) {
        let again = PushFrame::parse(&frame.raw).expect("what was recorded can be read");
        assert_eq!(frame.push, again.push);
    }
});
