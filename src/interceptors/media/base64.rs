//! Base64 as servers write it, decoded piece by piece.

use std::io::{self, Write};

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD_NO_PAD;

/// Symbols that are decoded at once; a multiple of four.
const CHUNK: usize = 64 * 1024;

/// The most padding that there is.
const MAX_PADDING: usize = 2;

/// Why base64 was not decoded.
#[derive(Debug)]
pub(super) enum DecodeError {
    /// It is none.
    Malformed,
    /// What it was written to failed.
    Write(io::Error),
}

/// How many bytes a text stands for, without decoding it. Padding and white space are no
/// symbols: with them a file of exactly the limit would look larger.
pub(super) fn decoded_size(text: &str) -> u64 {
    let symbols = text
        .bytes()
        .filter(|byte| *byte != b'=' && !byte.is_ascii_whitespace())
        .count();
    symbols as u64 * 3 / 4
}

/// Decodes the standard or the URL-safe alphabet, with or without padding, white space
/// anywhere. Anything else is an error: a damaged file would look like a whole one.
pub(super) fn decode_into(text: &str, to: &mut impl Write) -> Result<(), DecodeError> {
    let mut symbols = Vec::with_capacity(CHUNK);
    let mut bytes = vec![0; CHUNK / 4 * 3];
    let mut padding = 0;
    for byte in text.bytes() {
        let symbol = match byte {
            _ if byte.is_ascii_whitespace() => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            _ if padding > 0 => return Err(DecodeError::Malformed),
            b'-' => b'+',
            b'_' => b'/',
            _ => byte,
        };
        symbols.push(symbol);
        if symbols.len() == CHUNK {
            write(&symbols, &mut bytes, to)?;
            symbols.clear();
        }
    }
    let is_whole = (symbols.len() + padding).is_multiple_of(4);
    if padding > MAX_PADDING || (padding > 0 && !is_whole) {
        return Err(DecodeError::Malformed);
    }
    write(&symbols, &mut bytes, to)
}

fn write(symbols: &[u8], bytes: &mut [u8], to: &mut impl Write) -> Result<(), DecodeError> {
    let decoded = STANDARD_NO_PAD
        .decode_slice(symbols, bytes)
        .map_err(|_| DecodeError::Malformed)?;
    let decoded = bytes.get(..decoded).unwrap_or_default();
    to.write_all(decoded).map_err(DecodeError::Write)
}

#[cfg(test)]
mod tests {
    use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        decode_into(text, &mut bytes).ok()?;
        Some(bytes)
    }

    #[test]
    fn both_alphabets_padding_and_white_space_are_taken() {
        for (text, bytes) in [
            ("", b"".as_slice()),
            ("QQ==", b"A"),
            ("QQ", b"A"),
            ("Q\r\nQ =\t=", b"A"),
            ("-_8", b"\xfb\xff"),
            ("+/8=", b"\xfb\xff"),
            ("QUJD", b"ABC"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text:?}");
            assert_eq!(decoded_size(text), bytes.len() as u64, "{text:?}");
        }
    }

    #[test]
    fn damage_is_noticed() {
        for text in [
            "Q", "QQ=", "QQ===", "Q=Q=", "QU*D", "QQ==QQ==", "QR==", "=", "你",
        ] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(decode(&STANDARD.encode(&bytes)), Some(bytes.clone()));
            prop_assert_eq!(decode(&URL_SAFE_NO_PAD.encode(&bytes)), Some(bytes.clone()));
            prop_assert_eq!(decoded_size(&STANDARD.encode(&bytes)), bytes.len() as u64);
        }
    }

    #[test]
    fn long_texts_are_decoded_over_the_chunks() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        assert_eq!(decode(&STANDARD.encode(&bytes)), Some(bytes));
    }
}
