//! How long a text is for a model, without its tokenizer.

/// Characters of other scripts that make a token, about.
const CHARS_PER_TOKEN: u32 = 4;

/// About how many tokens a text is: a Chinese, Japanese or Korean character is one, of
/// others four are. Real tokenizers take fewer for Chinese, so that the estimate errs on the
/// safe side.
pub(super) fn estimate(text: &str) -> u32 {
    let (mut wide, mut narrow) = (0_u32, 0_u32);
    for character in text.chars() {
        if is_wide(character) {
            wide = wide.saturating_add(1);
        } else {
            narrow = narrow.saturating_add(1);
        }
    }
    wide.saturating_add(narrow.div_ceil(CHARS_PER_TOKEN))
}

fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFEF}' | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_count_differently() {
        for (text, tokens) in [
            ("", 0),
            ("abcd", 1),
            ("abcde", 2),
            ("你好，世界", 5),
            ("你好 world", 4),
            ("🎉", 1),
        ] {
            assert_eq!(estimate(text), tokens, "{text}");
        }
    }
}
