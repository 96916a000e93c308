//! Pairing codes: eight characters that are told apart when read aloud.

use rand::RngExt;

/// 32 letters and digits without I, O, 0 and 1.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of a code: 40 bits.
const LENGTH: usize = 8;

/// A new code, from the cryptographic generator.
pub(super) fn generate() -> String {
    let mut rng = rand::rng();
    (0..LENGTH)
        .filter_map(|_| ALPHABET.get(rng.random_range(0..ALPHABET.len())))
        .map(|byte| char::from(*byte))
        .collect()
}

/// A code as it is kept.
pub(super) fn normalise(code: &str) -> String {
    code.trim().to_ascii_uppercase()
}

/// Whether a text has the shape of a code, in any case.
pub fn looks_like_code(text: &str) -> bool {
    let code = normalise(text);
    code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte))
}
