//! Earlier turns of a conversation, as they are kept and as a model is reminded of them.

use super::message::{Content, Message, Part};

/// Longest answer of a tool that is kept, in characters: later turns need what was found,
/// not everything that was read for it.
const MAX_KEPT_ANSWER: usize = 4_000;

/// Stands where an answer of a tool was shortened.
const SHORTENED: &str = "\n[the rest of this answer was left out of the history]";

/// Stands for the answer of a tool that did not answer before the turn ended.
const NO_ANSWER: &str = "[interrupted before the tool answered]";

/// Stands behind an answer that did not end.
const INTERRUPTED: &str = "[interrupted: this answer was not finished]";

/// How a turn ended, for those that come after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an answer.
    Complete,
    /// It was stopped, or failed.
    Interrupted,
}

/// A turn as it is kept: without pictures, long answers of tools and thoughts; every call has
/// its answer.
pub(super) fn kept(messages: &[Message], ending: Ending) -> Vec<Message> {
    let mut kept: Vec<Message> = Vec::with_capacity(messages.len());
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        if !matches!(message, Message::Tool { .. }) {
            close(&mut kept, &mut open);
        }
        match message {
            Message::System { .. } => {}
            Message::User { content } => kept.push(Message::user(words(content))),
            Message::Assistant(said) => {
                open.extend(said.tool_calls.iter().map(|call| call.id.clone()));
                let mut said = said.clone();
                said.reasoning_content = None;
                if said.content.is_some() || !said.tool_calls.is_empty() {
                    kept.push(Message::Assistant(said));
                }
            }
            Message::Tool {
                tool_call_id,
                content,
            } => {
                open.retain(|id| id != tool_call_id);
                kept.push(Message::Tool {
                    tool_call_id: tool_call_id.clone(),
                    content: shortened(content),
                });
            }
        }
    }
    close(&mut kept, &mut open);
    if ending == Ending::Interrupted {
        mark(&mut kept);
    }
    kept
}

/// Those of the newest turns that fit into `tokens`. Of a turn that does not fit the question
/// and the last words may.
pub(super) fn fitting(mut turns: Vec<Vec<Message>>, tokens: u32) -> Vec<Vec<Message>> {
    let mut left = tokens;
    let mut fitting = Vec::new();
    while let Some(turn) = turns.pop() {
        if let Some(rest) = left.checked_sub(length(&turn)) {
            left = rest;
            fitting.push(turn);
            continue;
        }
        let turn = brief(&turn);
        if length(&turn) <= left {
            fitting.push(turn);
        }
        break;
    }
    fitting.reverse();
    fitting
}

/// About how many tokens these messages are.
pub(super) fn length(messages: &[Message]) -> u32 {
    let lengths = messages.iter().map(Message::tokens);
    lengths.fold(0, u32::saturating_add)
}

/// The question and the last words, without the work between them.
fn brief(turn: &[Message]) -> Vec<Message> {
    let question = turn
        .iter()
        .find(|message| matches!(message, Message::User { .. }));
    let words = turn
        .iter()
        .rev()
        .find(|message| matches!(message, Message::Assistant(said) if said.tool_calls.is_empty()));
    question.into_iter().chain(words).cloned().collect()
}

