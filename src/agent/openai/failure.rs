//! What goes wrong with an endpoint, and what that means for the turn.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::agent::{AgentFailure, FailureClass};
use crate::config::OpenAiBackend;

/// Characters of an endpoint's own words that go to the log.
const MAX_WORDS: usize = 300;

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What the turn ends with, unless it is tried again.
    pub(super) failure: AgentFailure,
    /// Whether the same question may be asked again.
    pub(super) again: Again,
}

/// Whether and when the same question may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The answer would be the same.
    No,
    /// After a pause; the endpoint may have said how long.
    Later(Option<Duration>),
    /// At once, without asking for the count of tokens.
    WithoutUsage,
}

/// Words of endpoints for a conversation that is too long: OpenAI and those who copy it,
/// DeepSeek, Qwen, GLM, Kimi, vLLM, llama.cpp, Gemini.
const TOO_LONG: [&str; 14] = [
    "context_length_exceeded",
    "exceed_context_size",
    "context length",
    "context window",
    "context size",
    "maximum context",
    "range of input length",
    "input is too long",
    "prompt is too long",
    "prompt exceeds max length",
    "exceeded model token limit",
    "too many tokens",
    "input token count",
    "string_above_max_length",
];

/// Words for an account without money: OpenAI, DeepSeek, Qwen, GLM, Kimi.
const NO_MONEY: [&str; 7] = [
    "insufficient_quota",
    "insufficient balance",
    "insufficient_balance",
    "exceeded_current_quota",
    "arrearage",
    "account is in arrears",
    "余额不足",
];

impl Trouble {
    /// The same question has the same answer.
    pub(super) fn lasting(class: FailureClass, detail: impl Into<String>) -> Self {
        Self {
            failure: AgentFailure::new(class, detail),
            again: Again::No,
        }
    }

    /// It may pass.
    pub(super) fn passing(class: FailureClass, detail: impl Into<String>) -> Self {
        Self {
            failure: AgentFailure::new(class, detail),
            again: Again::Later(None),
        }
    }

    /// The same once something of the answer was seen: nothing is asked again, as people
    /// would see two answers.
    pub(super) fn midway(mut self) -> Self {
        self.again = Again::No;
        self
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.failure.class == FailureClass::TooLong
    }

    /// What a status other than success means.
    pub(super) fn of_status(
        status: StatusCode,
        retry_after: Option<Duration>,
        body: &str,
        settings: &OpenAiBackend,
    ) -> Self {
        let words = Words::of(body);
        let (class, hint) = classify(status, &words);
        let again = match (class, status.as_u16()) {
            (FailureClass::Busy, _) => Again::Later(retry_after),
            (FailureClass::Unreachable | FailureClass::TimedOut, _) => Again::Later(None),
            (FailureClass::Broken, 400 | 422) if words.mention("stream_options") => {
                Again::WithoutUsage
            }
            _ => Again::No,
        };
        let said = words.masked(settings);
        let mut detail = format!("the endpoint answered {}", status.as_u16());
        if !said.is_empty() {
            detail = format!("{detail}: {said}");
        }
        if !hint.is_empty() {
            detail = format!("{detail}; {hint}");
        }
        Self {
            failure: AgentFailure::new(class, detail),
            again,
        }
    }

    /// What an error in the middle of an answer means.
    pub(super) fn of_error(error: &Value, settings: &OpenAiBackend) -> Self {
        let words = Words::of(&error.to_string());
        let status = words
            .code
            .parse()
            .ok()
            .and_then(|code| StatusCode::from_u16(code).ok())
            .filter(|status| status.is_client_error() || status.is_server_error())
            .unwrap_or_else(|| words.implied());
        let (class, hint) = classify(status, &words);
        let mut detail = format!("the endpoint broke off: {}", words.masked(settings));
        if !hint.is_empty() {
            detail = format!("{detail}; {hint}");
        }
        let again = match class {
            FailureClass::Busy | FailureClass::Unreachable | FailureClass::TimedOut => {
                Again::Later(None)
            }
            _ => Again::No,
        };
        Self {
            failure: AgentFailure::new(class, detail),
            again,
        }
    }

