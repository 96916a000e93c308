//! Asking a person before something destructive.

use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::catalogue;
use crate::config::McpConfirm;
use crate::interceptors::{ErrorKind, ToolError};

/// Longest excerpt of an argument in a question, in characters.
const MAX_OBJECT: usize = 80;

/// Puts a yes-or-no question to the person at the client.
#[async_trait]
pub trait Confirm: Send + Sync + fmt::Debug {
    /// Asks and waits. Dropping the future withdraws the question.
    async fn ask(&self, question: Question) -> Confirmed;
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The person allows it.
    Yes,
    /// The person doesn't, or left the question.
    No,
    /// Nobody can be asked over this client.
    Unavailable,
    /// The answer will come with the same call made again; this one ends here.
    Later,
}

/// The question: may this be done?
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// `category.method`.
    pub method: String,
    /// What it does, in words.
    pub action: String,
    /// To what, in words, as far as the arguments say it without ids.
    pub object: Option<String>,
}

impl Question {
    /// As one sentence.
    pub fn text(&self) -> String {
        let Self {
            method,
            action,
            object,
        } = self;
        match object {
            Some(object) => format!("Allow this action? {action} ({method}): {object}"),
            None => format!("Allow this action? {action} ({method})"),
        }
    }

    fn about(method: &catalogue::Method, args: &Map<String, Value>) -> Self {
        Self {
            method: format!("{}.{}", method.category, method.name),
            action: method.title.clone(),
            object: object(args),
        }
    }
}

/// For surroundings without a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyToAsk;

#[async_trait]
impl Confirm for NobodyToAsk {
    async fn ask(&self, _question: Question) -> Confirmed {
        Confirmed::Unavailable
    }
}

/// Lets a call through if its account wants no question for it or a person says yes.
///
/// # Errors
/// The call must not run; the error says what would let it.
pub(super) async fn check(
    wanted: McpConfirm,
    category: &str,
    method: &str,
    args: &Map<String, Value>,
    confirm: &dyn Confirm,
) -> Result<(), ToolError> {
    let Some(known) = catalogue::method(category, method) else {
        return Ok(());
    };
    if wanted == McpConfirm::Off || !is_destructive(known) {
        return Ok(());
    }
    let answer = match wanted {
        McpConfirm::Elicit => confirm.ask(Question::about(known, args)).await,
        McpConfirm::Off | McpConfirm::Deny => Confirmed::Unavailable,
    };
    let refused = |message: String| ToolError::new(ErrorKind::Cancelled, message);
    match answer {
        Confirmed::Yes => Ok(()),
        Confirmed::No => Err(refused("The person at the client said no.".to_owned())
            .reason("not_confirmed")
            .next("Do not repeat the call. Ask the user what they want instead.")),
        Confirmed::Later => Err(refused("The question is on its way.".to_owned())
            .reason("confirmation_pending")
            .next("Make the same call again with the answer.")),
        Confirmed::Unavailable => Err(ToolError::new(
            ErrorKind::Authorization,
            format!("`{category}.{method}` changes or removes something, and this account lets it run only with a person's consent, which can't be had here."),
        )
        .reason("not_confirmed")
        .next("Do not repeat the call. Ask the user and have the operator allow it (`mcp.confirm`).")),
    }
}

/// What the catalogue says is destructive, and what it never lets go unasked: a message
/// destroys nothing and yet can't be taken back.
fn is_destructive(method: &catalogue::Method) -> bool {
    method.annotations.destructive_hint || method.confirm.starts_with("always")
}

/// Readable parts of the arguments: titles and names, and how many things a list has.
fn object(args: &Map<String, Value>) -> Option<String> {
    const READABLE: [&str; 7] = [
        "title", "summary", "doc_name", "content", "text", "url", "schedule",
    ];
    let mut parts = Vec::new();
    for (name, value) in args {
        match value {
            Value::Array(items) => parts.push(format!("{} × {name}", items.len())),
            Value::String(text) if READABLE.contains(&name.as_str()) => parts.push(excerpt(text)),
            Value::Object(inner) if READABLE.contains(&name.as_str()) => {
                parts.extend(object(inner));
            }
            _ => {}
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn excerpt(text: &str) -> String {
    let mut short: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_OBJECT)
        .collect();
    if text.chars().nth(MAX_OBJECT).is_some() {
        short.push('…');
    }
    format!("“{short}”")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug)]
    struct Says(Confirmed);

    #[async_trait]
    impl Confirm for Says {
        async fn ask(&self, question: Question) -> Confirmed {
            assert_eq!(
                question.text(),
                "Allow this action? Delete records (doc.smartsheet_delete_records): 2 × record_ids"
            );
            self.0
        }
    }

    async fn ask(wanted: McpConfirm, answer: Confirmed) -> Option<ErrorKind> {
        let args = json!({"docid": "d", "sheet_id": "s", "record_ids": ["r1", "r2"]});
        check(
            wanted,
            "doc",
            "smartsheet_delete_records",
            args.as_object().unwrap(),
            &Says(answer),
        )
        .await
        .err()
        .map(|error| error.kind)
    }

    #[tokio::test]
    async fn a_destructive_call_runs_as_the_account_wants_it() {
        use Confirmed::{Later, No, Unavailable, Yes};
        for (wanted, answer, refused) in [
            (McpConfirm::Off, No, None),
            (McpConfirm::Deny, Yes, Some(ErrorKind::Authorization)),
            (McpConfirm::Elicit, Yes, None),
            (McpConfirm::Elicit, No, Some(ErrorKind::Cancelled)),
            (McpConfirm::Elicit, Later, Some(ErrorKind::Cancelled)),
            (
                McpConfirm::Elicit,
                Unavailable,
                Some(ErrorKind::Authorization),
            ),
        ] {
            assert_eq!(ask(wanted, answer).await, refused, "{wanted:?} {answer:?}");
        }
    }

    #[tokio::test]
    async fn what_destroys_nothing_is_not_asked_about() {
        for (method, asked) in [
            ("get_message", false),
            ("get_msg_media", false),
            ("send_message", true),
        ] {
            let refused = check(McpConfirm::Deny, "msg", method, &Map::new(), &NobodyToAsk).await;
            assert_eq!(refused.is_err(), asked, "{method}");
        }
    }

    #[test]
    fn a_question_quotes_words_and_no_ids() {
        let args = json!({
            "schedule": {"schedule_id": "s1", "summary": "Stand-up\nat ten"},
            "todo_id": "td_1",
            "content": "x".repeat(100),
        });
        assert_eq!(
            object(args.as_object().unwrap()).unwrap(),
            format!("“Stand-up at ten”, “{}…”", "x".repeat(80))
        );
    }
}
