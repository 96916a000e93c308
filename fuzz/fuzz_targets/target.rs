//! Whom a message is for: whatever is read means one thing, which its own text says again,
//! and what cannot be read is refused in one line that says what to write.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom::channel::outbound::Target;

fuzz_target!(|text: &str| match Target::parse(text) {
    Ok(target) => {
        let certain = Target {
            inferred: false,
            ..target
        };
        assert_eq!(Target::parse(&certain.to_string()), Ok(certain));
    }
    Err(error) => {
        let told = error.to_string();
        assert!(!told.is_empty());
        assert!(!told.contains(char::is_control), "{told:?}");
        assert!(told.len() < 1_024, "{told:?}");
    }
});
