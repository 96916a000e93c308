//! The methods of a category, told to an agent.

use std::time::Duration;

use serde_json::{Map, Value};

use super::CallContext;
use super::arguments::{Detail, Filter, ListRequest};
use super::reply::{Subject, ToolReply};
use crate::interceptors::{ErrorKind, Pipeline, RemoteTool, ToolError, ToolList, closest};
use crate::mcp::schema;

/// Largest answer with schemas that nobody asked for by name, in bytes of its text: what
/// lies above fills a conversation without helping it.
const MAX_UNASKED_BYTES: usize = 64 * 1024;

/// How long finding the server, the handshake and all pages of the list may take.
const DEADLINE: Duration = Duration::from_secs(75);

/// # Errors
/// The category is not open to the credential, or the server's list can't be had.
pub(super) async fn answer(
    pipeline: &Pipeline,
    request: &ListRequest,
    context: &CallContext,
    subject: &Subject,
) -> Result<ToolReply, ToolError> {
    let category = &request.category;
    context.scope.check_category(category)?;
    let asked = pipeline.servers().list(&context.identity, category);
    let list = tokio::time::timeout(DEADLINE, asked).await.map_err(|_| {
        ToolError::new(
            ErrorKind::Timeout,
            "The category's server did not answer in time.",
        )
        .retryable()
    })??;

    let mut notes = Vec::new();
    let mut tools: Vec<&RemoteTool> = list
        .tools
        .iter()
        .filter(|tool| {
            let filter = request.filter.as_ref();
            filter.is_none_or(|filter| filter.admits(&tool.name))
        })
        .collect();
    if tools.is_empty() {
        notes.push(nothing_found(request, &list));
    }
    let found = tools.len();
    tools.retain(|tool| context.scope.admits(category, &tool.name));
    if tools.len() < found {
        let hidden = found - tools.len();
        notes.push(format!("{hidden} more are not open to this credential."));
    }
    if list.cut {
        notes.push("The server has more methods than are listed here.".to_owned());
    }

    let reply = |detail: Detail, notes: Vec<String>| {
        let shown: Vec<Value> = tools
            .iter()
            .map(|tool| match detail {
                Detail::Full => described(tool, request.raw_schema),
                Detail::Names => named(tool),
            })
            .collect();
        let subject = Subject {
            method: None,
            ..subject.clone()
        };
        let members = [
            ("count", Value::from(shown.len())),
            ("tools", Value::Array(shown)),
        ];
        subject.success(members, notes, Vec::new())
    };
    let full = reply(request.detail.unwrap_or(Detail::Full), notes.clone());
    let is_asked_for = request.filter.is_some() || request.detail.is_some();
    if is_asked_for || full.text().len() <= MAX_UNASKED_BYTES {
        return Ok(full);
    }
    notes.push(
        "The schemas of all methods are too long for one answer. List again with `method` set to \
         a name, or to a prefix ending in *, for the schemas of those."
            .to_owned(),
    );
    Ok(reply(Detail::Names, notes))
}

fn nothing_found(request: &ListRequest, list: &ToolList) -> String {
    match &request.filter {
        Some(Filter::Name(name)) => closest::advice(&request.category, name, Some(list)),
        Some(Filter::Prefix(prefix)) => format!("No method begins with `{prefix}`."),
        None => "This category has no methods yet.".to_owned(),
    }
}

fn described(tool: &RemoteTool, raw: bool) -> Value {
    let mut shown = Map::new();
    shown.insert("name".to_owned(), tool.name.as_str().into());
    shown.insert("description".to_owned(), tool.description.as_str().into());
    if let Some(input) = &tool.input_schema {
        let input = if raw {
            input.clone()
        } else {
            schema::clean(input)
        };
        shown.insert("inputSchema".to_owned(), input);
    }
    Value::Object(shown)
}

fn named(tool: &RemoteTool) -> Value {
    let first = tool
        .description
        .lines()
        .find(|line| !line.trim().is_empty());
    let mut shown = Map::new();
    shown.insert("name".to_owned(), tool.name.as_str().into());
    shown.insert(
        "description".to_owned(),
        first.unwrap_or_default().trim().into(),
    );
    Value::Object(shown)
}
