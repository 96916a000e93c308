//! One message of the model, put together from its pieces.

use super::chunk::{CallDelta, Choice, Delta};
use super::message::{Function, Kind, Said, ToolCall};
use super::think::{Thoughts, end_without_beginning};

/// Longest text of one message, in bytes; a model that never stops ends here.
pub(super) const MAX_ANSWER: usize = 256 * 1024;

/// Longest reasoning that is handed back between calls, in bytes. Of a longer one nothing is:
/// half a thought is worse than none.
const MAX_REASONING: usize = 256 * 1024;

/// Calls in one message; the rest is left out.
const MAX_CALLS: usize = 32;

/// Longest arguments of one call, in bytes.
const MAX_ARGUMENTS: usize = 256 * 1024;

/// What a piece is for the one who reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// More of the answer.
    More(String),
    /// The answer so far, in the place of what was shown of this message.
    Instead(String),
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// It had said what it had to say, or wants to use a tool.
    Stop,
    /// It reached a limit of length: its own, or that of the whole conversation.
    Length,
    /// The endpoint kept the answer back.
    Withheld,
}

/// A message under way.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// What people see.
    pub(super) text: String,
    /// Why it ended; `None` while it goes on, or where the endpoint does not say.
    pub(super) finish: Option<Finish>,
    /// It was cut at [`MAX_ANSWER`].
    pub(super) is_cut: bool,
    /// Something of it came, if only a thought.
    pub(super) has_begun: bool,
    thoughts: Thoughts,
    /// An end of thoughts was looked for and found.
    has_ended_thoughts: bool,
    reasoning: String,
    calls: Vec<Draft>,
}

/// A call under way.
#[derive(Debug, Default)]
struct Draft {
    index: Option<u32>,
    id: Option<String>,
    name: String,
    arguments: String,
}

impl Reply {
    /// Takes a piece; what of it people see.
    pub(super) fn take(&mut self, choice: Choice) -> Option<Shown> {
        self.has_begun |= !choice.delta.is_empty();
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(finish_of(&reason));
        }
        let Delta {
            content,
            reasoning_content,
            refusal,
            tool_calls,
            ..
        } = choice.delta;
        if let Some(reasoning) = reasoning_content
            && self.reasoning.len() <= MAX_REASONING
        {
            self.reasoning.push_str(&reasoning);
        }
        for call in tool_calls {
            self.call(call);
        }
        let words = content.filter(|content| !content.is_empty()).or(refusal)?;
        let words = self.thoughts.take(&words);
        self.speak(words)
    }

    /// What is still to be seen at the end.
    pub(super) fn conclude(&mut self) -> Option<Shown> {
        let rest = self.thoughts.rest();
        self.speak(rest)
    }

    /// The model's thoughts so far, in bytes, where they came by themselves.
    #[cfg(test)]
    fn thought(&self) -> usize {
        self.reasoning.len()
    }

    /// Whether it wants to use tools.
    pub(super) fn wants_tools(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Drops the calls: they are not carried out.
    pub(super) fn refuse_tools(&mut self) {
        self.calls.clear();
    }

    /// The message as it goes back to the endpoint.
    pub(super) fn into_said(self) -> Said {
        let calls: Vec<ToolCall> = self
            .calls
            .into_iter()
            .filter(|call| !call.name.is_empty())
            .map(Draft::finish)
            .collect();
        let reasoning = Some(self.reasoning).filter(|reasoning| {
            !calls.is_empty() && !reasoning.is_empty() && reasoning.len() <= MAX_REASONING
        });
        Said {
            content: Some(self.text).filter(|text| !text.is_empty()),
            reasoning_content: reasoning,
            tool_calls: calls,
        }
    }

    fn speak(&mut self, mut words: String) -> Option<Shown> {
        let room = MAX_ANSWER.saturating_sub(self.text.len());
        if words.len() > room {
            words.truncate(words.floor_char_boundary(room));
            self.is_cut = true;
        }
        if words.is_empty() {
            return None;
        }
        let from = self.text.len();
        self.text.push_str(&words);
        if !self.has_ended_thoughts
            && let Some(end) = end_without_beginning(&self.text, from)
        {
            self.has_ended_thoughts = true;
            let answer = self.text.get(end..).unwrap_or_default().trim_start();
            self.text = answer.to_owned();
            return Some(Shown::Instead(self.text.clone()));
        }
        Some(Shown::More(words))
    }

    /// Pieces of a call have its position, or follow the piece that had its id. Some
    /// endpoints write every call whole, all at position 0.
    fn call(&mut self, delta: CallDelta) {
        let CallDelta {
            index,
            id,
            function,
        } = delta;
        let id = id.filter(|id| !id.is_empty());
        let is_same = |draft: &Draft| match (index, &id) {
            (Some(index), Some(id)) => {
                draft.index == Some(index) && draft.id.as_ref().is_none_or(|own| own == id)
            }
            (Some(index), None) => draft.index == Some(index),
            (None, Some(id)) => draft.id.as_ref() == Some(id),
            (None, None) => function.name.is_none(),
        };
        let known = self.calls.iter().rposition(is_same);
        if known.is_none() {
            if self.calls.len() >= MAX_CALLS {
                return;
            }
            self.calls.push(Draft {
                index,
                ..Draft::default()
            });
        }
        let draft = match known {
            Some(position) => self.calls.get_mut(position),
            None => self.calls.last_mut(),
        };
        let Some(draft) = draft else { return };
        if draft.id.is_none() {
            draft.id = id;
        }
        // Some repeat the name in every piece.
        if draft.name.is_empty() {
            draft.name = function.name.unwrap_or_default();
        }
        if let Some(arguments) = function.arguments
            && draft.arguments.len() + arguments.len() <= MAX_ARGUMENTS
        {
            draft.arguments.push_str(&arguments);
        }
    }
}