    /// What an error below HTTP means. Addresses stay out of it: they are in the
    /// configuration.
    pub(super) fn of_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            return Self::passing(
                FailureClass::TimedOut,
                "the endpoint could not be reached in time",
            );
        }
        let mut detail = "the endpoint can't be reached".to_owned();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            detail = format!("{detail}: {error}");
            cause = error.source();
        }
        let detail: String = detail.chars().take(MAX_WORDS).collect();
        Self::passing(FailureClass::Unreachable, detail)
    }
}

/// What an endpoint says went wrong.
#[derive(Debug, Default)]
struct Words {
    message: String,
    code: String,
    kind: String,
}

impl Words {
    /// Reads `{"error": {"message", "code", "type"}}` and what is used in its place: the
    /// same without `error`, a text as the error, `detail`, or no JSON at all.
    fn of(body: &str) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            return Self {
                message: body.trim().to_owned(),
                ..Self::default()
            };
        };
        let error = match value.get("error") {
            Some(error @ (Value::Object(_) | Value::String(_))) => error,
            _ => &value,
        };
        let member = |names: &[&str]| {
            let found = names.iter().find_map(|name| {
                error
                    .get(name)
                    .or_else(|| value.get(name))
                    .filter(|found| !found.is_null())
            });
            found.map(plain).unwrap_or_default()
        };
        Self {
            message: match error {
                Value::String(text) => text.clone(),
                _ => member(&["message", "msg", "error_msg", "detail"]),
            },
            code: member(&["code", "error_code"]),
            kind: member(&["type"]),
        }
    }

    /// Whether any of them holds `word`, in any case.
    fn mention(&self, word: &str) -> bool {
        [&self.message, &self.code, &self.kind]
            .iter()
            .any(|text| text.to_lowercase().contains(word))
    }

    fn mention_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.mention(word))
    }

    /// The status that an error in the middle of an answer would have had.
    fn implied(&self) -> StatusCode {
        if self.mention_any(&[
            "rate_limit",
            "rate limit",
            "overloaded",
            "too many requests",
        ]) {
            StatusCode::TOO_MANY_REQUESTS
        } else if self.mention_any(&["server_error", "internal error", "unavailable"]) {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::BAD_REQUEST
        }
    }

    /// For the operator: short, and without the key, which some endpoints repeat.
    fn masked(&self, settings: &OpenAiBackend) -> String {
        let mut text = match (self.message.as_str(), self.code.as_str()) {
            ("", code) => code.to_owned(),
            (message, "") => message.to_owned(),
            (message, code) => format!("{message} ({code})"),
        };
        for secret in settings.api_key.iter().chain(settings.headers.values()) {
            if !secret.reveal().is_empty() {
                text = text.replace(secret.reveal(), "***");
            }
        }
        let text: String = text.chars().take(MAX_WORDS).collect();
        text.replace(['\n', '\r'], " ")
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The class of a status, and what the operator does about it.
fn classify(status: StatusCode, words: &Words) -> (FailureClass, &'static str) {
    if status.is_client_error() && words.mention_any(&NO_MONEY) {
        return (FailureClass::Refused, "the account has no money left");
    }
    match status.as_u16() {
        413 => (FailureClass::TooLong, ""),
        400 | 422 if words.mention_any(&TOO_LONG) || words.code == "1261" => {
            (FailureClass::TooLong, "")
        }
        401 | 403 => (
            FailureClass::Refused,
            "check `apiKey` of the agent's `backend`, and what the key may be used for",
        ),
        402 => (FailureClass::Refused, "the account has no money left"),
        404 => (
            FailureClass::Refused,
            "check `model` and `baseUrl` of the agent's `backend`",
        ),
        300..400 => (
            FailureClass::Refused,
            "it sends on to another address: set `baseUrl` to the one that answers",
        ),
        429 | 503 | 529 => (FailureClass::Busy, ""),
        408 | 504 => (FailureClass::TimedOut, ""),
        500..600 => (FailureClass::Unreachable, ""),
        _ => (FailureClass::Broken, ""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agent::openai::tests::settings;

    fn class(status: u16, body: &str) -> (FailureClass, Again) {
        let status = StatusCode::from_u16(status).unwrap();
        let trouble = Trouble::of_status(status, None, body, &settings("http://127.0.0.1"));
        (trouble.failure.class, trouble.again)
    }

    #[test]
    fn answers_of_vendors_are_told_apart() {
        use FailureClass::{Broken, Busy, Refused, TimedOut, TooLong, Unreachable};
        let later = Again::Later(None);
        for (status, body, expected) in [
            (
                401,
                r#"{"error":{"message":"Incorrect API key"}}"#,
                (Refused, Again::No),
            ),
            (403, "", (Refused, Again::No)),
            (
                402,
                r#"{"error":{"message":"Insufficient Balance"}}"#,
                (Refused, Again::No),
            ),
            (
                429,
                r#"{"error":{"type":"insufficient_quota"}}"#,
                (Refused, Again::No),
            ),
            (
                429,
                r#"{"error":{"code":"1113","message":"余额不足"}}"#,
                (Refused, Again::No),
            ),
            (
                400,
                r#"{"error":{"code":"Arrearage","message":"x"}}"#,
                (Refused, Again::No),
            ),
            (
                404,
                r#"{"error":"model 'x' not found"}"#,
                (Refused, Again::No),
            ),
            (302, "", (Refused, Again::No)),
            (429, r#"{"error":{"message":"slow down"}}"#, (Busy, later)),
            (503, "overloaded", (Busy, later)),
            (504, "<html>", (TimedOut, later)),
            (500, "", (Unreachable, later)),
            (502, "<html>", (Unreachable, later)),
            (
                400,
                r#"{"error":{"code":"context_length_exceeded","message":"x"}}"#,
                (TooLong, Again::No),
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 8192"}"#,
                (TooLong, Again::No),
            ),
            (
                400,
                r#"{"error":{"message":"Range of input length should be [1, 30720]"}}"#,
                (TooLong, Again::No),
            ),
            (
                400,
                r#"{"error":{"code":1261,"message":"x"}}"#,
                (TooLong, Again::No),
            ),
            (413, "", (TooLong, Again::No)),
            (
                400,
                r#"{"detail":[{"loc":["body","stream_options"],"msg":"extra"}]}"#,
                (Broken, Again::WithoutUsage),
            ),
            (400, r#"{"error":{"message":"bad"}}"#, (Broken, Again::No)),
        ] {
            assert_eq!(class(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn errors_in_an_answer_are_told_apart() {
        let class = |error: Value| {
            Trouble::of_error(&error, &settings("http://127.0.0.1"))
                .failure
                .class
        };
        assert_eq!(class(json!({ "code": 429 })), FailureClass::Busy);
        assert_eq!(
            class(json!({ "type": "overloaded_error" })),
            FailureClass::Busy
        );
        assert_eq!(
            class(json!({ "type": "server_error" })),
            FailureClass::Unreachable
        );
        assert_eq!(
            class(json!({ "message": "context length" })),
            FailureClass::TooLong
        );
        assert_eq!(class(json!("what?")), FailureClass::Broken);
    }

    #[test]
    fn the_operator_reads_the_endpoints_words_without_the_key() {
        let mut settings = settings("http://127.0.0.1");
        settings.api_key = Some("sk-canary".into());
        let body =
            json!({ "error": { "message": format!("bad key sk-canary\n{}", "x".repeat(900)) } });
        let trouble =
            Trouble::of_status(StatusCode::UNAUTHORIZED, None, &body.to_string(), &settings);
        let detail = trouble.failure.detail;
        assert!(
            detail.starts_with("the endpoint answered 401: bad key *** xxx"),
            "{detail}"
        );
        assert!(detail.ends_with("what the key may be used for"), "{detail}");
        assert!(detail.len() < 500 && !detail.contains("canary"), "{detail}");
    }
}
