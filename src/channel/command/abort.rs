//! Words that stop a running answer.

use crate::channel::inbound::without_mention;

/// Whole messages that stop a running answer, beside `/stop`. Not "wait" and not 取消:
/// those are ordinary words in work chats.
const ABORT_WORDS: &[&str] = &[
    "stop",
    "esc",
    "abort",
    "exit",
    "interrupt",
    "halt",
    "please stop",
    "stop please",
    "stop action",
    "stop run",
    "stop agent",
    "stop current run",
    "停止",
    "停下",
    "停下来",
    "暂停",
];

/// Closing punctuation that does not change the meaning, half and full width.
const CLOSING: &[char] = &[
    '.', '!', '?', '…', ',', ';', ':', '\'', '"', ')', ']', '}', '。', '！', '？', '，', '；',
    '：', '’', '”', '）', '】', '」', '』', '｝',
];

/// Whether the whole text asks to stop the running answer.
pub(crate) fn is_abort(text: &str) -> bool {
    let text = without_mention(text).trim_end_matches(CLOSING).trim();
    let folded = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    folded == "/stop" || ABORT_WORDS.contains(&folded.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abort_words_stop_in_any_case_with_mention_and_punctuation() {
        for text in [
            "/stop",
            "/STOP",
            "stop",
            "Stop!",
            "停止。",
            "停下来！",
            "@Helper 停止",
            "@Helper\u{2005}/stop",
            " please   stop ... ",
            "STOP PLEASE",
            "暂停）",
        ] {
            assert!(is_abort(text), "{text:?}");
        }
    }

    #[test]
    fn ordinary_words_do_not_stop() {
        for text in [
            "",
            "wait",
            "取消",
            "stop the server please",
            "how do I stop?",
            "/stopp",
            "see /stop",
            "停止服务",
            "don't stop",
        ] {
            assert!(!is_abort(text), "{text:?}");
        }
    }
}
