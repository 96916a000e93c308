//! `MEDIA:` lines: what was shown while a text grew stays in what is left of it, and a text
//! without directives is left alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom::channel::media::outbound::directive::{mask, take};

fuzz_target!(|text: &str| {
    let taken = take(text);
    if taken.references.is_empty() {
        assert_eq!(taken.text, text);
    }
    let mut seen = std::collections::HashSet::new();
    for reference in &taken.references {
        assert!(seen.insert(reference.as_str()), "named twice");
        assert!(reference.as_str().len() <= 4_096);
    }
    // Each prefix is read from its start: a long text would only be slow.
    if text.len() <= 512 {
        let left = taken.text.trim_start();
        for (end, _) in text.char_indices() {
            assert!(left.starts_with(mask(&text[..end]).trim()));
        }
    }
});
