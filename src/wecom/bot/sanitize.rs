//! Making a frame's text readable: WeCom's JSON is not always JSON.

use std::borrow::Cow;

use serde_json::Value;

/// Removes the raw control characters that no JSON text may hold. Tab and line feed stay:
/// between tokens they are white space.
pub(super) fn strip_controls(text: &str) -> Cow<'_, str> {
    // All of them are single bytes that occur in no longer UTF-8 sequence.
    if text.bytes().any(is_stripped) {
        Cow::Owned(
            text.chars()
                .filter(|&c| !u8::try_from(c).is_ok_and(is_stripped))
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

fn is_stripped(byte: u8) -> bool {
    byte < 0x20 && byte != b'\t' && byte != b'\n'
}

/// Second chance for a text that does not parse: inside string literals, escapes raw tabs
/// and line feeds, and replaces halves of surrogate pairs (a text cut inside an emoji) by
/// U+FFFD.
pub(super) fn repair(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len() + 16);
    let mut in_string = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '"' => {
                in_string = !in_string;
                repaired.push(c);
            }
            '\n' if in_string => repaired.push_str("\\n"),
            '\t' if in_string => repaired.push_str("\\t"),
            '\\' if in_string => {
                let (escape, replacement) = escape(rest);
                repaired.push_str(replacement.unwrap_or(escape));
                taken = escape.len();
            }
            _ => repaired.push(c),
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    repaired
}

/// The escape sequence at the start of `text` (a whole surrogate pair where there is one),
/// and what to put in its place if it is half a pair.
fn escape(text: &str) -> (&str, Option<&'static str>) {
    const REPLACEMENT: Option<&str> = Some("\\ufffd");
    match code_unit(text) {
        Some(0xD800..=0xDBFF) => {
            let second = text.get(6..).and_then(code_unit);
            if matches!(second, Some(0xDC00..=0xDFFF)) {
                (text.get(..12).unwrap_or(text), None)
            } else {
                (text.get(..6).unwrap_or(text), REPLACEMENT)
            }
        }
        Some(0xDC00..=0xDFFF) => (text.get(..6).unwrap_or(text), REPLACEMENT),
        _ => {
            let end = text.char_indices().nth(2).map_or(text.len(), |(at, _)| at);
            (text.get(..end).unwrap_or(text), None)
        }
    }
}

/// The number of a `\uXXXX` escape at the start of `text`.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// Removes U+0000 from every string of a decoded value; escaped ones survive parsing, and
/// few who read them later expect them.
pub(super) fn strip_nul(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|c| c != '\0'),
        Value::Array(items) => items.iter_mut().for_each(strip_nul),
        Value::Object(fields) => fields.values_mut().for_each(strip_nul),
        _ => {}
    }
}

/// Finds the text of `"key": "…"` in something that is not JSON, for the log. Gives up on
/// anything but a short plain identifier.
pub(super) fn glimpse<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    const LONGEST: usize = 128;
    let quoted = format!("\"{key}\"");
    let (_, after) = text.split_once(quoted.as_str())?;
    let value = after
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    let (value, _) = value.split_once('"')?;
    let plain = value.len() <= LONGEST && value.bytes().all(|b| b.is_ascii_graphic());
    plain.then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strips_exactly_the_controls_of_the_protocol() {
        for code in 0u8..=0x7f {
            let c = char::from(code);
            let kept = !matches!(code, 0..=8 | 0x0b..=0x1f);
            let text = format!("a{c}b");
            let expected = if kept { text.as_str() } else { "ab" };
            assert_eq!(strip_controls(&text), expected, "U+{code:04X}");
        }
        assert!(matches!(strip_controls("你好\t\n"), Cow::Borrowed(_)));
        assert_eq!(strip_controls("你\r\n好\u{1}"), "你\n好");
    }

    #[test]
    fn repairs_strings_and_nothing_else() {
        let cases = [
            ("{\n\t\"a\": \"b\nc\td\"\n}", json!({"a": "b\nc\td"})),
            ("{\"a\": \"q\\\"\nq\"}", json!({"a": "q\"\nq"})),
            ("{\"a\\\\\": \"\n\"}", json!({"a\\": "\n"})),
            (r#"{"a": "\ud83d"}"#, json!({"a": "\u{fffd}"})),
            (r#"{"a": "\ude00x"}"#, json!({"a": "\u{fffd}x"})),
            (r#"{"a": "\ud83d\ud83d\ude00"}"#, json!({"a": "\u{fffd}😀"})),
            ("{\"a\": \"\\ud83d\\ude00\n\"}", json!({"a": "😀\n"})),
        ];
        for (broken, meant) in cases {
            assert!(
                serde_json::from_str::<Value>(broken).is_err() || !broken.contains("\\u"),
                "{broken} needs no repair"
            );
            let repaired = repair(broken);
            assert_eq!(
                serde_json::from_str::<Value>(&repaired).unwrap(),
                meant,
                "{broken}"
            );
        }
    }

    #[test]
    fn glimpses_identifiers_only() {
        let text = r#"{"cmd" : "aibot_msg_callback","headers":{"req_id":"Xq81"},"body":{"t":"#;
        assert_eq!(glimpse(text, "cmd"), Some("aibot_msg_callback"));
        assert_eq!(glimpse(text, "req_id"), Some("Xq81"));
        assert_eq!(glimpse(text, "t"), None);
        assert_eq!(glimpse(r#"{"cmd":"two words"}"#, "cmd"), None);
        assert_eq!(glimpse(r#"{"x":"\"cmd\":\"y\""}"#, "cmd"), None);
    }
}
