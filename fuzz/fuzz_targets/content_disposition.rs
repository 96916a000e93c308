//! Whatever a server writes into `Content-Disposition`, what is made of it is one harmless
//! name of at most 120 bytes, and making it harmless again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom::files::{MAX_NAME_BYTES, disposition_name, sanitise};

fuzz_target!(|header: &[u8]| {
    let name = sanitise(&disposition_name(header).unwrap_or_default());
    assert!(!name.is_empty());
    assert!(name.len() <= MAX_NAME_BYTES);
    assert!(!name.starts_with('.'));
    assert!(!name.contains(|char: char| char.is_control() || "/\\<>:\"|?*".contains(char)));
    assert_eq!(sanitise(&name), name);
});