impl Draft {
    fn finish(self) -> ToolCall {
        let own_id = || format!("call_{:016x}", rand::random::<u64>());
        ToolCall {
            id: self.id.unwrap_or_else(own_id),
            kind: Kind::Function,
            function: Function {
                name: self.name,
                arguments: self.arguments,
            },
        }
    }
}

fn finish_of(reason: &str) -> Finish {
    match reason {
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" | "sensitive" | "refusal" => Finish::Withheld,
        // Words that nobody documented among them: what was said counts.
        _ => Finish::Stop,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agent::openai::chunk::Chunk;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "values are written at the call"
    )]
    fn take(reply: &mut Reply, choice: serde_json::Value) -> Option<Shown> {
        let chunk = json!({ "choices": [choice] }).to_string();
        let chunk: Chunk = serde_json::from_str(&chunk).unwrap();
        chunk
            .choices
            .into_iter()
            .find_map(|choice| reply.take(choice))
    }

    fn say(reply: &mut Reply, words: &str) -> Option<Shown> {
        take(reply, json!({ "delta": { "content": words } }))
    }

    fn calls(deltas: &[serde_json::Value]) -> Vec<(String, String, String)> {
        let mut reply = Reply::default();
        for delta in deltas {
            take(&mut reply, json!({ "delta": { "tool_calls": delta } }));
        }
        let said = reply.into_said();
        said.tool_calls
            .into_iter()
            .map(|call| (call.id, call.function.name, call.function.arguments))
            .collect()
    }

    #[test]
    fn reasoning_is_never_shown_and_goes_back_with_calls_only() {
        let mut reply = Reply::default();
        let thought = json!({ "delta": { "content": "", "reasoning_content": "hm" } });
        assert_eq!(take(&mut reply, thought.clone()), None);
        let thought_too = json!({ "delta": { "reasoning": "hm", "reasoning_details": [] } });
        assert_eq!(take(&mut reply, thought_too), None);
        assert!(reply.has_begun);
        assert_eq!(reply.thought(), 2);
        say(&mut reply, "Yes.");
        assert_eq!(reply.into_said().reasoning_content, None);
        let mut reply = Reply::default();
        take(&mut reply, thought);
        let call = json!([{ "index": 0, "id": "a", "function": { "name": "f" } }]);
        take(&mut reply, json!({ "delta": { "tool_calls": call } }));
        assert_eq!(reply.into_said().reasoning_content.as_deref(), Some("hm"));
    }

    #[test]
    fn thoughts_without_a_beginning_are_taken_back() {
        let mut reply = Reply::default();
        assert_eq!(
            say(&mut reply, "hm\n</thi"),
            Some(Shown::More("hm\n</thi".into()))
        );
        assert_eq!(
            say(&mut reply, "nk>\n\nYes"),
            Some(Shown::Instead("Yes".into()))
        );
        assert_eq!(say(&mut reply, "."), Some(Shown::More(".".into())));
        assert_eq!(reply.text, "Yes.");
    }

    #[test]
    fn calls_come_in_pieces_of_several_forms() {
        let expected = [
            ("a".to_owned(), "f".to_owned(), "{\"x\":1}".to_owned()),
            ("b".to_owned(), "g".to_owned(), "{}".to_owned()),
        ];
        let documented = [
            json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "" } }]),
            json!([{ "index": 0, "function": { "arguments": "{\"x\"" } }]),
            json!([{ "index": 0, "id": "", "function": { "name": "f", "arguments": ":1}" } }]),
            json!([{ "index": 1, "id": "b", "function": { "name": "g", "arguments": "{}" } }]),
        ];
        assert_eq!(calls(&documented), expected);
        let without_positions = [
            json!([{ "id": "a", "function": { "name": "f", "arguments": "{\"x\":" } }]),
            json!([{ "function": { "arguments": "1}" } }]),
            json!([{ "id": "b", "function": { "name": "g", "arguments": {} } }]),
        ];
        assert_eq!(calls(&without_positions), expected);
        let all_at_0 = [
            json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x\":1}" } }]),
            json!([{ "index": 0, "id": "b", "function": { "name": "g", "arguments": "{}" } }]),
        ];
        assert_eq!(calls(&all_at_0), expected);
    }

    #[test]
    fn calls_without_an_id_get_one_and_those_without_a_name_are_none() {
        let found = calls(&[
            json!([{ "index": 0, "function": { "name": "f" } }]),
            json!([{ "index": 1, "id": "x", "function": { "arguments": "{}" } }]),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].0.starts_with("call_"));
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let mut reply = Reply::default();
        let piece = "好".repeat(1_000);
        for _ in 0..MAX_ANSWER {
            say(&mut reply, &piece);
            if reply.is_cut {
                break;
            }
        }
        assert!(reply.is_cut);
        assert!(reply.text.len() <= MAX_ANSWER && reply.text.len() > MAX_ANSWER - 3);
    }

    #[test]
    fn reasons_to_stop_that_nobody_knows_are_no_failure() {
        for (reason, finish) in [
            ("stop", Finish::Stop),
            ("tool_calls", Finish::Stop),
            ("eos_token", Finish::Stop),
            ("length", Finish::Length),
            ("sensitive", Finish::Withheld),
        ] {
            assert_eq!(finish_of(reason), finish, "{reason}");
        }
    }
}
