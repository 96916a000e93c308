//! Turning a JSON string into its text inside of the buffer it came in.

use std::ops::Range;

/// The text of the JSON string that lies at `quoted` in `buffer`, quotes included: written
/// to the buffer's own beginning, which works because a text is never longer than its
/// escaped form. `None` where it is not a JSON string.
pub(super) fn unescape(buffer: String, quoted: Range<usize>) -> Option<String> {
    let mut bytes = buffer.into_bytes();
    let inner = bytes.get(quoted.clone())?;
    let (first, last) = (inner.first()?, inner.last()?);
    if inner.len() < 2 || *first != b'"' || *last != b'"' {
        return None;
    }
    let (mut read, end) = (quoted.start + 1, quoted.end - 1);
    let mut written = 0;
    while read < end {
        let rest = bytes.get(read..end)?;
        let plain = rest
            .iter()
            .position(|byte| *byte == b'\\')
            .unwrap_or(rest.len());
        bytes.copy_within(read..read + plain, written);
        read += plain;
        written += plain;
        if read < end {
            let (character, length) = escape(bytes.get(read..end)?)?;
            let mut encoded = [0; 4];
            let encoded = character.encode_utf8(&mut encoded).as_bytes();
            bytes
                .get_mut(written..written + encoded.len())?
                .copy_from_slice(encoded);
            read += length;
            written += encoded.len();
        }
    }
    bytes.truncate(written);
    String::from_utf8(bytes).ok()
}

/// The character that an escape stands for, and how many bytes the escape has.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let character = match text.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = unit(text.get(2..6)?)?;
            if let Some(character) = char::from_u32(u32::from(first)) {
                return Some((character, 6));
            }
            if text.get(6..8)? != b"\\u" {
                return None;
            }
            let second = unit(text.get(8..12)?)?;
            let pair = char::decode_utf16([first, second]).next()?.ok()?;
            return Some((pair, 12));
        }
        _ => return None,
    };
    Some((character, 2))
}

fn unit(digits: &[u8]) -> Option<u16> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_of(json: &str, before: &str, after: &str) -> Option<String> {
        let buffer = format!("{before}{json}{after}");
        unescape(buffer, before.len()..before.len() + json.len())
    }

    #[test]
    fn escapes_are_those_of_json() {
        for (json, text) in [
            (r#""""#, Some("")),
            (r#""\"\\\/\b\f\n\r\t""#, Some("\"\\/\u{8}\u{c}\n\r\t")),
            (r#""\u0041\u4e8c二""#, Some("A二二")),
            (r#""a\ud83d\ude00b""#, Some("a😀b")),
            (r#""\ud83d""#, None),
            (r#""\ud83dx\u0041""#, None),
            (r#""\ud83d\u0041""#, None),
            (r#""\ude00""#, None),
            (r#""\u+041""#, None),
            (r#""\x""#, None),
            ("\"", None),
            ("ab", None),
        ] {
            assert_eq!(text_of(json, "", "").as_deref(), text, "{json}");
        }
    }

    proptest! {
        #[test]
        fn it_undoes_what_a_writer_does(text: String, before: String, after: String) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(text_of(&json, &before, &after), Some(text));
        }

        #[test]
        fn it_reads_what_a_reader_reads(inner in r#"([a-z二"\\/bfnrtu0-9d]|\\u[0-9a-fd]{4}|\\["\\nt]){0,12}"#) {
            let json = format!("\"{inner}\"");
            let expected: Option<String> = serde_json::from_str(&json).ok();
            // Whole strings only reach it; a quote inside would have ended one.
            if let Some(expected) = expected {
                prop_assert_eq!(text_of(&json, "{", "}"), Some(expected));
            }
        }
    }
}
