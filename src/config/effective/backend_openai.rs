//! Settings of the back end for OpenAI-compatible endpoints.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use crate::config::proxy::EgressProxy;
use crate::secret::Secret;

/// An endpoint that speaks OpenAI's chat completions.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAiBackend {
    /// Where questions go: `baseUrl` with `/chat/completions`. `None` where the file has no
    /// usable address, which stops the start.
    pub endpoint: Option<Url>,
    /// Key of the endpoint; `None` for one that wants none.
    pub api_key: Option<Secret>,
    /// The model's name.
    pub model: String,
    /// How freely it chooses its words (0 to 2); `None` is the endpoint's default.
    pub temperature: Option<f64>,
    /// Longest message of the model, in tokens; `None` is the endpoint's default.
    pub max_tokens: Option<u32>,
    /// Who the assistant is.
    pub system_prompt: SystemPrompt,
    /// Whether the model understands pictures.
    pub images: bool,
    /// How much of the conversation the model is reminded of, in tokens as estimated here
    /// (default 32,000); 0 remembers nothing.
    pub history_tokens: u32,
    /// How often the model may use tools before it has to answer (1 to 100, default 16).
    pub max_tool_rounds: u32,
    /// How long the model may be silent (`idleTimeoutMs`, default 60 s).
    pub idle_timeout: Duration,
    /// Requests at the same time (1 to 256, default 8).
    pub concurrency: u32,
    /// More headers of each request.
    pub headers: BTreeMap<String, Secret>,
    /// Which tools the model is offered.
    pub tools: ToolPolicy,
    /// More members of each request, in place of ours; `null` takes one of ours out.
    pub extra_body: Map<String, Value>,
    /// Which proxy the connection takes.
    pub proxy: EgressProxy,
    /// Authorities that are trusted besides the built-in ones, PEM.
    pub ca_file: Option<PathBuf>,
}

/// What stands before a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SystemPrompt {
    /// A short text of ours.
    #[default]
    BuiltIn,
    /// This text.
    Text(String),
    /// What this file says when a turn begins.
    File(PathBuf),
}

/// Which tools a model is offered, by name; `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolPolicy {
    /// Those that may be used; `None` is all.
    pub allow: Option<Vec<String>>,
    /// Those that may not, whatever `allow` says.
    pub deny: Vec<String>,
}

impl ToolPolicy {
    /// Whether a tool of this name may be used.
    pub fn allows(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        self.allow.as_deref().is_none_or(any) && !any(&self.deny)
    }
}

/// Whether `name` is what `pattern` describes.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, name, expected) in [
            ("wecom_mcp", "wecom_mcp", true),
            ("wecom_mcp", "wecom_mcp2", false),
            ("wecom_*", "wecom_cron", true),
            ("wecom_*", "wecom_", true),
            ("*", "anything", true),
            ("*_mcp", "wecom_mcp", true),
            ("*a*a", "a", false),
            ("*a*a", "aa", true),
            ("w*_*n", "wecom_cron", true),
            ("", "wecom_mcp", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_denied_is_denied_even_where_it_is_allowed() {
        let policy = ToolPolicy {
            allow: Some(vec!["wecom_*".to_owned()]),
            deny: vec!["wecom_send".to_owned()],
        };
        assert!(policy.allows("wecom_mcp"));
        assert!(!policy.allows("wecom_send"));
        assert!(!policy.allows("other"));
        assert!(ToolPolicy::default().allows("other"));
        let nothing = ToolPolicy {
            allow: Some(Vec::new()),
            deny: Vec::new(),
        };
        assert!(!nothing.allows("other"));
    }
}
