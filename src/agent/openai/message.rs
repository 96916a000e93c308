//! Messages as they go to the endpoint, and as the history keeps them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tokens::estimate;
use crate::agent::ToolSpec;

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum Message {
    /// What stands before a conversation.
    System { content: String },
    /// What a person wrote.
    User { content: Content },
    /// What the model said.
    Assistant(Said),
    /// What a tool answered.
    Tool {
        tool_call_id: String,
        content: String,
    },
}

/// What the model said, and the tools that it wants to use.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Said {
    /// `null` beside calls, as OpenAI documents it.
    pub(super) content: Option<String>,
    /// How it came to its calls. Models that think between calls want it back while they
    /// answer one question, and refuse to go on without it; never kept beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reasoning_content: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<ToolCall>,
}

/// The content of a person's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    /// Only where there are pictures: not every endpoint understands parts.
    Parts(Vec<Part>),
}

/// A part of a person's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
}

/// The address of a picture: here always the picture itself, as a `data:` address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImageUrl {
    pub(super) url: String,
}

/// A tool that the model wants to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToolCall {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) function: Function,
}

/// The one kind of tools that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Function,
}

/// Which tool, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    /// JSON, as the model wrote it.
    pub(super) arguments: String,
}

/// A tool as it is announced.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Declared {
    #[serde(rename = "type")]
    kind: Kind,
    function: Declaration,
}

#[derive(Debug, Clone, Serialize)]
struct Declaration {
    name: String,
    description: String,
    parameters: Value,
}

impl Message {
    /// A person's message without pictures.
    pub(super) fn user(text: impl Into<String>) -> Self {
        Self::User {
            content: Content::Text(text.into()),
        }
    }

    /// About how many tokens it is.
    pub(super) fn tokens(&self) -> u32 {
        /// What the frame of a message takes.
        const FRAME: u32 = 4;
        let content = match self {
            Self::System { content } | Self::Tool { content, .. } => estimate(content),
            Self::User {
                content: Content::Text(text),
            } => estimate(text),
            Self::User {
                content: Content::Parts(parts),
            } => parts.iter().map(Part::tokens).sum(),
            Self::Assistant(said) => {
                let calls = said.tool_calls.iter().map(|call| {
                    FRAME + estimate(&call.function.name) + estimate(&call.function.arguments)
                });
                calls.sum::<u32>() + said.content.as_deref().map_or(0, estimate)
            }
        };
        content.saturating_add(FRAME)
    }
}

impl Part {
    fn tokens(&self) -> u32 {
        /// What a picture takes, about: endpoints scale them down.
        const PICTURE: u32 = 1_000;
        match self {
            Self::Text { text } => estimate(text),
            Self::ImageUrl { .. } => PICTURE,
        }
    }
}

impl From<ToolSpec> for Declared {
    fn from(spec: ToolSpec) -> Self {
        Self {
            kind: Kind::Function,
            function: Declaration {
                name: spec.name,
                description: spec.description,
                parameters: spec.parameters,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_have_the_form_that_is_documented() {
        let call = ToolCall {
            id: "c1".to_owned(),
            kind: Kind::Function,
            function: Function {
                name: "wecom_mcp".to_owned(),
                arguments: "{}".to_owned(),
            },
        };
        let picture = Part::ImageUrl {
            image_url: ImageUrl {
                url: "data:image/png;base64,AA==".to_owned(),
            },
        };
        let text = Part::Text {
            text: "what is this?".to_owned(),
        };
        let messages = [
            Message::System {
                content: "s".to_owned(),
            },
            Message::user("u"),
            Message::User {
                content: Content::Parts(vec![text, picture]),
            },
            Message::Assistant(Said {
                tool_calls: vec![call],
                ..Said::default()
            }),
            Message::Tool {
                tool_call_id: "c1".to_owned(),
                content: "t".to_owned(),
            },
        ];
        let written = serde_json::to_value(&messages).unwrap();
        assert_eq!(
            written,
            json!([
                { "role": "system", "content": "s" },
                { "role": "user", "content": "u" },
                { "role": "user", "content": [
                    { "type": "text", "text": "what is this?" },
                    { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } },
                ] },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function",
                      "function": { "name": "wecom_mcp", "arguments": "{}" } },
                ] },
                { "role": "tool", "tool_call_id": "c1", "content": "t" },
            ])
        );
        let read: Vec<Message> = serde_json::from_value(written).unwrap();
        assert_eq!(read, messages);
    }
}
