//! `encodingAESKey`: 43 base64 characters that stand for 32 bytes.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::effective::AesKey;

/// 43 characters carry 258 bits and 256 are used: the console picks the last character
/// freely, so the spare bits may be set. A strict decoder would refuse three keys in four.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Characters of a key as the console shows it.
const LENGTH: usize = 43;

/// Whether a text is a key.
///
/// # Errors
/// A sentence about the value's shape, never the value.
pub fn check_aes_key(text: &str) -> Result<(), String> {
    decode(text).map(drop)
}

/// Decodes a key.
///
/// # Errors
/// A sentence about the value's shape, never the value.
pub(crate) fn decode(text: &str) -> Result<AesKey, String> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    let length = text.chars().count();
    if length != LENGTH && !(length == LENGTH + 1 && text.ends_with('=')) {
        let hint = if length == LENGTH + 1 {
            ": is one character too many pasted?"
        } else {
            ""
        };
        return Err(format!("must be {LENGTH} characters, got {length}{hint}"));
    }
    DECODER
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .map(AesKey::new)
        .ok_or_else(|| {
            format!(
                "has {length} characters, but not all are letters, digits, `+` or `/`: is a \
                 blank or quote pasted along?"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn spellings_of_one_key() {
        let bytes: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
        for spelling in [
            KEY.to_owned(),
            KEY.replace("Hh8", "Hh9"),
            KEY.replace("Hh8", "Hh+"),
            KEY.replace("Hh8", "Hh/"),
            format!("{KEY}="),
            format!(" {KEY}\n"),
        ] {
            assert_eq!(decode(&spelling).unwrap().bytes(), &bytes, "{spelling}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for (text, message) in [
            (KEY[..42].to_owned(), "must be 43 characters, got 42"),
            (
                format!("{KEY}A"),
                "must be 43 characters, got 44: is one character too many pasted?",
            ),
            (format!("{KEY}AB"), "must be 43 characters, got 45"),
            (String::new(), "must be 43 characters, got 0"),
            (
                KEY.replace("h8", "-8"),
                "has 43 characters, but not all are letters, digits, `+` or `/`: is a blank or \
                 quote pasted along?",
            ),
        ] {
            assert_eq!(decode(&text), Err(message.to_owned()), "{text}");
        }
        assert!(decode(&KEY.replace("h8", "!8")).is_err());
        assert!(decode(&KEY.replace("DA0", "D 0")).is_err());
    }
}
