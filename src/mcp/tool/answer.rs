//! From the pipeline's answer to the tool's.

use serde_json::{Map, Value};

use super::reply::{Subject, ToolReply};
use crate::interceptors::{
    Answer, Content, ErrorKind, Notes, Pipeline, ToolCall, ToolError, business_error, closest,
    plain,
};

/// Longest text of a server's own error that is passed on, in characters.
const MAX_SAID: usize = 500;

/// Runs a call and says what came of it.
pub(super) async fn of_call(
    pipeline: &Pipeline,
    subject: &Subject,
    call: ToolCall,
    reads: bool,
    raw: bool,
) -> ToolReply {
    let notes = call.notes.clone();
    let identity = call.identity().clone();
    let (category, method) = (call.category.clone(), call.method.clone());
    let mut error = match pipeline.call(call).await {
        Ok(answer) if raw => return untouched(&answer),
        Ok(answer) => match failure_in(&answer, reads) {
            None => return success(subject, &answer, &notes),
            Some(error) => error,
        },
        Err(error) => error,
    };
    if error.kind == ErrorKind::UnknownMethod && error.next.is_none() {
        let live = pipeline.servers().known(&identity, &category);
        error.next = Some(closest::advice(&category, &method, live.as_deref()));
    }
    subject.failure(&error, notes.all(), notes.warnings())
}

/// The server's own result, member for member.
fn untouched(answer: &Answer) -> ToolReply {
    let mut result = Map::new();
    let content = answer.content().iter().map(Content::to_value).collect();
    result.insert("content".to_owned(), content);
    for (name, member) in [
        ("structuredContent", answer.structured()),
        ("_meta", answer.meta()),
    ] {
        if let Some(member) = member {
            result.insert(name.to_owned(), Value::Object(member.clone()));
        }
    }
    if answer.is_error() {
        result.insert("isError".to_owned(), true.into());
    }
    ToolReply {
        structured: result,
        is_error: answer.is_error(),
        items: Vec::new(),
    }
}

/// What the server refused, if it did: by its code, or by the protocol's own mark.
fn failure_in(answer: &Answer, reads: bool) -> Option<ToolError> {
    if let Some(head) = answer.head().filter(|head| head.errcode != 0) {
        return Some(business_error(head, answer.business(), reads));
    }
    if !answer.is_error() {
        return None;
    }
    let said = answer.content().iter().find_map(|item| match item {
        Content::Text { text, .. } => Some(plain(text)),
        Content::Other(_) => None,
    });
    let message: String = match said {
        Some(said) if !said.is_empty() => said.chars().take(MAX_SAID).collect(),
        _ => "WeCom's server reports an error without saying which.".to_owned(),
    };
    let kind = if message.to_ascii_lowercase().contains("unknown tool") {
        ErrorKind::UnknownMethod
    } else {
        ErrorKind::Business
    };
    let mut error = ToolError::new(kind, message);
    error.details.data = answer.business().cloned();
    Some(error)
}

fn success(subject: &Subject, answer: &Answer, notes: &Notes) -> ToolReply {
    let (links, rest): (Vec<&Content>, Vec<&Content>) =
        answer.content().iter().partition(|item| is_link(item));
    let data = match (answer.structured(), rest.as_slice()) {
        (Some(structured), _) => Some(structured),
        (None, [Content::Text { .. }]) => answer.business(),
        _ => None,
    };
    let (name, value) = match data {
        Some(data) => ("data", Value::Object(data.clone())),
        None => ("content", rest.into_iter().map(Content::to_value).collect()),
    };
    let mut reply = subject.success([(name, value)], notes.all(), notes.warnings());
    reply.items = links.into_iter().cloned().collect();
    reply
}

fn is_link(item: &Content) -> bool {
    match item {
        Content::Text { .. } => false,
        Content::Other(item) => item.get("type").is_some_and(|kind| kind == "resource_link"),
    }
}
