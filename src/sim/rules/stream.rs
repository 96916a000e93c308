//! Stream messages: one message written many times.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::refusal::{Refusal, code};
use crate::ids::StreamId;

/// One frame of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct StreamFrame {
    /// The client's id of it.
    pub(in crate::sim) id: StreamId,
    /// Whether this is the last frame.
    pub(in crate::sim) finish: bool,
    /// The whole text so far; absent leaves it as it is.
    pub(in crate::sim) content: Option<String>,
    /// The id that ratings carry; counts in the first frame only.
    pub(in crate::sim) feedback_id: Option<String>,
}

/// What is known of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) struct StreamState {
    /// Age since the first frame.
    pub(in crate::sim) age_ms: i64,
    /// Whether a fault made it older than it is.
    pub(in crate::sim) is_expired: bool,
    /// Whether its last frame came.
    pub(in crate::sim) is_finished: bool,
    /// [`fingerprint`] of its text.
    pub(in crate::sim) text: u64,
}

/// What a frame does to the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) enum StreamChange {
    /// A message appears.
    Create,
    /// The message's text is replaced.
    Replace,
    /// Nothing: the same last frame again.
    Nothing,
}

/// What the service does with a frame of a stream.
pub(in crate::sim) fn step(
    known: Option<StreamState>,
    frame: &StreamFrame,
    life: Duration,
) -> Result<StreamChange, Refusal> {
    let Some(stream) = known else {
        return match frame.content {
            Some(_) => Ok(StreamChange::Create),
            None => Err(Refusal::parameter(
                "stream.content is missing in the first frame",
            )),
        };
    };
    if stream.is_finished {
        let is_same = frame
            .content
            .as_deref()
            .is_none_or(|text| fingerprint(text) == stream.text);
        return if frame.finish && is_same {
            Ok(StreamChange::Nothing)
        } else {
            Err(Refusal::parameter("stream is finished, cannot update"))
        };
    }
    let life_ms = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    if stream.is_expired || stream.age_ms > life_ms {
        return Err(expired(life));
    }
    Ok(StreamChange::Replace)
}

/// A short stand-in for a text, to tell whether two are the same.
pub(in crate::sim) fn fingerprint(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Whether a person sees anything of `content`: reasoning is folded away, and neither
/// blanks nor zero-width characters show.
pub(in crate::sim) fn has_visible_text(content: &str) -> bool {
    let mut rest = content;
    while let Some((before, reasoning)) = rest.split_once("<think>") {
        if shows(before) {
            return true;
        }
        rest = match reasoning.split_once("</think>") {
            Some((_, after)) => after,
            None => return false,
        };
    }
    shows(rest)
}

/// What a person reads first: the text around the reasoning.
pub(in crate::sim) fn without_reasoning(content: &str) -> String {
    let mut text = String::new();
    let mut rest = content;
    while let Some((before, reasoning)) = rest.split_once("<think>") {
        text.push_str(before);
        rest = reasoning
            .split_once("</think>")
            .map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.trim().to_owned()
}

fn shows(text: &str) -> bool {
    text.chars().any(|c| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
    })
}

fn expired(life: Duration) -> Refusal {
    let minutes = life.as_secs() / 60;
    Refusal::normal(
        code::STREAM_EXPIRED,
        format!("stream message update expired (>{minutes} minutes), cannot update"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_mins(10);

    fn frame(finish: bool, content: Option<&str>) -> StreamFrame {
        StreamFrame {
            id: "s".into(),
            finish,
            content: content.map(str::to_owned),
            feedback_id: None,
        }
    }

    fn open(age_ms: i64) -> StreamState {
        StreamState {
            age_ms,
            is_expired: false,
            is_finished: false,
            text: fingerprint("a"),
        }
    }

    #[test]
    fn a_frame_creates_replaces_or_repeats() {
        let closed = StreamState {
            is_finished: true,
            ..open(700_000)
        };
        let aged = StreamState {
            is_expired: true,
            ..open(1)
        };
        let late = Err(code::STREAM_EXPIRED);
        let bad = Err(code::BAD_PARAMETER);
        let cases = [
            (
                "first frame",
                None,
                frame(false, Some("a")),
                Ok(StreamChange::Create),
            ),
            (
                "first and last frame",
                None,
                frame(true, Some("a")),
                Ok(StreamChange::Create),
            ),
            (
                "first frame, empty text",
                None,
                frame(false, Some("")),
                Ok(StreamChange::Create),
            ),
            ("first frame without text", None, frame(false, None), bad),
            (
                "next frame",
                Some(open(1)),
                frame(false, Some("ab")),
                Ok(StreamChange::Replace),
            ),
            (
                "same text",
                Some(open(1)),
                frame(false, Some("a")),
                Ok(StreamChange::Replace),
            ),
            (
                "finish alone",
                Some(open(1)),
                frame(true, None),
                Ok(StreamChange::Replace),
            ),
            (
                "last moment",
                Some(open(600_000)),
                frame(true, Some("b")),
                Ok(StreamChange::Replace),
            ),
            (
                "too late",
                Some(open(600_001)),
                frame(true, Some("b")),
                late,
            ),
            (
                "expired by fault",
                Some(aged),
                frame(false, Some("b")),
                late,
            ),
            (
                "last frame again",
                Some(closed),
                frame(true, Some("a")),
                Ok(StreamChange::Nothing),
            ),
            (
                "other text after the end",
                Some(closed),
                frame(true, Some("b")),
                bad,
            ),
            ("re-opened", Some(closed), frame(false, Some("a")), bad),
        ];
        for (name, known, frame, expected) in cases {
            let actual = step(known, &frame, LIFE).map_err(|refusal| refusal.code);
            assert_eq!(actual, expected, "{name}");
        }
    }

    #[test]
    fn expiry_names_the_minutes() {
        let refusal = step(Some(open(600_001)), &frame(true, Some("b")), LIFE).unwrap_err();
        assert_eq!(
            refusal.text,
            "stream message update expired (>10 minutes), cannot update"
        );
    }

    #[test]
    fn what_is_visible() {
        let cases = [
            ("", false),
            ("<think></think>", false),
            ("<think>plan</think>", false),
            ("<think>open", false),
            ("<think></think> \n\u{200b}\u{feff}", false),
            ("<think>a</think>b", true),
            ("a<think>", true),
            ("<think>a</think><think>b</think>", false),
            ("。", true),
        ];
        for (text, visible) in cases {
            assert_eq!(has_visible_text(text), visible, "{text:?}");
        }
    }
}
