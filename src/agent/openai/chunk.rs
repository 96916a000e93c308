//! Pieces of an answer, read leniently.
//!
//! Endpoints deviate from one another: members are missing, `null` or of another type,
//! reasons to stop are words of their own, and errors stand in the middle of an answer. What
//! is of the wrong type counts as absent; only what is no JSON object at all is refused.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One event of a streamed answer, or a whole answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    #[serde(deserialize_with = "lenient")]
    pub(super) choices: Vec<Choice>,
    /// An error in the place of, or beside, an answer.
    pub(super) error: Option<Value>,
    #[serde(deserialize_with = "lenient")]
    pub(super) usage: Option<Usage>,
}

/// One of several answers; only the first is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    /// What is new.
    #[serde(deserialize_with = "lenient")]
    pub(super) delta: Delta,
    /// All of it, in an answer that is not streamed; some repeat it at the end of one that
    /// is.
    #[serde(deserialize_with = "lenient")]
    message: Delta,
    #[serde(deserialize_with = "lenient")]
    pub(super) finish_reason: Option<String>,
}

/// What is new.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Delta {
    #[serde(deserialize_with = "text")]
    pub(super) content: Option<String>,
    /// DeepSeek, Qwen, GLM, Kimi, and vLLM before 0.12.
    #[serde(deserialize_with = "text")]
    pub(super) reasoning_content: Option<String>,
    /// OpenRouter, Ollama, and vLLM since.
    #[serde(deserialize_with = "text")]
    pub(super) reasoning: Option<String>,
    /// What OpenAI says in the place of an answer that it refuses.
    #[serde(deserialize_with = "text")]
    pub(super) refusal: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) tool_calls: Vec<CallDelta>,
}

/// A piece of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CallDelta {
    #[serde(deserialize_with = "lenient")]
    pub(super) index: Option<u32>,
    #[serde(deserialize_with = "text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) function: FunctionDelta,
}

/// A piece of what is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FunctionDelta {
    #[serde(deserialize_with = "text")]
    pub(super) name: Option<String>,
    /// JSON in a text; some write the object itself.
    #[serde(deserialize_with = "text_or_json")]
    pub(super) arguments: Option<String>,
}

/// What an answer took, for the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    #[serde(deserialize_with = "lenient")]
    pub(super) prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub(super) completion_tokens: Option<u64>,
}

impl Chunk {
    /// The same, of an answer that came in one piece.
    pub(super) fn whole(mut self) -> Self {
        for choice in &mut self.choices {
            choice.delta = std::mem::take(&mut choice.message);
        }
        self
    }
}

impl Delta {
    /// Whether it holds nothing; the first one of an answer often names the role alone.
    pub(super) fn is_empty(&self) -> bool {
        let is_empty = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        is_empty(&self.content)
            && is_empty(&self.reasoning_content)
            && is_empty(&self.reasoning)
            && is_empty(&self.refusal)
            && self.tool_calls.is_empty()
    }
}

/// What is of another type counts as absent.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// A text, or a list of parts that hold texts.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Array(parts) => Some(
            parts
                .iter()
                .filter_map(|part| part.get("text")?.as_str())
                .collect(),
        ),
        _ => None,
    })
}

fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        object @ Value::Object(_) => Some(object.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(text: &str) -> Delta {
        let chunk: Chunk = serde_json::from_str(text).unwrap();
        let whole = text.contains("message");
        let chunk = if whole { chunk.whole() } else { chunk };
        chunk.choices.into_iter().next().unwrap().delta
    }

    #[test]
    fn what_is_missing_null_or_strange_is_absent() {
        for text in [
            "{}",
            r#"{"choices":null,"usage":null,"error":null}"#,
            r#"{"choices":{},"usage":[],"object":7}"#,
        ] {
            let chunk: Chunk = serde_json::from_str(text).unwrap();
            assert!(chunk.choices.is_empty() && chunk.error.is_none(), "{text}");
        }
        for text in [
            r#"{"choices":[{}]}"#,
            r#"{"choices":[{"delta":null,"finish_reason":7}]}"#,
            r#"{"choices":[{"index":"0","delta":{"role":"assistant","content":null,"tool_calls":null}}]}"#,
        ] {
            assert!(delta(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn every_way_to_write_a_text_is_read() {
        let said = |text: &str| delta(text).content;
        let hi = Some("hi".to_owned());
        assert_eq!(said(r#"{"choices":[{"delta":{"content":"hi"}}]}"#), hi);
        assert_eq!(said(r#"{"choices":[{"message":{"content":"hi"}}]}"#), hi);
        let parts =
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"h"},{"text":"i"}]}}]}"#;
        assert_eq!(said(parts), hi);
    }

    #[test]
    fn calls_may_be_written_loosely() {
        let text = r#"{"choices":[{"delta":{"tool_calls":[
            {"function":{"name":"a","arguments":{"x":1}}},
            {"index":1,"id":null,"function":null}]}}]}"#;
        let calls = delta(text).tool_calls;
        assert_eq!(calls[0].function.arguments.as_deref(), Some(r#"{"x":1}"#));
        assert_eq!(calls[0].index, None);
        assert_eq!(calls[1].index, Some(1));
        assert_eq!(calls[1].function.name, None);
    }
}