fn words(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Parts(parts) => {
            let texts = parts.iter().filter_map(|part| match part {
                Part::Text { text } => Some(text.as_str()),
                // The text names them.
                Part::ImageUrl { .. } => None,
            });
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

fn close(kept: &mut Vec<Message>, open: &mut Vec<String>) {
    kept.extend(open.drain(..).map(|tool_call_id| Message::Tool {
        tool_call_id,
        content: NO_ANSWER.to_owned(),
    }));
}

fn mark(kept: &mut Vec<Message>) {
    if let Some(Message::Assistant(said)) = kept.last_mut() {
        let words = said.content.take().unwrap_or_default();
        said.content = Some(format!("{words}\n\n{INTERRUPTED}").trim_start().to_owned());
    } else {
        kept.push(Message::Assistant(super::message::Said {
            content: Some(INTERRUPTED.to_owned()),
            ..Default::default()
        }));
    }
}

fn shortened(content: &str) -> String {
    match content.char_indices().nth(MAX_KEPT_ANSWER) {
        Some((end, _)) => {
            let kept = content.get(..end).unwrap_or_default();
            format!("{kept}{SHORTENED}")
        }
        None => content.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::openai::message::{Function, ImageUrl, Kind, Said, ToolCall};

    fn said(text: &str) -> Message {
        Message::Assistant(Said {
            content: Some(text.to_owned()),
            ..Said::default()
        })
    }

    fn calls(ids: &[&str]) -> Message {
        let call = |id: &&str| ToolCall {
            id: (*id).to_owned(),
            kind: Kind::Function,
            function: Function {
                name: "f".to_owned(),
                arguments: "{}".to_owned(),
            },
        };
        Message::Assistant(Said {
            content: None,
            reasoning_content: Some("hm".to_owned()),
            tool_calls: ids.iter().map(call).collect(),
        })
    }

    fn answered(id: &str, content: &str) -> Message {
        Message::Tool {
            tool_call_id: id.to_owned(),
            content: content.to_owned(),
        }
    }

    #[test]
    fn pictures_thoughts_and_long_answers_are_not_kept() {
        let picture = Part::ImageUrl {
            image_url: ImageUrl {
                url: "data:image/png;base64,AAAA".to_owned(),
            },
        };
        let text = Part::Text {
            text: "what?\n[picture `a.png`]".to_owned(),
        };
        let turn = [
            Message::User {
                content: Content::Parts(vec![text, picture]),
            },
            calls(&["c1"]),
            answered("c1", &"好".repeat(MAX_KEPT_ANSWER + 1)),
            said("a dog"),
        ];
        let kept = kept(&turn, Ending::Complete);
        assert_eq!(kept[0], Message::user("what?\n[picture `a.png`]"));
        assert!(matches!(&kept[1], Message::Assistant(said) if said.reasoning_content.is_none()));
        let answer = format!("{}{SHORTENED}", "好".repeat(MAX_KEPT_ANSWER));
        assert_eq!(kept[2], answered("c1", &answer));
        assert_eq!(kept[3], said("a dog"));
    }

    #[test]
    fn an_interrupted_turn_has_an_answer_to_every_call_and_says_so() {
        let turn = [
            Message::user("do it"),
            calls(&["c1", "c2"]),
            answered("c1", "ok"),
        ];
        assert_eq!(
            kept(&turn, Ending::Interrupted)[2..],
            [
                answered("c1", "ok"),
                answered("c2", NO_ANSWER),
                said(INTERRUPTED)
            ]
        );
        let turn = [Message::user("do it"), said("I beg")];
        let marked = format!("I beg\n\n{INTERRUPTED}");
        assert_eq!(kept(&turn, Ending::Interrupted)[1], said(&marked));
    }

    #[test]
    fn the_newest_turns_fit_and_a_large_one_is_told_briefly() {
        let small = |text: &str| vec![Message::user(text), said("yes")];
        let tokens = length(&small("one"));
        let turns = vec![small("one"), small("two"), small("six")];
        assert_eq!(fitting(turns.clone(), 3 * tokens), turns);
        assert_eq!(fitting(turns.clone(), 2 * tokens), turns[1..]);
        let large = vec![
            Message::user("one"),
            calls(&["c1"]),
            answered("c1", &"x".repeat(4_000)),
            said("yes"),
        ];
        let turns = vec![large, small("two")];
        assert_eq!(fitting(turns, 2 * tokens), [small("one"), small("two")]);
        assert_eq!(fitting(vec![small("one")], 1), Vec::<Vec<Message>>::new());
    }
}
